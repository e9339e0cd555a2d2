"""Means over the largest sphere that fits: against direct sums and scipy's distances."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import ndimage

from nipype_qsm.kernels.sphere_means import fitting_spheres, rod_sphere, sphere_means
from nipype_qsm.kernels.spheres import sphere_weights
from oracles import mean_over_sphere

voxel_sizes = st.tuples(*[st.floats(0.7, 3.0)] * 3)


@settings(max_examples=20, deadline=None)
@given(radius=st.floats(0.5, 6.0), voxel=voxel_sizes)
def test_rods_keep_the_column_sums_of_the_sphere(radius, voxel):
    rods, weights = rod_sphere(radius, voxel), sphere_weights(radius, voxel, subsample_mm=0.2)
    np.testing.assert_allclose(rods.sum(axis=2), weights.sum(axis=2), atol=1e-5)
    assert rods.min() >= 0 and rods.max() <= 1
    # A rod is whole in its middle: weights never grow away from the centre.
    assert np.all(np.diff(rods[:, :, rods.shape[2] // 2 :], axis=2) <= 1e-6)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), voxel=voxel_sizes)
@example(seed=0, voxel=(1.625, 1.5347710661697422, 1.0))  # the reach is three voxels but for rounding
def test_a_sphere_fits_where_the_nearest_outside_voxel_is_farther_than_its_reach(seed, voxel):
    rng = np.random.default_rng(seed)
    mask = ndimage.gaussian_filter(rng.normal(size=(14, 11, 12)), 2) > -0.05
    spheres = [rod_sphere(radius, voxel) for radius in (1.0, 2.5, 4.0)]
    level = fitting_spheres(mask, spheres, voxel)
    distance = ndimage.distance_transform_edt(np.pad(mask, 1), sampling=voxel)[1:-1, 1:-1, 1:-1]
    expected = np.zeros(mask.shape, int)
    for sphere in spheres:
        offsets = (np.argwhere(sphere > 0) - np.array(sphere.shape) // 2) * voxel
        expected += distance > np.linalg.norm(offsets, axis=1).max() + 1e-4
    np.testing.assert_array_equal(level, expected)


def test_every_voxel_of_a_fitting_sphere_is_inside_the_mask():
    mask = np.zeros((15, 15, 9), bool)
    mask[2:13, 1:14, :] = True
    spheres = [rod_sphere(radius, (1.0, 1.0, 2.0)) for radius in (1.0, 3.0)]
    level = fitting_spheres(mask, spheres, (1.0, 1.0, 2.0))
    assert level.max() == 2
    for place in np.argwhere(level):
        assert mean_over_sphere(np.pad(mask, 8).astype(float), spheres[level[tuple(place)] - 1], place + 8) == 1


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), voxel=voxel_sizes)
def test_means_are_the_direct_weighted_sums(seed, voxel):
    rng = np.random.default_rng(seed)
    volume = rng.normal(size=(14, 12, 13)).astype(np.float32)
    spheres = [rod_sphere(radius, voxel) for radius in (1.0, 2.0, 3.5)]
    level = fitting_spheres(np.ones(volume.shape, bool), spheres, voxel)
    means = sphere_means(volume, level, spheres)
    for place in np.argwhere(level)[::29]:
        expected = mean_over_sphere(volume, spheres[level[tuple(place)] - 1], place)
        # Measured: 4e-7 at most.
        assert means[tuple(place)] == pytest.approx(expected, abs=5e-6)
    assert not means[level == 0].any()


def test_no_sphere_fits_into_an_empty_mask():
    assert not fitting_spheres(np.zeros((5, 5, 5), bool), [rod_sphere(1.0, (1, 1, 1))], (1, 1, 1)).any()
