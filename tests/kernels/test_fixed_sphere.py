"""One sphere over a mask: where it fits, and what its high pass leaves."""

import numpy as np
import pytest
from scipy import ndimage

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.fixed_sphere import fixed_sphere
from nipype_qsm.kernels.local_field import local_field
from nipype_qsm.kernels.spheres import sphere_weights
from oracles import ball_head

VOXELS = [(1.0, 1.0, 1.0), (0.8, 0.8, 3.0)]


@pytest.mark.parametrize("voxel_size", VOXELS)
def test_the_high_pass_is_the_field_minus_its_convolution_where_the_sphere_fits(voxel_size, rng):
    grid, mask = ball_head(voxel_size, 9.0)
    field = rng.normal(size=grid.shape).astype(np.float32)
    before = field.copy(), mask.copy()
    sphere = fixed_sphere(field, mask, grid, 3.2)
    weights = sphere_weights(3.2, voxel_size, subsample_mm=0.2).astype(float)
    centred = np.where(mask, field - field[mask].mean(), 0)
    expected = centred - ndimage.convolve(centred, weights / weights.sum(), mode="constant")
    passed, valid, n_removed = local_field(sphere.passed(sphere.field), sphere.fits, mask, sphere.box)
    support = np.abs(ndimage.convolve(mask.astype(float), weights, mode="constant") - weights.sum()) < 1e-6
    assert (mask & support)[valid].all() and n_removed == mask.sum() - valid.sum() > 0
    # Measured: 1e-6.
    np.testing.assert_allclose(passed, np.where(valid, expected, 0), atol=1e-5)
    np.testing.assert_array_equal(field, before[0])
    np.testing.assert_array_equal(mask, before[1])


def test_what_the_high_pass_took_is_given_back(rng):
    grid, mask = ball_head((1.0, 1.0, 1.0), 9.0)
    sphere = fixed_sphere(np.zeros(grid.shape), mask, grid, 4.0)
    volume = np.zeros(sphere.field.shape, np.float32)
    volume[5:-5, 5:-5, 5:-5] = rng.normal(size=volume[5:-5, 5:-5, 5:-5].shape)
    # Its mean, which no high pass keeps, is taken off before and after.
    gap = sphere.undone(sphere.passed(volume), 1e-4) - volume
    # Measured: 7e-8 of a deviation of 0.28.
    assert volume.std() > 0.2 and gap.std() < 1e-5


def test_quadratic_backgrounds_vanish_where_voxels_are_cubes():
    grid, mask = ball_head((1.0, 1.0, 1.0), 12.0)
    x, y, z = np.meshgrid(*[np.arange(n) - n / 2 for n in grid.shape], indexing="ij")
    sphere = fixed_sphere((2 * z**2 - x**2 - y**2).astype(np.float32), mask, grid, 4.0)
    # Measured: 4e-5 of a deviation of 64.
    assert np.abs(sphere.passed_inside(sphere.field)).max() < 1e-3


def test_a_sphere_that_fits_nowhere_is_refused_with_a_cure():
    grid, mask = ball_head((1.0, 1.0, 1.0), 4.0)
    with pytest.raises(QSMError, match="lower radius_mm"):
        fixed_sphere(np.zeros(grid.shape), mask, grid, 6.0)
    with pytest.raises(QSMError, match="Give a radius_mm above 0"):
        fixed_sphere(np.zeros(grid.shape), mask, grid, 0.0)
