"""V-SHARP: laws of background removal, and the same result as the obvious implementation."""

from functools import partial

import numpy as np
import pytest
from backgrounds import LAWS, VOXELS
from hypothesis import given, settings
from hypothesis import strategies as st

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.background.vsharp import vsharp
from nipype_qsm.kernels.dipole import dipole_field
from nipype_qsm.kernels.fourier import fast_shape
from nipype_qsm.kernels.sphere_means import fitting_spheres, rod_sphere
from oracles import ball_head, point_dipole_field, vsharp_by_convolution


def core_of(mask, voxel_size, depth_mm=5.0):
    return fitting_spheres(mask, [rod_sphere(depth_mm, voxel_size)], voxel_size) > 0


@pytest.mark.parametrize("resample_mm", [1.0, None])
@pytest.mark.parametrize("voxel_size", VOXELS)
def test_the_field_of_an_outside_dipole_vanishes_in_the_core(voxel_size, resample_mm):
    grid, mask = ball_head(voxel_size)
    field = 1e4 * point_dipole_field(grid, (16.0, 14.0, 12.0)).astype(np.float32)
    result = vsharp(field, mask, grid, max_radius_mm=6.0, resample_mm=resample_mm, deconvolution=False)
    core = core_of(mask, voxel_size) & result.mask_local
    # Measured: 0.2 to 1.5 % of the background's own deviation.
    assert result.field_local[core].std() < 0.03 * field[core].std()


@pytest.mark.parametrize("voxel_size", VOXELS)
def test_a_local_source_survives_and_deconvolution_gives_its_slow_part_back(voxel_size):
    grid, mask = ball_head(voxel_size, 18.0)
    chi = core_of(mask, voxel_size, 12.0).astype(np.float32)
    field = dipole_field(chi, grid, pad=10)
    core = core_of(mask, voxel_size)
    slopes = []
    for deconvolution in (False, True):
        local = vsharp(field, mask, grid, max_radius_mm=6.0, deconvolution=deconvolution).field_local
        slopes.append(np.sum(local[core] * field[core]) / np.sum(field[core] ** 2))
    # Measured: 0.61 to 0.69 without, 1.000 to 1.002 with.
    assert slopes[0] < 0.8 < 0.95 < slopes[1] < 1.05


@pytest.mark.parametrize("voxel_size", VOXELS)
def test_it_is_what_convolution_with_every_sphere_gives(voxel_size, rng):
    grid, mask = ball_head(voxel_size, 9.0)
    field = rng.normal(size=grid.shape).astype(np.float32)
    radii = (1.0, 2.0, 3.0, 4.0)
    spheres = [rod_sphere(radius, voxel_size) for radius in radii]
    # The kernel takes the mean off first; the oracle sees the same field.
    centred = np.where(mask, field - field[mask].mean(), 0)
    # The deconvolution is circular, so both must go around the same box.
    box = [np.ptp(index) + 3 for index in np.nonzero(mask)]
    shape = fast_shape(box, [n // 4 for n in spheres[-1].shape])
    inner = tuple(slice(index.min() - 1, index.max() + 2) for index in np.nonzero(mask))
    expected, level = (np.zeros(grid.shape) for _ in range(2))
    expected[inner], level[inner] = vsharp_by_convolution(
        centred[inner], mask[inner], spheres, voxel_size, threshold=0.05, shape=shape
    )
    result = vsharp(field, mask, grid, max_radius_mm=4.0, resample_mm=None)
    np.testing.assert_array_equal(result.mask_local, level >= 2)
    # Measured: 3e-6 of a deviation of 1.
    np.testing.assert_allclose(result.field_local, np.where(level >= 2, expected, 0), atol=5e-5)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6), factor=st.floats(-5, 5), resample_mm=st.sampled_from([1.0, None]))
def test_it_is_linear_in_the_field(seed, factor, resample_mm):
    grid, mask = ball_head((1.5, 1.5, 2.0), 10.0)
    first, second = np.random.default_rng(seed).normal(size=(2, *grid.shape)).astype(np.float32)

    def local(field):
        return vsharp(field, mask, grid, max_radius_mm=5.0, resample_mm=resample_mm).field_local

    together = local(first + np.float32(factor) * second)
    # Measured: 3e-6.
    np.testing.assert_allclose(together, local(first) + np.float32(factor) * local(second), atol=1e-4)


@pytest.mark.parametrize("law", LAWS)
def test_it_obeys_a_law_of_background_removal(law, rng):
    law(partial(vsharp, max_radius_mm=5.0), rng)


def test_a_constant_field_is_all_background():
    grid, mask = ball_head((1.0, 1.0, 1.0), 8.0)
    result = vsharp(np.full(grid.shape, 7.0, np.float32), mask, grid, max_radius_mm=4.0)
    assert np.abs(result.field_local).max() < 1e-5


def test_a_mask_that_fills_the_volume_keeps_its_middle(rng):
    grid = Grid((14, 14, 7), (1.0, 1.0, 2.0), (0, 0, 1))
    result = vsharp(rng.normal(size=grid.shape), np.ones(grid.shape, bool), grid, max_radius_mm=4.0)
    assert result.mask_local[7, 7, 3] and not result.mask_local[0].any()


def test_a_larger_mask_radius_keeps_less(rng):
    grid, mask = ball_head((1.0, 1.0, 3.0), 10.0)
    field = rng.normal(size=grid.shape)
    kept = [vsharp(field, mask, grid, max_radius_mm=5.0, mask_radius_mm=r).mask_local.sum() for r in (1, 2, 3)]
    assert kept[0] > kept[1] > kept[2]


def test_a_mask_too_thin_for_any_sphere_is_refused_with_a_cure():
    mask = np.zeros((12, 12, 12), bool)
    mask[6] = True
    with pytest.raises(QSMError, match="lower mask_radius_mm"):
        vsharp(np.zeros(mask.shape), mask, Grid(mask.shape, (1, 1, 1), (0, 0, 1)))


def test_radii_that_do_not_grow_are_refused_with_a_cure():
    grid, mask = ball_head((1.0, 1.0, 1.0), 5.0)
    with pytest.raises(QSMError, match="Choose 0 < min_radius_mm"):
        vsharp(np.zeros(grid.shape), mask, grid, min_radius_mm=5.0, max_radius_mm=3.0)
