"""Spheres on a voxel grid: volumes, symmetry, the UK Biobank kernel, spectra against the Fourier transform."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.spheres import kernel_spectrum, sphere_spectrum, sphere_weights

UK_BIOBANK_VOXEL = (0.8, 0.8, 3.0)


def test_the_corner_sphere_of_uk_biobank_has_its_published_support_and_sum():
    weights = sphere_weights(2.0, UK_BIOBANK_VOXEL, center="corner")
    assert weights.shape == (6, 6, 2)
    assert (weights > 0).sum() == 64
    # The lattice points within 20 steps of the origin are 33401; a voxel has 8 * 8 * 30 of them.
    assert weights.sum() == pytest.approx(33401 / 1920, rel=1e-6)


def test_the_corner_sphere_weighs_the_upper_slice_more_because_it_holds_the_central_plane():
    weights = sphere_weights(2.0, UK_BIOBANK_VOXEL, center="corner")
    assert weights[3, 3, 1] == pytest.approx(0.652, abs=5e-4)
    assert weights[3, 3, 0] == pytest.approx(0.618, abs=5e-4)


def test_a_voxel_centred_sphere_smaller_than_a_voxel_has_one_weight():
    assert sphere_weights(0.4, (1.0, 1.0, 3.0)).shape == (1, 1, 1)


@settings(max_examples=20, deadline=None)
@given(
    radius=st.floats(1.5, 5.0),
    voxel=st.tuples(st.floats(0.6, 3.0), st.floats(0.6, 3.0), st.floats(0.6, 3.0)),
    center=st.sampled_from(["voxel", "corner"]),
)
def test_the_weights_sum_to_the_volume_of_the_sphere(radius, voxel, center):
    weights = sphere_weights(radius, voxel, center=center)
    assert weights.min() >= 0 and weights.max() <= 1
    # Measured: at most 0.6 % over 400 random spheres.
    assert weights.sum() == pytest.approx(4 / 3 * np.pi * radius**3 / np.prod(voxel), rel=0.015)


@settings(max_examples=20, deadline=None)
@given(radius=st.floats(1.0, 6.0), voxel=st.tuples(*[st.floats(0.6, 3.0)] * 3))
def test_a_voxel_centred_sphere_is_symmetric_on_each_axis(radius, voxel):
    weights = sphere_weights(radius, voxel)
    assert all(n % 2 for n in weights.shape)
    for axis in range(3):
        np.testing.assert_array_equal(weights, np.flip(weights, axis))


@pytest.mark.parametrize("center", ["voxel", "corner"])
def test_the_spectrum_of_a_sphere_is_the_fourier_transform_of_its_weights(center):
    weights = sphere_weights(2.5, (0.8, 1.0, 2.0), center=center)
    shape = (15, 12, 9)
    large = np.zeros(shape)
    large[tuple(slice(0, n) for n in weights.shape)] = weights
    large = np.roll(large, [-(n // 2) for n in weights.shape], axis=(0, 1, 2))
    spectrum = kernel_spectrum(weights, shape)
    assert spectrum.dtype == (np.float32 if center == "voxel" else np.complex64)
    # Measured: 2e-6 of a sum of 41.
    np.testing.assert_allclose(spectrum, np.fft.rfftn(large), atol=2e-5)


def test_multiplying_with_the_corner_spectrum_is_the_documented_convolution():
    rng = np.random.default_rng(0)
    weights = sphere_weights(2.0, UK_BIOBANK_VOXEL, center="corner")
    volume = rng.normal(size=(12, 12, 8))
    spectrum = np.fft.rfftn(volume) * kernel_spectrum(weights, volume.shape)
    filtered = np.fft.irfftn(spectrum, s=volume.shape, axes=(0, 1, 2))
    n = np.array([5, 6, 3])
    direct = sum(
        weights[k] * volume[tuple(n + np.array(weights.shape) // 2 - np.array(k))] for k in np.ndindex(weights.shape)
    )
    assert filtered[tuple(n)] == pytest.approx(direct, abs=1e-5)


def test_the_analytic_spectrum_is_that_of_a_finely_rasterised_sphere():
    grid = Grid((48, 48, 48), (0.5, 0.5, 0.5), (0, 0, 1))
    weights = sphere_weights(3.0, grid.voxel_size, subsample_mm=0.1)
    found = sphere_spectrum(grid, 3.0)
    assert found[0, 0, 0] == 1
    near = np.s_[:12, :12, :12]  # up to 0.5 per mm, where voxels still are small
    expected = kernel_spectrum(weights / weights.sum(), grid.shape)
    np.testing.assert_allclose(found[near], expected[near], atol=0.03)
