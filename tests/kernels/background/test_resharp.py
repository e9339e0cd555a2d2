"""RESHARP: laws of background removal, and the equation that it solves."""

import numpy as np
import pytest
from scipy import ndimage

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.background.resharp import resharp
from nipype_qsm.kernels.dipole import dipole_field
from nipype_qsm.kernels.spheres import sphere_weights
from oracles import ball_head, point_dipole_field

VOXELS = [(1.0, 1.0, 1.0), (0.8, 0.8, 3.0), (1.5, 1.2, 2.0)]


@pytest.mark.parametrize("voxel_size", VOXELS)
def test_the_field_of_an_outside_dipole_vanishes(voxel_size):
    grid, mask = ball_head(voxel_size)
    field = 1e4 * point_dipole_field(grid, (16.0, 14.0, 12.0)).astype(np.float32)
    result = resharp(field, mask, grid, radius_mm=6.0)
    inside = result.mask_local
    # Measured: 0.002 to 1.8 % of the background's own deviation.
    assert result.field_local[inside].std() < 0.03 * field[inside].std()


@pytest.mark.parametrize("voxel_size", VOXELS)
def test_a_local_source_survives(voxel_size):
    grid, mask = ball_head(voxel_size, 18.0)
    chi = np.zeros(grid.shape, np.float32)
    chi[tuple(n // 2 for n in grid.shape)] = 1.0
    field = dipole_field(chi, grid, pad=10)
    result = resharp(field, mask, grid)
    where = result.mask_local
    # Measured: 1.000 to 1.003.
    assert np.sum(result.field_local[where] * field[where]) / np.sum(field[where] ** 2) == pytest.approx(1, abs=0.02)


def test_it_scales_with_the_field(rng):
    grid, mask = ball_head((1.5, 1.5, 2.0), 10.0)
    field = dipole_field(rng.normal(size=grid.shape).astype(np.float32), grid)
    once, thrice = (resharp(f, mask, grid, radius_mm=3.0, tolerance=1e-4) for f in (field, -3 * field))
    assert once.iterations == thrice.iterations > 0
    # Measured: 2e-6.
    np.testing.assert_allclose(thrice.field_local, -3 * once.field_local, atol=1e-4)


def test_outside_the_mask_all_is_zero_and_nothing_there_matters(rng):
    grid, mask = ball_head((1.5, 1.5, 2.0), 10.0)
    field = rng.normal(size=grid.shape).astype(np.float32)
    field[~mask] = np.nan
    before = field.copy(), mask.copy()
    result = resharp(field, mask, grid)
    assert result.field_local.dtype == np.float32 and not result.field_local[~result.mask_local].any()
    assert np.isfinite(result.field_local).all() and not (result.mask_local & ~mask).any()
    assert result.n_removed == mask.sum() - result.mask_local.sum() > 0
    np.testing.assert_array_equal(field, before[0])
    np.testing.assert_array_equal(mask, before[1])


def test_no_field_gives_no_local_field_without_iterating():
    grid, mask = ball_head((1.0, 1.0, 1.0), 8.0)
    result = resharp(np.zeros(grid.shape), mask, grid)
    assert result.iterations == 0 and result.converged and not result.field_local.any()


def test_a_stop_before_the_tolerance_warns_with_its_numbers(rng):
    grid, mask = ball_head((1.0, 1.0, 1.0), 8.0)
    with pytest.warns(RuntimeWarning, match=r"RESHARP stopped after 1 iterations \(limit 1\)"):
        result = resharp(rng.normal(size=grid.shape), mask, grid, radius_mm=3.0, max_iterations=1, tolerance=1e-7)
    assert not result.converged and result.residual > 1e-7


def test_a_mask_too_small_for_the_sphere_is_refused_with_a_cure():
    grid, mask = ball_head((1.0, 1.0, 1.0), 4.0)
    with pytest.raises(QSMError, match="lower radius_mm"):
        resharp(np.zeros(grid.shape), mask, grid)


def test_a_small_weight_leaves_the_high_pass_of_the_field_and_a_large_one_makes_it_smaller(rng):
    grid, mask = ball_head((1.0, 1.2, 1.5), 12.0)
    field = np.where(mask, rng.normal(size=grid.shape), 0).astype(np.float32)
    weights = sphere_weights(3.0, grid.voxel_size, subsample_mm=0.2).astype(float)
    gaps, sizes = [], []
    for regularisation in (1e-6, 1.0):
        found = resharp(field, mask, grid, radius_mm=3.0, regularisation=regularisation)
        local = found.field_local
        # The field beside `mask_local` is not given out, so only voxels two radii from the rim can be judged.
        deep = ndimage.convolve(found.mask_local.astype(float), weights, mode="constant") > weights.sum() - 1e-6
        gap = local - field - ndimage.convolve(local - field, weights / weights.sum(), mode="constant")
        gaps.append(gap[deep].std())
        sizes.append(local[deep].std())
    # Measured: 0.002 against 0.5, and half the size.
    assert gaps[0] < 0.05 < 0.3 < gaps[1]
    assert sizes[1] < 0.7 * sizes[0]
