"""Joint dipoles: laws, and the same field as the smallest sources that explain what the boundary value leaves."""

from functools import partial

import numpy as np
import pytest
from backgrounds import LAWS, VOXELS, source_kept
from scipy import ndimage

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.background.joint_dipoles import joint_dipoles
from nipype_qsm.kernels.background.lbv import lbv
from nipype_qsm.kernels.dipole import dipole_field, dipole_kernel
from nipype_qsm.kernels.fourier import fast_shape
from oracles import ball_head, point_dipole_field


@pytest.mark.parametrize("outside", [1.0, 3.0])
def test_it_takes_the_field_of_the_smallest_sources_outside(outside, rng):
    mask = np.zeros((9, 8, 7), bool)
    mask[2:7, 2:6, 1:6] = True
    grid = Grid(mask.shape, (1.0, 1.2, 2.0), (0.3, 0.2, 0.9))
    field = rng.normal(size=mask.shape).astype(np.float32)
    found = joint_dipoles(field, mask, grid, outside=outside, pad_mm=4.0, tolerance=1e-12, max_iterations=200)
    shape = fast_shape((5, 4, 5), [4, 3, 2])
    inside = np.zeros(shape, bool)
    inside[:5, :4, :5] = True
    point = np.fft.irfftn(dipole_kernel(grid.resized(shape)).astype(complex), s=shape, axes=(0, 1, 2))
    fields = np.stack([np.roll(point, place, (0, 1, 2))[inside] for place in np.ndindex(*shape)], axis=1)
    size = np.where(inside, 1, outside).ravel()
    left = lbv(field, mask, grid, reach_mm=None).field_local[mask]
    sources = size * (np.linalg.pinv(fields * size) @ left)
    expected = left - fields @ np.where(inside.ravel(), 0, sources)
    # Measured: 7e-7 after 34 iterations.
    np.testing.assert_allclose(found.field_local[mask], expected, atol=1e-5)


@pytest.mark.parametrize("law", LAWS)
def test_it_obeys_a_law_of_background_removal(law, rng):
    law(joint_dipoles, rng)


@pytest.mark.parametrize("voxel_size", VOXELS)
def test_an_outside_dipole_vanishes_and_a_local_source_survives(voxel_size):
    grid, mask = ball_head(voxel_size)
    field = 1e4 * point_dipole_field(grid, (20.0, 16.0, 12.0)).astype(np.float32)
    result = joint_dipoles(field, mask, grid)
    # Measured: 0.05 to 0.4 % of the background; slopes of 0.990 to 0.995.
    assert result.field_local[mask].std() < 0.01 * field[mask].std()
    assert source_kept(joint_dipoles, voxel_size, 14.0) == pytest.approx(1, abs=0.02)


def test_it_is_nearer_to_the_local_field_than_the_boundary_value_and_keeps_the_surface(rng):
    grid, mask = ball_head((1.5, 1.5, 2.0), 12.0)
    chi = np.where(mask, ndimage.gaussian_filter(rng.normal(size=grid.shape), 2), 0).astype(np.float32)
    local = dipole_field(chi, grid, pad=8)
    field = local + 1e3 * point_dipole_field(grid, (18.0, 14.0, 9.0)).astype(np.float32)
    joint, boundary = joint_dipoles(field, mask, grid), lbv(field, mask, grid, reach_mm=None)
    np.testing.assert_array_equal(joint.mask_local, mask)
    assert joint.n_removed == 0 and joint.converged
    assert joint.iterations[0] == boundary.iterations
    error, before = ((r.field_local - local)[boundary.mask_local].std() for r in (joint, boundary))
    # Measured: 0.75.
    assert error < 0.85 * before


def test_holes_in_the_mask_are_no_surfaces(rng):
    grid, mask = ball_head((1.5, 1.5, 2.0), 12.0)
    chi = np.where(mask, ndimage.gaussian_filter(rng.normal(size=grid.shape), 2), 0).astype(np.float32)
    local = dipole_field(chi, grid, pad=8)
    field = local + 1e3 * point_dipole_field(grid, (18.0, 14.0, 9.0)).astype(np.float32)
    torn = mask & ~(ndimage.binary_erosion(mask, iterations=2) & (rng.random(mask.shape) < 0.02))
    assert mask.sum() > torn.sum() + 10
    whole, holed = joint_dipoles(field, mask, grid), joint_dipoles(np.where(torn, field, np.nan), torn, grid)
    np.testing.assert_array_equal(holed.mask_local, torn)
    error, without = ((result.field_local - local)[torn].std() for result in (holed, whole))
    # Measured: 1.0004.
    assert error < 1.02 * without


def test_larger_sources_outside_take_more(rng):
    grid, mask = ball_head((1.5, 1.5, 2.0), 10.0)
    field = dipole_field(np.where(mask, rng.normal(size=grid.shape), 0).astype(np.float32), grid, pad=8)
    few, many = (joint_dipoles(field, mask, grid, outside=outside, tolerance=0.05) for outside in (1.0, 10.0))
    assert np.square(many.field_local).sum() < np.square(few.field_local).sum()


def test_a_stop_before_the_tolerance_warns_with_its_numbers(rng):
    grid, mask = ball_head((1.0, 1.0, 1.0), 5.0)
    with pytest.warns(RuntimeWarning, match=r"Joint dipoles stopped after 1 iterations \(limit 1\)"):
        result = partial(joint_dipoles, max_iterations=1)(rng.normal(size=grid.shape), mask, grid)
    assert not result.converged and result.residual[1] > 0.01


def test_a_ratio_of_nothing_is_refused_with_a_cure():
    grid, mask = ball_head((1.0, 1.0, 1.0), 4.0)
    with pytest.raises(QSMError, match="Give a ratio above 0"):
        joint_dipoles(np.zeros(grid.shape), mask, grid, outside=0.0)
