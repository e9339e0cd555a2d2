"""The slope of phase against echo time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nipype_qsm.errors import MetadataError, UnitsError
from nipype_qsm.kernels.fieldmap.linear_fit import detail_noise, linear_fit
from nipype_qsm.units import ppm_to_phase

TIMES = (0.004, 0.011, 0.025)
SHAPE = (4, 3, 2)
MASK = np.ones(SHAPE, bool)


def simulated(field, offset, times=TIMES):
    return np.stack([np.full(SHAPE, offset + ppm_to_phase(field, t, 3.0)) for t in times], -1)


def decaying(times=TIMES, r2star=30.0):
    scale = np.random.default_rng(1).uniform(50, 200, SHAPE)
    return np.stack([scale * np.exp(-t * r2star) for t in times], -1)


@given(field=st.floats(-3, 3), offset=st.floats(-3, 3))
def test_a_line_is_found_exactly_with_its_offset(field, offset):
    found = linear_fit(
        simulated(field, offset), decaying(), MASK, echo_times=TIMES, field_strength=3.0, intercept=True, noise_level=1
    )
    assert np.allclose(found.field_total, field, atol=1e-10)
    assert np.allclose(found.phase_offset, offset, atol=1e-9)


@given(field=st.floats(-3, 3))
def test_a_line_through_zero_needs_no_intercept(field):
    found = linear_fit(simulated(field, 0), decaying(), MASK, echo_times=TIMES, field_strength=3.0, noise_level=1)
    assert np.allclose(found.field_total, field, atol=1e-10)
    assert not found.phase_offset.any()


@pytest.mark.parametrize("intercept", [False, True])
def test_each_voxel_equals_weighted_polyfit(intercept):
    rng = np.random.default_rng(3)
    phase, magnitude = rng.normal(size=(*SHAPE, 3)), rng.uniform(1, 5, (*SHAPE, 3))
    options = {"echo_times": TIMES, "field_strength": 3.0, "intercept": intercept, "noise_level": 1.0}
    found = linear_fit(phase, magnitude, MASK, **options)
    for voxel in np.ndindex(SHAPE):
        design = np.stack([TIMES, np.ones(3)][: 1 + intercept], 1) * magnitude[voxel][:, None]
        solution = np.linalg.lstsq(design, phase[voxel] * magnitude[voxel], rcond=None)[0]
        assert found.field_total[voxel] == pytest.approx(solution[0] / ppm_to_phase(1.0, 1.0, 3.0), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("intercept", [False, True])
def test_the_stated_noise_is_the_scatter_of_repeated_measurements(intercept):
    rng = np.random.default_rng(5)
    clean = np.exp(1j * simulated(0.02, 0.3)) * 100
    noisy = clean[None] + rng.normal(size=(400, *clean.shape)) + 1j * rng.normal(size=(400, *clean.shape))
    options = {"echo_times": TIMES, "field_strength": 3.0, "intercept": intercept, "noise_level": 1.0}
    fits = [linear_fit(np.angle(signal), np.abs(signal), MASK, **options) for signal in noisy]
    scatter = np.std([fit.field_total for fit in fits], axis=0)
    assert scatter.mean() == pytest.approx(fits[0].field_noise.mean(), rel=0.03)  # measured 2.0 % and 0.8 %


def test_the_noise_level_is_read_from_an_image_with_structure():
    rng = np.random.default_rng(6)
    x, y, z = np.meshgrid(*(np.arange(n) for n in (40, 40, 30)), indexing="ij")
    image = 100 + 3 * x + 20 * np.sin(y / 5) + 40 * (z > 15)
    noisy = (image + rng.normal(scale=2.5, size=image.shape)).astype(np.float32)
    assert detail_noise(noisy, np.ones(image.shape, bool)) == pytest.approx(2.5, rel=0.03)  # measured 0.03 %


def test_voxels_outside_the_mask_or_without_signal_are_zero():
    mask, magnitude = MASK.copy(), decaying()
    mask[0], magnitude[1, 1] = False, 0
    found = linear_fit(
        simulated(1.0, 0.5), magnitude, mask, echo_times=TIMES, field_strength=3.0, intercept=True, noise_level=1
    )
    for volume in found[:3]:
        assert not volume[0].any() and not volume[1, 1].any()
        assert volume[2:].all()


def test_one_echo_with_signal_has_no_slope_beside_an_intercept(rng):
    phase = rng.uniform(-3, 3, (20, 20, 20, 3)).astype(np.float32)
    magnitude = rng.uniform(50, 100, phase.shape).astype(np.float32)
    magnitude[..., 1:] = 0
    magnitude[0, 0, 0, 1] = 0.1  # a thousandth of the signal is enough, however noisy
    mask = np.ones(phase.shape[:3], bool)
    times = (0.0031, 0.0117, 0.0201)  # in single precision, w t / w is not always t
    found = linear_fit(phase, magnitude, mask, echo_times=times, field_strength=3.0, intercept=True, noise_level=1)
    for volume in found[:3]:
        assert volume[0, 0, 0] != 0
        assert np.count_nonzero(volume) == 1


def test_single_precision_is_kept_and_inputs_are_untouched():
    phase, magnitude = simulated(1.0, 0.5).astype(np.float32), decaying().astype(np.float32)
    before = phase.copy(), magnitude.copy()
    found = linear_fit(phase, magnitude, MASK, echo_times=TIMES, field_strength=3.0, intercept=True)
    assert {volume.dtype for volume in found[:3]} == {np.dtype(np.float32)}
    assert np.allclose(found.field_total, 1.0, rtol=1e-4)
    assert np.array_equal(phase, before[0]) and np.array_equal(magnitude, before[1])


def test_what_cannot_be_fitted_is_refused_with_its_cure():
    one = np.ones((*SHAPE, 1))
    with pytest.raises(MetadataError, match="Use intercept=False"):
        linear_fit(one, one, MASK, echo_times=(0.01,), field_strength=3.0, intercept=True)
    with pytest.raises(MetadataError, match="one phase and one magnitude per echo"):
        linear_fit(one, decaying(), MASK, echo_times=TIMES, field_strength=3.0)
    with pytest.raises(UnitsError, match="Divide them by 1000"):
        linear_fit(one, one, MASK, echo_times=(9.4,), field_strength=3.0)
