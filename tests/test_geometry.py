"""Grids come from scanner affines; oblique ones are right by construction, bent ones are recognised."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from nipype_qsm.errors import GeometryError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.dipole import dipole_kernel

ANGLES = st.tuples(*[st.floats(-60, 60)] * 3)
SIZES = st.tuples(*[st.floats(0.3, 5)] * 3)


def turned(angles, size):
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", angles, degrees=True).as_matrix() @ np.diag(size)
    return affine


def bent(cosine):
    affine = np.eye(4)
    affine[0, 2] = cosine
    affine[2, 2] = np.sqrt(1 - cosine**2)
    return affine


@given(ANGLES, SIZES)
def test_voxel_size_and_direction_come_from_the_affine(angles, size):
    affine = turned(angles, size)
    grid = Grid.from_affine((4, 5, 6), affine)
    assert grid.voxel_size == pytest.approx(size, rel=1e-9)
    # The direction, walked in millimetres along the voxel axes, is the scanner's third axis.
    unit = affine[:3, :3] / size
    assert unit @ grid.b0_direction == pytest.approx([0, 0, 1], abs=1e-9)
    assert not grid.sheared


@given(ANGLES, st.tuples(*[st.booleans()] * 3))
def test_a_flipped_axis_flips_the_direction_along_it(angles, flips):
    signs = np.where(flips, -1.0, 1.0)
    affine = turned(angles, (1, 1, 1))
    straight = Grid.from_affine((4, 4, 4), affine).b0_direction
    flipped = Grid.from_affine((4, 4, 4), affine @ np.diag([*signs, 1])).b0_direction
    assert flipped == pytest.approx(signs * straight, abs=1e-9)


@given(ANGLES, st.permutations([0, 1, 2]))
def test_reordered_axes_reorder_the_grid(angles, order):
    affine = turned(angles, (1.0, 2.0, 3.0))
    straight = Grid.from_affine((4, 5, 6), affine)
    other = Grid.from_affine(np.array(straight.shape)[order], affine[:, [*order, 3]])
    assert other.voxel_size == pytest.approx(np.array(straight.voxel_size)[order])
    assert other.b0_direction == pytest.approx(np.array(straight.b0_direction)[order], abs=1e-9)


def test_a_given_direction_wins_over_the_affine_and_becomes_a_unit_vector():
    grid = Grid.from_affine((4, 4, 4), turned((20, 0, 0), (1, 1, 1)), b0_direction=[0, 3, 4])
    assert grid.b0_direction == pytest.approx((0, 0.6, 0.8))


@pytest.mark.parametrize("angle", [1e-7, 1e-4])
def test_rounding_in_a_header_is_not_a_shear(angle):
    assert not Grid.from_affine((4, 4, 4), np.float32(turned((10, 5, 3), (0.8, 0.8, 3))) + angle).sheared


def test_a_sheared_affine_still_tells_voxel_sizes_but_makes_no_dipole():
    grid = Grid.from_affine((4, 4, 4), bent(0.05))
    assert grid.voxel_size == pytest.approx((1, 1, 1))
    with pytest.raises(GeometryError, match=r"sheared.*--b0-direction"):
        dipole_kernel(grid)
    with pytest.raises(GeometryError, match="sheared"):
        dipole_kernel(grid.resized((8, 8, 8)))


def test_a_sheared_affine_with_a_given_direction_makes_a_dipole():
    grid = Grid.from_affine((4, 4, 4), bent(0.05), b0_direction=[0, 0, 1])
    straight = Grid((4, 4, 4), (1, 1, 1), (0, 0, 1))
    np.testing.assert_allclose(dipole_kernel(grid), dipole_kernel(straight), atol=1e-6)


@pytest.mark.parametrize("direction", [None, [0, 0, 1]])
def test_a_strong_shear_is_always_refused(direction):
    with pytest.raises(GeometryError, match="before any registration"):
        Grid.from_affine((4, 4, 4), bent(0.6), b0_direction=direction)


@pytest.mark.parametrize("affine", [np.zeros((4, 4)), np.diag([1, 1, 0, 1]), np.full((4, 4), np.nan)])
def test_a_degenerate_affine_is_refused(affine):
    with pytest.raises(GeometryError, match="sform or qform"):
        Grid.from_affine((4, 4, 4), affine)


@pytest.mark.parametrize(
    ("shape", "size", "direction", "message"),
    [
        ((4, 4), (1, 1, 1), (0, 0, 1), "three axes"),
        ((4, 4, 0), (1, 1, 1), (0, 0, 1), "three axes"),
        ((4, 4, 4), (1, 1, 0), (0, 0, 1), "Voxel size"),
        ((4, 4, 4), (1, 1), (0, 0, 1), "Voxel size"),
        ((4, 4, 4), (1, 1, 1), (0, 0, 0), "not a direction"),
        ((4, 4, 4), (1, 1, 1), (0, 1), "not a direction"),
    ],
)
def test_a_grid_that_cannot_be_is_refused(shape, size, direction, message):
    with pytest.raises(GeometryError, match=message):
        Grid(shape, size, direction)


def test_a_resized_grid_keeps_voxels_and_direction():
    grid = Grid((4, 5, 6), (1, 2, 3), (0, 0.6, 0.8))
    assert grid.resized((8, 8, 8)) == Grid((8, 8, 8), (1, 2, 3), (0, 0.6, 0.8))
    assert grid.voxel_volume == pytest.approx(6)


@given(st.floats(0, 90))
def test_degrees_between_directions_ignore_their_sign(angle):
    radians = np.radians(angle)
    one = Grid((4, 4, 4), (1, 1, 1), (0, 0, 1))
    other = Grid((4, 4, 4), (1, 1, 1), (-np.sin(radians), 0, -np.cos(radians)))
    assert one.degrees_from(other) == pytest.approx(angle, abs=1e-5)
