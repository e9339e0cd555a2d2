"""Units meet in one place, and milliseconds are refused there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nipype_qsm import units
from nipype_qsm.errors import UnitsError

ECHO_TIMES = st.floats(1e-3, 0.1)
FIELDS = st.floats(0.5, 14)
VALUES = st.floats(-1e3, 1e3)


@given(VALUES, ECHO_TIMES, FIELDS)
def test_phase_to_ppm_and_back_is_the_same_phase(phase, echo_time, field_strength):
    field = units.phase_to_ppm(phase, echo_time, field_strength)
    assert units.ppm_to_phase(field, echo_time, field_strength) == pytest.approx(phase, rel=1e-12)


@given(VALUES, FIELDS)
def test_ppm_to_hertz_and_back_is_the_same_field(field, field_strength):
    assert units.hertz_to_ppm(units.ppm_to_hertz(field, field_strength), field_strength) == pytest.approx(field)


def test_one_ppm_at_three_tesla_is_128_hertz():
    assert units.ppm_to_hertz(1.0, 3.0) == pytest.approx(127.7324, abs=1e-4)


def test_one_hertz_turns_the_phase_once_a_second():
    field = units.hertz_to_ppm(1.0, 3.0)
    assert units.ppm_to_phase(field, 1 / 4, 3.0) == pytest.approx(np.pi / 2)


def test_a_positive_field_makes_the_phase_grow_with_echo_time():
    assert 0 < units.ppm_to_phase(0.1, 0.01, 3) < units.ppm_to_phase(0.1, 0.02, 3)


def test_arrays_keep_their_precision():
    assert units.phase_to_ppm(np.ones(3, np.float32), 0.01, 3).dtype == np.float32


def test_a_thousand_ppb_are_one_ppm():
    assert units.ppm_to_ppb(0.25) == 250.0
    assert units.ppb_to_ppm(250.0) == 0.25


def test_a_thousand_milliseconds_are_one_second():
    assert units.seconds_to_milliseconds(0.04) == 40.0
    assert units.milliseconds_to_seconds(40.0) == 0.04
    assert units.per_second_to_per_millisecond(25.0) == 0.025


def test_milliseconds_are_refused_with_the_seconds_they_should_be():
    with pytest.raises(UnitsError, match=r"milliseconds.*Divide them by 1000: 0\.00942 0\.02\."):
        units.checked_echo_times([9.42, 20])


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ([], "No echo time"),
        ([0.02, 0.01], "do not increase"),
        ([0.01, 0.01], "do not increase"),
        ([0.0, 0.01], "not all positive"),
        ([-0.01], "not all positive"),
        ([float("nan")], "not all positive"),
    ],
)
def test_echo_times_that_cannot_be_are_refused(times, message):
    with pytest.raises(UnitsError, match=message):
        units.checked_echo_times(times)


@given(st.lists(st.floats(1e-4, 0.49), min_size=1, max_size=8, unique=True).map(sorted))
def test_increasing_seconds_pass_unchanged(times):
    assert units.checked_echo_times(times) == tuple(times)


@pytest.mark.parametrize("strength", [0, -3, 127.7, 30000, float("nan")])
def test_a_field_strength_that_is_not_tesla_is_refused(strength):
    with pytest.raises(UnitsError, match="Give it in tesla"):
        units.checked_field_strength(strength)
