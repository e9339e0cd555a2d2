"""iSMV: laws of background removal, and the equation that it solves."""

import numpy as np
import pytest
from scipy import ndimage

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.background.ismv import ismv
from nipype_qsm.kernels.dipole import dipole_field
from nipype_qsm.kernels.spheres import sphere_weights
from oracles import ball_head, point_dipole_field

VOXELS = [(1.0, 1.0, 1.0), (0.8, 0.8, 3.0), (1.5, 1.2, 2.0)]


@pytest.mark.parametrize("voxel_size", VOXELS)
def test_the_field_of_an_outside_dipole_vanishes(voxel_size):
    grid, mask = ball_head(voxel_size)
    field = 1e4 * point_dipole_field(grid, (16.0, 14.0, 12.0)).astype(np.float32)
    result = ismv(field, mask, grid, radius_mm=6.0)
    inside = result.mask_local
    # Measured: 0.002 to 1.8 % of the background's own deviation.
    assert result.field_local[inside].std() < 0.03 * field[inside].std()


@pytest.mark.parametrize("voxel_size", VOXELS)
def test_a_local_source_survives(voxel_size):
    grid, mask = ball_head(voxel_size, 18.0)
    chi = np.zeros(grid.shape, np.float32)
    chi[tuple(n // 2 for n in grid.shape)] = 1.0
    field = dipole_field(chi, grid, pad=10)
    result = ismv(field, mask, grid)
    where = result.mask_local
    # Measured: 0.9994 to 0.9999.
    assert np.sum(result.field_local[where] * field[where]) / np.sum(field[where] ** 2) == pytest.approx(1, abs=0.02)


def test_it_scales_with_the_field(rng):
    grid, mask = ball_head((1.5, 1.5, 2.0), 10.0)
    field = dipole_field(rng.normal(size=grid.shape).astype(np.float32), grid)
    once, thrice = ismv(field, mask, grid), ismv(-3 * field, mask, grid)
    assert once.iterations == thrice.iterations > 0
    # Measured: 4e-7.
    np.testing.assert_allclose(thrice.field_local, -3 * once.field_local, atol=1e-4)


def test_outside_the_mask_all_is_zero_and_nothing_there_matters(rng):
    grid, mask = ball_head((1.5, 1.5, 2.0), 10.0)
    field = rng.normal(size=grid.shape).astype(np.float32)
    field[~mask] = np.nan
    before = field.copy(), mask.copy()
    result = ismv(field, mask, grid)
    assert result.field_local.dtype == np.float32 and not result.field_local[~result.mask_local].any()
    assert np.isfinite(result.field_local).all() and not (result.mask_local & ~mask).any()
    assert result.n_removed == mask.sum() - result.mask_local.sum() > 0
    np.testing.assert_array_equal(field, before[0])
    np.testing.assert_array_equal(mask, before[1])


def test_no_field_gives_no_local_field_without_iterating():
    grid, mask = ball_head((1.0, 1.0, 1.0), 8.0)
    result = ismv(np.zeros(grid.shape), mask, grid)
    assert result.iterations == 0 and result.converged and not result.field_local.any()


def test_a_stop_before_the_tolerance_warns_with_its_numbers(rng):
    grid, mask = ball_head((1.0, 1.0, 1.0), 8.0)
    with pytest.warns(RuntimeWarning, match=r"iSMV stopped after 1 iterations \(limit 1\)"):
        result = ismv(rng.normal(size=grid.shape), mask, grid, max_iterations=1, tolerance=1e-5)
    assert not result.converged and result.residual > 1e-5


def test_a_mask_too_small_for_the_sphere_is_refused_with_a_cure():
    grid, mask = ball_head((1.0, 1.0, 1.0), 4.0)
    with pytest.raises(QSMError, match="lower radius_mm"):
        ismv(np.zeros(grid.shape), mask, grid)


def test_the_background_is_its_own_mean_inside_and_the_field_at_the_rim(rng):
    grid, mask = ball_head((1.0, 1.2, 1.5), 10.0)
    field = rng.normal(size=grid.shape).astype(np.float32)
    result = ismv(field, mask, grid, tolerance=1e-5)
    background = np.where(mask, field - result.field_local, 0)
    weights = sphere_weights(5.0, grid.voxel_size, subsample_mm=0.2).astype(float)
    mean = ndimage.convolve(background, weights / weights.sum(), mode="constant")
    # Measured: 1e-6 of a deviation of 1.
    np.testing.assert_allclose(background[result.mask_local], mean[result.mask_local], atol=1e-4)
