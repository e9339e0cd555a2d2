"""Real transforms, boxes and pads."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nipype_qsm.kernels.fourier import backward, bounding_box, fast_shape, filtered, forward, frequencies

shapes = st.tuples(*[st.integers(1, 9)] * 3)


@given(shapes, st.integers(0, 2**31 - 1))
def test_there_and_back_is_the_same_volume(shape, seed):
    volume = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    spectrum = forward(volume)
    assert spectrum.dtype == np.complex64
    found = backward(spectrum, shape)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, volume, atol=2e-6)


@given(shapes, st.integers(0, 40))
def test_a_fast_shape_holds_the_volume_and_its_pad(shape, pad):
    for fast, n in zip(fast_shape(shape, pad), shape, strict=True):
        assert n + 2 * pad <= fast
        remaining = fast
        for factor in (2, 3, 5):
            while remaining % factor == 0:
                remaining //= factor
        assert remaining == 1, "a product of 2, 3 and 5"


def test_the_frequencies_are_those_of_numpy_per_millimetre():
    kx, ky, kz = frequencies((4, 5, 6), (2.0, 1.0, 0.5))
    np.testing.assert_allclose(kx.ravel(), [0, 0.125, -0.25, -0.125])
    np.testing.assert_allclose(ky.ravel(), [0, 0.2, 0.4, -0.4, -0.2], rtol=1e-6)
    np.testing.assert_allclose(kz.ravel(), np.array([0, 1, 2, 3]) / 3, rtol=1e-6)
    assert np.broadcast_shapes(kx.shape, ky.shape, kz.shape) == (4, 5, 4)


def test_filtering_is_a_cyclic_convolution_on_the_padded_shape(rng):
    volume = rng.normal(size=(5, 4, 6)).astype(np.float32)
    weights = rng.normal(size=(8, 8, 8)).astype(np.float32)
    found = filtered(volume, forward(weights), (8, 8, 8))
    expected = np.zeros((8, 8, 8))
    for place in np.ndindex(*volume.shape):
        expected += volume[place] * np.roll(weights, place, axis=(0, 1, 2))
    assert found.shape == volume.shape
    np.testing.assert_allclose(found, expected[:5, :4, :6], atol=2e-5)


def test_the_box_is_the_smallest_that_holds_the_mask(rng):
    mask = np.zeros((9, 8, 7), bool)
    mask[2:5, 3, 1:7] = rng.random((3, 6)) > 0.3
    mask[2, 3, 1] = mask[4, 3, 6] = True
    assert bounding_box(mask) == (slice(2, 5), slice(3, 4), slice(1, 7))


@pytest.mark.parametrize("margin", [2, (2, 2, 2)])
def test_a_margin_ends_at_the_volume(margin):
    mask = np.zeros((9, 8, 7), bool)
    mask[4, 1, 6] = True
    assert bounding_box(mask, margin) == (slice(2, 7), slice(0, 4), slice(4, 7))


def test_the_box_of_nothing_is_everything():
    assert bounding_box(np.zeros((3, 4, 5), bool)) == (slice(0, 3), slice(0, 4), slice(0, 5))
