"""The field of susceptibility, against closed forms and laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nipype_qsm.errors import GeometryError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.dipole import dipole_field, dipole_kernel

directions = st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda b: np.linalg.norm(b) > 0.1)


def places(grid):
    """Return millimetres from the voxel in the middle along each axis."""
    axes = ((np.arange(n) - n // 2) * d for n, d in zip(grid.shape, grid.voxel_size, strict=True))
    return np.meshgrid(*axes, indexing="ij")


def sphere(grid, radius, subvoxels=4):
    """Return how much of each voxel lies inside a sphere in the middle."""
    fine = Grid(tuple(n * subvoxels for n in grid.shape), tuple(d / subvoxels for d in grid.voxel_size), (0, 0, 1))
    shift = [(subvoxels - 1) / 2 * d for d in fine.voxel_size]
    x, y, z = (place - by for place, by in zip(places(fine), shift, strict=True))
    nx, ny, nz = grid.shape
    inside = (x**2 + y**2 + z**2 < radius**2).reshape(nx, subvoxels, ny, subvoxels, nz, subvoxels)
    return inside.mean(axis=(1, 3, 5)).astype(np.float32)


@pytest.mark.parametrize("direction", [(0, 0, 1), (0, 1, 0), (0.3, -0.2, 0.9)])
@pytest.mark.parametrize("voxel_size", [(1.0, 1.0, 1.0), (0.8, 1.0, 1.5)])
def test_a_paramagnetic_sphere_raises_the_field_along_b0_and_lowers_it_beside(direction, voxel_size):
    grid = Grid((48, 44, 40), voxel_size, direction)
    radius = 8.0
    field = dipole_field(sphere(grid, radius), grid, pad=32)
    x, y, z = places(grid)
    distance = np.sqrt(x**2 + y**2 + z**2)
    bx, by, bz = grid.b0_direction
    cosine = (x * bx + y * by + z * bz) / np.maximum(distance, 1e-6)
    expected = (radius / np.maximum(distance, 1e-6)) ** 3 * (3 * cosine**2 - 1) / 3
    near = (distance > radius + 2) & (distance < 16)
    error = (field - expected)[near]
    # The worst are oblique directions, whose kernel jumps at the highest frequency; the field reaches 0.33.
    assert np.sqrt(np.mean(error**2)) < 0.004  # measured 0.0004 to 0.0031
    assert np.corrcoef(field[near], expected[near])[0, 1] > 0.999  # measured 0.9992 to 0.99999
    # The sphere of Lorentz leaves nothing inside.
    assert np.abs(field[distance < radius - 2]).max() < 0.02  # measured at most 0.013
    assert field[near & (np.abs(cosine) > 0.95)].min() > 0 > field[near & (np.abs(cosine) < 0.3)].max()


def test_the_kernel_is_two_thirds_negative_along_b0_and_one_third_positive_across():
    kernel = dipole_kernel(Grid((16, 16, 16), (1.0, 1.0, 1.0), (0, 0, 1)))
    assert kernel[0, 0, 0] == 0
    np.testing.assert_allclose(kernel[0, 0, 1:], -2 / 3, atol=1e-6)
    np.testing.assert_allclose(kernel[1:, 0, 0], 1 / 3, atol=1e-6)
    assert kernel.dtype == np.float32


@given(directions)
def test_the_kernel_stays_within_its_bounds_and_does_not_know_the_sign_of_b0(direction):
    grid = Grid((8, 10, 6), (1.0, 0.7, 2.0), direction)
    kernel = dipole_kernel(grid)
    assert kernel.min() >= -2 / 3 - 1e-6 and kernel.max() <= 1 / 3 + 1e-6
    opposite = Grid(grid.shape, grid.voxel_size, tuple(-b for b in direction))
    np.testing.assert_allclose(kernel, dipole_kernel(opposite), atol=1e-6)


@settings(deadline=None)
@given(directions, st.floats(-3, 3), st.integers(0, 2**31 - 1))
def test_the_field_is_linear_in_the_susceptibility(direction, factor, seed):
    grid = Grid((8, 9, 10), (1.0, 1.2, 0.8), direction)
    first, second = np.random.default_rng(seed).normal(size=(2, *grid.shape)).astype(np.float32)
    together = dipole_field(first + np.float32(factor) * second, grid, pad=2)
    apart = dipole_field(first, grid, pad=2) + np.float32(factor) * dipole_field(second, grid, pad=2)
    np.testing.assert_allclose(together, apart, atol=5e-6)


@settings(deadline=None)
@given(directions, st.integers(0, 2**31 - 1))
def test_the_dipole_is_its_own_adjoint(direction, seed):
    grid = Grid((8, 12, 9), (1.0, 1.2, 0.8), direction)
    x, y = np.random.default_rng(seed).normal(size=(2, *grid.shape)).astype(np.float32)
    left = np.vdot(dipole_field(x, grid).astype(np.float64), y)
    right = np.vdot(x.astype(np.float64), dipole_field(y, grid))
    assert abs(left - right) < 5e-5  # measured at most 4e-6


def test_turning_grid_and_field_together_turns_the_result(rng):
    # Odd lengths: an even one has a highest frequency without a partner, which an oblique direction splits.
    chi = rng.normal(size=(9, 15, 25)).astype(np.float32)
    upright = dipole_field(chi, Grid(chi.shape, (1.0, 1.2, 0.8), (0.1, 0.2, 0.97)))
    turned = np.transpose(chi, (2, 0, 1))
    lying = dipole_field(turned, Grid(turned.shape, (0.8, 1.0, 1.2), (0.97, 0.1, 0.2)))
    np.testing.assert_allclose(np.transpose(upright, (2, 0, 1)), lying, atol=3e-6)  # measured 3e-7


def test_zero_gives_zero_and_the_input_is_untouched(rng):
    grid = Grid((8, 8, 8), (1.0, 1.0, 1.0), (0, 0, 1))
    chi = rng.normal(size=grid.shape).astype(np.float32)
    before = chi.copy()
    field = dipole_field(chi, grid, pad=4)
    assert field.dtype == np.float32 and field.shape == grid.shape
    np.testing.assert_array_equal(chi, before)
    assert not dipole_field(np.zeros_like(chi), grid, pad=4).any()


def test_a_sheared_affine_has_no_direction_for_a_dipole():
    affine = np.eye(4)
    affine[0, 1] = 0.1
    sheared = Grid.from_affine((8, 8, 8), affine)
    with pytest.raises(GeometryError, match=r"sheared.*--b0-direction"):
        dipole_kernel(sheared)
