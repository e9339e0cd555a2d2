"""The two equations of source separation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nipype_qsm.errors import UnitsError
from nipype_qsm.kernels.separation.two_sources import two_sources

SHAPE = (4, 3, 2)
WHOLE = np.ones(SHAPE, bool)
ppm = arrays(np.float32, SHAPE, elements=st.floats(-0.5, 0.5, width=32))
rates = arrays(np.float32, SHAPE, elements=st.floats(-20, 200, width=32))


@given(chi=ppm, rate=rates, relaxivity=st.floats(50, 400), field=st.floats(0.5, 11))
def test_the_sources_add_up_to_the_susceptibility_and_keep_their_signs(chi, rate, relaxivity, field):
    found = two_sources(chi, rate, WHOLE, relaxivity_3t=relaxivity, field_strength=field)
    np.testing.assert_allclose(found.chi_paramagnetic + found.chi_diamagnetic, chi, atol=2e-6)  # of 4 ppm: float32
    assert found.chi_paramagnetic.min() >= 0 >= found.chi_diamagnetic.max()
    assert found.chi_paramagnetic.dtype == found.chi_diamagnetic.dtype == np.float32


@given(positive=ppm, negative=ppm, relaxivity=st.floats(50, 400), field=st.floats(0.5, 11))
def test_known_sources_are_recovered(positive, negative, relaxivity, field):
    positive, negative = np.abs(positive), -np.abs(negative)
    rate = relaxivity * field / 3 * (positive - negative)
    found = two_sources(positive + negative, rate, WHOLE, relaxivity_3t=relaxivity, field_strength=field)
    np.testing.assert_allclose(found.chi_paramagnetic, positive, atol=1e-6)
    np.testing.assert_allclose(found.chi_diamagnetic, negative, atol=1e-6)


@given(chi=ppm, rate=rates)
def test_the_opposite_susceptibility_exchanges_the_sources(chi, rate):
    options = {"relaxivity_3t": 137.0, "field_strength": 3.0}
    one, other = two_sources(chi, rate, WHOLE, **options), two_sources(-chi, rate, WHOLE, **options)
    np.testing.assert_array_equal(one.chi_paramagnetic, -other.chi_diamagnetic)
    assert one.n_inconsistent == other.n_inconsistent


def test_too_small_a_decay_leaves_one_source_and_is_counted():
    chi = np.array([0.1, -0.1, 0.1, -0.1, 0.0]).reshape(5, 1, 1)
    rate = np.array([5.0, 5.0, -5.0, 0.0, -5.0]).reshape(5, 1, 1)
    found = two_sources(chi, rate, np.ones(chi.shape, bool), relaxivity_3t=100.0, field_strength=3.0)
    np.testing.assert_allclose(found.chi_paramagnetic.ravel(), [0.1, 0, 0.1, 0, 0], atol=1e-8)
    np.testing.assert_allclose(found.chi_diamagnetic.ravel(), [0, -0.1, 0, -0.1, 0], atol=1e-8)
    assert found.n_inconsistent == 5  # the last: a decay below zero fits no source at all


def test_an_error_of_the_zero_moves_each_source_by_half(rng):
    chi, rate = rng.uniform(-0.1, 0.1, SHAPE), rng.uniform(40, 80, SHAPE)
    options = {"relaxivity_3t": 137.0, "field_strength": 3.0}
    one, moved = two_sources(chi, rate, WHOLE, **options), two_sources(chi + 0.02, rate, WHOLE, **options)
    np.testing.assert_allclose(moved.chi_paramagnetic - one.chi_paramagnetic, 0.01, atol=1e-6)
    np.testing.assert_allclose(moved.chi_diamagnetic - one.chi_diamagnetic, 0.01, atol=1e-6)


def test_the_surroundings_are_zero_and_not_counted(rng):
    chi, rate, mask = rng.normal(0, 0.1, SHAPE), rng.uniform(-5, 9, SHAPE), rng.random(SHAPE) < 0.5
    before = chi.copy(), rate.copy(), mask.copy()
    found = two_sources(chi, rate, mask, relaxivity_3t=137.0, field_strength=3.0)
    assert not found.chi_paramagnetic[~mask].any() and not found.chi_diamagnetic[~mask].any()
    assert found.n_inconsistent == np.count_nonzero(rate[mask] < 137 * np.abs(chi[mask]))
    for array, earlier in zip((chi, rate, mask), before, strict=True):
        np.testing.assert_array_equal(array, earlier)


def test_zero_in_is_zero_out():
    found = two_sources(np.zeros(SHAPE), np.zeros(SHAPE), WHOLE, relaxivity_3t=137.0, field_strength=3.0)
    assert not found.chi_paramagnetic.any() and not found.chi_diamagnetic.any()
    assert found.n_inconsistent == 0


def test_what_is_no_relaxivity_or_no_field_is_refused():
    chi = np.zeros(SHAPE)
    with pytest.raises(UnitsError, match=r"0 Hz/ppm.*near 137"):
        two_sources(chi, chi, WHOLE, relaxivity_3t=0.0, field_strength=3.0)
    with pytest.raises(UnitsError, match="tesla"):
        two_sources(chi, chi, WHOLE, relaxivity_3t=137.0, field_strength=123.0)
