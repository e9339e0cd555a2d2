import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from nipype_qsm.kernels.smoothing import gaussian, half_gaussian


@settings(max_examples=30, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 20), st.integers(1, 9), st.integers(1, 30)),
    sigma=st.tuples(*[st.sampled_from([0.0, 0.4, 1.0, 4.0])] * 3),
    kind=st.sampled_from([np.float32, np.complex64]),
)
def test_it_is_scipys_gaussian_with_repeated_edges(shape, sigma, kind):
    rng = np.random.default_rng(1)
    volume = (rng.standard_normal(shape) + (1j * rng.standard_normal(shape) if kind is np.complex64 else 0)).astype(
        kind
    )
    before = volume.copy()
    smooth = gaussian(volume, sigma)
    expected = gaussian_filter(volume.astype(complex), sigma, mode="nearest", truncate=2.0)
    np.testing.assert_allclose(smooth, expected, atol=2e-6)  # measured 4e-7
    np.testing.assert_array_equal(volume, before)
    assert smooth.dtype == kind
    assert not np.shares_memory(smooth, volume)


def test_a_view_into_a_larger_array_is_not_written_to(rng):
    whole = rng.standard_normal((6, 7, 8)).astype(np.float32)
    before = whole.copy()
    gaussian(whole[1:4], (1, 1, 1))
    np.testing.assert_array_equal(whole, before)


def test_more_columns_than_a_tile_are_all_smoothed(rng):
    volume = rng.standard_normal((3, 40, 50)).astype(np.float32)
    expected = gaussian_filter(volume, (1, 2, 0), mode="nearest", truncate=2.0)
    np.testing.assert_allclose(gaussian(volume, (1, 2, 0)), expected, atol=2e-6)


def test_sigma_four_has_seventeen_taps_that_sum_to_one():
    taps = half_gaussian(4.0, 2.0)
    assert len(taps) == 9
    assert 2 * taps.sum() - taps[0] == pytest.approx(1, abs=1e-6)
