"""Phase is scaled by what is declared, never by what it happens to hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nipype_qsm.errors import ImageError, UnitsError
from nipype_qsm.kernels.reading.declared_phase import declared_phase, to_radians


def radians(values, *header, **options):
    sidecar = options.pop("sidecar", {})
    return to_radians(np.asarray(values, np.float32), declared_phase(sidecar, *(header or (1.0, 0.0)), **options))


@pytest.mark.parametrize(
    ("values", "header", "options"),
    [
        ([-4096, 0, 4094], (2.0, -4096.0), {}),  # Siemens by dcm2niix
        ([-2048, 0, 2047], (1.0, -2048.0), {}),  # 12 bits centred
        ([-3.14159, 0, 3.1405], (0.00153446, -3.1415925), {}),  # Philips in radians
        ([-3142, 0.2, 3142], (1.53455, -3142.0), {}),  # Philips in milliradians
        ([0, 2048, 4095], (1.0, 0.0), {"uk_biobank": True}),
        ([-4096, 0, 4092], (2.0, -4096.0), {"uk_biobank": True}),  # converted by dcm2niix: the header says it all
        ([-np.pi, 0, 3.14], (1.0, 0.0), {"sidecar": {"Units": "rad"}}),
        ([-180, 0, 179.9], (1.0, 0.0), {"sidecar": {"Units": "deg"}}),
        ([0, 500, 1000], (1.0, 0.0), {"phase_range": (0, 1000)}),
        ([-3.14, 0, 3.14], (1.0, 0.0), {"sidecar": {"ConversionSoftware": "qsm-forward"}}),
        ([0, 2048, 4095], (1.0, 0.0), {"phase_range": (0, 4096), "sidecar": {"Units": "rad"}}),  # the user wins
    ],
)
def test_each_declaration_maps_its_ends_to_minus_and_plus_pi(values, header, options):
    np.testing.assert_allclose(radians(values, *header, **options), [-np.pi, 0, np.pi], atol=5e-3)


@given(st.floats(-5000, 4000), st.floats(1, 9000), st.floats(0, 1))
def test_a_range_is_linear_between_its_ends(low, width, share):
    found = radians([low, low + share * width], phase_range=(low, low + width))
    assert found == pytest.approx([-np.pi, -np.pi + 2 * np.pi * share], abs=2e-3)


def test_an_image_that_does_not_use_its_range_is_not_stretched():
    np.testing.assert_allclose(radians([-1024, 1024], 2.0, -4096.0), [-np.pi / 4, np.pi / 4], atol=1e-6)


@pytest.mark.parametrize(
    ("header", "sidecar"),
    [
        ((1.0, 0.0), {}),
        ((1.0, 0.0), {"Units": "arbitrary"}),
        ((0.00117, 0.0), {}),  # ROMEO's test data
        ((3.1e-5, -2.9), {}),  # a range fitted to the data when floats were saved as integers
        ((-2.0, 4096.0), {}),
        ((1.0, 0.0), {"Units": "Hz"}),
    ],
)
def test_an_undeclared_scale_is_refused_with_the_flag_that_declares_it(header, sidecar):
    with pytest.raises(UnitsError, match=r"scale of phase is not declared.*--phase-range LOW HIGH.*0 4096"):
        declared_phase(sidecar, *header)


@pytest.mark.parametrize(
    ("observed", "suggestion"),
    [
        ((-3.1415, 3.14), "as radians do: -3.14159265 3.14159265"),
        ((0, 4095), "as raw 12-bit phase does: 0 4096"),
        ((-3141, 3142), "as milliradians do: -3141.59265 3141.59265"),
        ((-4096, 4090), "as Siemens phase from dcm2niix does: -4096 4096"),
    ],
)
def test_the_refusal_names_the_likely_range(observed, suggestion):
    with pytest.raises(UnitsError, match=f"its values run from .*{suggestion}"):
        declared_phase({}, 1.0, 0.0, observed=observed)


@pytest.mark.parametrize("observed", [(0, 200), (-0.0037, 0.0037), (0, 1e6)])
def test_an_unlikely_range_is_not_guessed(observed):
    with pytest.raises(UnitsError, match=r"e\.g\. 0 4096 for raw Siemens phase"):
        declared_phase({}, 1.0, 0.0, observed=observed)


def test_lost_philips_slopes_are_reported_and_corrected_only_by_the_flag():
    # A converter that drops the slopes leaves the integers 0..4095, and the slopes in the side-car.
    sidecar = {"PhilipsRescaleSlope": 1.53455, "PhilipsRescaleIntercept": -3142.0}
    truth = np.linspace(-3.14, 3.14, 50)
    stored = np.round((truth * 1000 - sidecar["PhilipsRescaleIntercept"]) / sidecar["PhilipsRescaleSlope"])
    with pytest.raises(UnitsError, match=r"Philips slopes of its side-car mean 0\.265\d+ 4094\.75") as refusal:
        declared_phase(sidecar, 1.0, 0.0)
    low, high = (float(word) for word in str(refusal.value).split("side-car mean ")[1].split()[:2])
    np.testing.assert_allclose(radians(stored, phase_range=(low, high), sidecar=sidecar), truth, atol=1e-3)


def test_philips_milliradians_without_slopes_are_recognised():
    sidecar = {"PhilipsRescaleSlope": 1.53455, "PhilipsRescaleIntercept": -3142.0}
    with pytest.raises(UnitsError, match="as milliradians do"):
        declared_phase(sidecar, 1.0, 0.0, observed=(-3142, 3141))


@pytest.mark.parametrize("phase_range", [(4096, 0), (1, 1), (0, float("nan"))])
def test_an_empty_range_is_refused(phase_range):
    with pytest.raises(UnitsError, match="Give LOW before HIGH"):
        declared_phase({}, 1.0, 0.0, phase_range=phase_range)


def test_values_outside_the_declared_range_are_refused():
    with pytest.raises(UnitsError, match=r"reaches 4\.7 rad after scaling by Units in the side-car"):
        radians([0, 4.7], sidecar={"Units": "rad"})


def test_values_that_are_not_finite_are_counted_and_refused():
    with pytest.raises(ImageError, match="holds 2 values that are not finite"):
        radians([0, np.nan, np.inf], sidecar={"Units": "rad"})


@pytest.mark.parametrize("options", [{"sidecar": {"Units": "rad"}}, {"phase_range": (-4, 4)}])
def test_the_stored_values_stay_as_they_were(options):
    values = np.array([-1, 0, 1], np.float32)
    radians(values, **options)
    np.testing.assert_array_equal(values, [-1, 0, 1])
