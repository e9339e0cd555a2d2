"""The sum of echoes with one weight per echo."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nipype_qsm.errors import MetadataError, UnitsError
from nipype_qsm.kernels.fieldmap.weighted_echoes import weighted_echoes
from nipype_qsm.units import ppm_to_phase

phases = arrays(np.float64, (3, 2, 2, 2), elements=st.floats(-20, 20))


@pytest.mark.parametrize(
    ("times", "first_weight", "effective_ms"),
    [((0.00942, 0.020), 0.3803, 15.977), ((0.0094, 0.020), 0.3799, 15.973), ((0.00942, 0.0197), 0.3821, 15.772)],
)
def test_weights_and_effective_echo_time_are_those_of_uk_biobank(times, first_weight, effective_ms):
    found = weighted_echoes(np.zeros((1, 1, 1, 2), np.float32), echo_times=times, field_strength=3.0)
    assert found.echo_weights[0] == pytest.approx(first_weight, abs=5e-5)
    assert sum(found.echo_weights) == pytest.approx(1)
    assert 1e3 * found.effective_echo_time == pytest.approx(effective_ms, abs=5e-4)


@given(field=st.floats(-5, 5), strength=st.sampled_from([1.5, 3.0, 7.0]), t2star=st.floats(0.005, 0.2))
def test_phases_of_a_field_give_that_field_whatever_the_weights(field, strength, t2star):
    times = (0.004, 0.011, 0.025)
    phase = np.stack([np.full((2, 2, 2), ppm_to_phase(field, t, strength)) for t in times], -1)
    found = weighted_echoes(phase, echo_times=times, field_strength=strength, t2star_s=t2star)
    assert np.allclose(found.field_total, field, rtol=1e-12, atol=1e-12)


@given(first=phases, second=phases, factor=st.floats(-3, 3))
def test_the_field_is_linear_in_the_phases(first, second, factor):
    options = {"echo_times": (0.0094, 0.020), "field_strength": 3.0}
    together = weighted_echoes(first + factor * second, **options).field_total
    apart = weighted_echoes(first, **options).field_total + factor * weighted_echoes(second, **options).field_total
    assert np.allclose(together, apart, atol=1e-9)


def test_the_phases_are_summed_in_radians_and_not_after_division_by_their_echo_times():
    phase = np.array([1.0, 0.0]).reshape(1, 1, 1, 2)
    found = weighted_echoes(phase, echo_times=(0.00942, 0.020), field_strength=3.0)
    radians = found.field_total.item() * 2 * np.pi * 42.577478518 * 3 * found.effective_echo_time
    assert radians == pytest.approx(0.3803, abs=5e-5)


def test_single_precision_stays_single_and_the_input_is_untouched():
    phase = np.random.default_rng(0).normal(size=(4, 3, 2, 2)).astype(np.float32)
    before = phase.copy()
    assert weighted_echoes(phase, echo_times=(0.0094, 0.020), field_strength=3.0).field_total.dtype == np.float32
    assert np.array_equal(phase, before)


def test_milliseconds_are_refused_with_the_seconds_they_mean():
    with pytest.raises(UnitsError, match=r"Divide them by 1000: 0.00942 0.02"):
        weighted_echoes(np.zeros((1, 1, 1, 2)), echo_times=(9.42, 20), field_strength=3.0)
    with pytest.raises(UnitsError, match=r"t2star_s in seconds, e.g. 0.040"):
        weighted_echoes(np.zeros((1, 1, 1, 2)), echo_times=(0.00942, 0.020), field_strength=3.0, t2star_s=40)


def test_another_number_of_volumes_than_echo_times_is_refused():
    with pytest.raises(MetadataError, match="Give one volume per echo time"):
        weighted_echoes(np.zeros((2, 2, 2, 3)), echo_times=(0.0094, 0.020), field_strength=3.0)
