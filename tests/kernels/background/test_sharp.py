"""SHARP: laws of background removal."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.background.sharp import sharp
from nipype_qsm.kernels.dipole import dipole_field
from oracles import ball_head, point_dipole_field

VOXELS = [(1.0, 1.0, 1.0), (0.8, 0.8, 3.0), (1.5, 1.2, 2.0)]


def inner(mask, radius_mm, voxel_size):
    axes = np.meshgrid(*[(np.arange(n) - (n - 1) / 2) * d for n, d in zip(mask.shape, voxel_size, strict=True)])
    return np.sqrt(sum(a**2 for a in axes)).transpose(1, 0, 2) < radius_mm


@pytest.mark.parametrize("voxel_size", VOXELS)
def test_the_field_of_an_outside_dipole_vanishes(voxel_size):
    grid, mask = ball_head(voxel_size)
    field = 1e4 * point_dipole_field(grid, (16.0, 14.0, 12.0)).astype(np.float32)
    result = sharp(field, mask, grid, threshold=0.3)
    inside = result.mask_local
    # Measured: 0.002 to 1.4 % of the background's own deviation; most in thick slices, where a sphere is no sphere.
    assert result.field_local[inside].std() < 0.03 * field[inside].std()


@pytest.mark.parametrize("voxel_size", VOXELS)
def test_a_local_field_survives(voxel_size):
    grid, mask = ball_head(voxel_size, 18.0)
    chi = inner(mask, 5.0, voxel_size).astype(np.float32)
    field = dipole_field(chi, grid, pad=10)
    result = sharp(field, mask, grid)
    where = result.mask_local
    # Measured: 1.000 to 1.003.
    assert np.sum(result.field_local[where] * field[where]) / np.sum(field[where] ** 2) == pytest.approx(1, abs=0.02)


@settings(max_examples=8)
@given(seed=st.integers(0, 10**6), factor=st.floats(-5, 5))
def test_it_is_linear_in_the_field(seed, factor):
    grid, mask = ball_head((1.5, 1.5, 2.0), 10.0)
    first, second = np.random.default_rng(seed).normal(size=(2, *grid.shape)).astype(np.float32)
    together = sharp(first + np.float32(factor) * second, mask, grid).field_local
    apart = sharp(first, mask, grid).field_local + factor * sharp(second, mask, grid).field_local
    # Measured: 3e-6.
    np.testing.assert_allclose(together, apart, atol=1e-3)


def test_outside_the_mask_all_is_zero_and_nothing_there_matters(rng):
    grid, mask = ball_head((1.5, 1.5, 2.0), 10.0)
    field = rng.normal(size=grid.shape).astype(np.float32)
    field[~mask] = np.nan
    before = field.copy(), mask.copy()
    result = sharp(field, mask, grid)
    assert result.field_local.dtype == np.float32 and not result.field_local[~result.mask_local].any()
    assert np.isfinite(result.field_local).all() and not (result.mask_local & ~mask).any()
    assert result.n_removed == mask.sum() - result.mask_local.sum() > 0
    np.testing.assert_array_equal(field, before[0])
    np.testing.assert_array_equal(mask, before[1])


def test_no_field_and_a_constant_give_no_local_field():
    grid, mask = ball_head((1.0, 1.0, 1.0), 8.0)
    assert not sharp(np.zeros(grid.shape), mask, grid).field_local.any()
    # Measured: exactly 0.
    assert np.abs(sharp(np.full(grid.shape, 7.0), mask, grid).field_local).max() < 1e-5


def test_a_larger_sphere_keeps_less():
    grid, mask = ball_head((1.0, 1.0, 1.0), 12.0)
    kept = [sharp(np.zeros(grid.shape), mask, grid, radius_mm=radius).mask_local.sum() for radius in (3, 5, 7)]
    assert kept[0] > kept[1] > kept[2]


def test_a_mask_too_small_for_the_sphere_is_refused_with_a_cure():
    grid, mask = ball_head((1.0, 1.0, 1.0), 4.0)
    with pytest.raises(QSMError, match="lower radius_mm"):
        sharp(np.zeros(grid.shape), mask, grid)
