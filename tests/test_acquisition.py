"""Echo times and field strength: side-cars and what is given must agree."""

import pytest

from nipype_qsm.acquisition import Acquisition
from nipype_qsm.errors import MetadataError, UnitsError

SIDECARS = [{"EchoTime": 0.00942, "MagneticFieldStrength": 3}, {"EchoTime": 0.02, "MagneticFieldStrength": 3}]


def test_side_cars_say_it_all():
    found = Acquisition.from_sidecars(SIDECARS)
    assert found == Acquisition((0.00942, 0.02), 3.0)
    assert found.n_echoes == 2


def test_given_values_fill_silent_side_cars():
    found = Acquisition.from_sidecars([{}, {}], echo_times=[0.005, 0.01], field_strength=7)
    assert found == Acquisition((0.005, 0.01), 7.0)


def test_a_nominal_field_strength_may_differ_a_little_from_the_side_car():
    sidecars = [{"EchoTime": 0.01, "MagneticFieldStrength": 2.89}]
    assert Acquisition.from_sidecars(sidecars, field_strength=3).field_strength == 3
    assert Acquisition.from_sidecars(sidecars).field_strength == 2.89


@pytest.mark.parametrize(
    ("sidecars", "given", "message"),
    [
        (SIDECARS, {"echo_times": [0.005, 0.02]}, r"Echo 1 is 0.00942 s in its side-car and 0.005 s as given"),
        (SIDECARS, {"echo_times": [0.00942]}, r"1 echo times were given for 2 echoes"),
        (SIDECARS, {"field_strength": 7}, r"\[3.0\] T, 7 T was given"),
        ([{"EchoTime": 0.01}], {}, r"field strength is not known.*--field-strength 3"),
        ([{"MagneticFieldStrength": 3}, SIDECARS[1]], {}, r"No echo time is known for echo 1.*--echo-times"),
        ([SIDECARS[0], {"EchoTime": 0.02, "MagneticFieldStrength": 7}], {}, r"\[3.0, 7.0\] T"),
    ],
)
def test_contradictions_and_gaps_are_refused_with_a_cure(sidecars, given, message):
    with pytest.raises(MetadataError, match=message):
        Acquisition.from_sidecars(sidecars, **given)


def test_milliseconds_in_a_side_car_are_refused():
    with pytest.raises(UnitsError, match="milliseconds"):
        Acquisition.from_sidecars([{"EchoTime": 9.42, "MagneticFieldStrength": 3}])


def test_side_cars_in_the_wrong_order_are_refused():
    with pytest.raises(UnitsError, match="do not increase"):
        Acquisition.from_sidecars(SIDECARS[::-1])
