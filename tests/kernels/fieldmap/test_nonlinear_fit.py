"""The fit of the complex signal."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import least_squares

from nipype_qsm.errors import MetadataError, UnitsError
from nipype_qsm.kernels.fieldmap.linear_fit import linear_fit
from nipype_qsm.kernels.fieldmap.nonlinear_fit import nonlinear_fit
from nipype_qsm.units import ppm_to_phase

TIMES = (0.004, 0.011, 0.018, 0.025)
SHAPE = (4, 3, 2)
MASK = np.ones(SHAPE, bool)
OPTIONS = {"echo_times": TIMES, "field_strength": 3.0, "noise_level": 1.0}


def simulated(field, offset):
    return np.stack([np.full(SHAPE, offset + ppm_to_phase(field, t, 3.0)) for t in TIMES], -1)


def decaying(r2star=30.0):
    scale = np.random.default_rng(1).uniform(50, 200, SHAPE)
    return np.stack([scale * np.exp(-t * r2star) for t in TIMES], -1)


@given(field=st.floats(-3, 3), offset=st.floats(-3, 3))
def test_a_line_is_found_exactly_with_its_offset(field, offset):
    found = nonlinear_fit(simulated(field, offset), decaying(), MASK, **OPTIONS)
    assert np.allclose(found.field_total, field, atol=1e-9)
    assert np.allclose(found.phase_offset, offset, atol=1e-8)


@given(echo=st.integers(2, 3), turns=st.integers(-2, 2))
def test_a_late_echo_on_the_wrong_turn_does_no_harm(echo, turns):
    phase = simulated(0.3, 0.4)
    phase[..., echo] += 2 * np.pi * turns
    found = nonlinear_fit(phase, decaying(), MASK, **OPTIONS)
    assert np.allclose(found.field_total, 0.3, atol=1e-6)
    line = linear_fit(phase, decaying(), MASK, **OPTIONS, intercept=True)
    assert turns == 0 or np.abs(line.field_total - 0.3).min() > 0.1


@pytest.mark.parametrize("intercept", [False, True])
def test_each_voxel_is_the_minimum_of_the_complex_misfit(intercept, rng):
    magnitude = decaying()
    signal = magnitude * np.exp(1j * simulated(0.02, 0.1 * intercept))
    signal += 10 * (rng.normal(size=signal.shape) + 1j * rng.normal(size=signal.shape))
    phase, size = np.unwrap(np.angle(signal), axis=-1), np.abs(signal)
    found = nonlinear_fit(phase, size, MASK, **OPTIONS, intercept=intercept)

    def misfit(parameters, voxel):
        angle = ppm_to_phase(parameters[0], np.array(TIMES), 3.0) + (parameters[1] if intercept else 0)
        gap = size[voxel] * (np.exp(1j * phase[voxel]) - np.exp(1j * angle))
        return np.concatenate([gap.real, gap.imag])

    for voxel in np.ndindex(SHAPE):
        solved = least_squares(misfit, [found.field_total[voxel], found.phase_offset[voxel]], args=(voxel,), xtol=1e-14)
        # Measured: 4e-7 ppm.
        assert found.field_total[voxel] == pytest.approx(solved.x[0], abs=1e-5)


def test_the_stated_noise_is_the_scatter_of_repeated_measurements(rng):
    clean = np.exp(1j * simulated(0.02, 0.3)) * 100
    noisy = clean[None] + rng.normal(size=(400, *clean.shape)) + 1j * rng.normal(size=(400, *clean.shape))
    fits = [nonlinear_fit(np.angle(signal), np.abs(signal), MASK, **OPTIONS) for signal in noisy]
    scatter = np.std([fit.field_total for fit in fits], axis=0)
    assert scatter.mean() == pytest.approx(fits[0].field_noise.mean(), rel=0.03)  # measured 0.7 %


def test_voxels_outside_the_mask_or_without_signal_are_zero_and_inputs_are_untouched():
    mask, magnitude, phase = MASK.copy(), decaying().astype(np.float32), simulated(1.0, 0.5).astype(np.float32)
    mask[0], magnitude[1, 1], magnitude[1, 2, 0, 1:] = False, 0, 0
    before = phase.copy(), magnitude.copy()
    found = nonlinear_fit(phase, magnitude, mask, **OPTIONS)
    for volume in found[:3]:
        assert volume.dtype == np.float32
        assert not volume[0].any() and not volume[1, 1].any() and volume[1, 2, 0] == 0
        assert volume[2:].all()
    np.testing.assert_array_equal(phase, before[0])
    np.testing.assert_array_equal(magnitude, before[1])


def test_no_phase_gives_no_field():
    found = nonlinear_fit(np.zeros((*SHAPE, 4)), decaying(), MASK, **OPTIONS)
    assert not found.field_total.any() and not found.phase_offset.any()


def test_one_echo_is_enough_without_an_offset():
    phase = simulated(0.2, 0.0)[..., :1]
    options = {"echo_times": TIMES[:1], "field_strength": 3.0, "intercept": False}
    assert np.allclose(nonlinear_fit(phase, decaying()[..., :1], MASK, **options).field_total, 0.2)


def test_what_cannot_be_fitted_is_refused_with_its_cure():
    one = np.ones((*SHAPE, 1))
    with pytest.raises(MetadataError, match="Use intercept=False"):
        nonlinear_fit(one, one, MASK, echo_times=(0.01,), field_strength=3.0)
    with pytest.raises(MetadataError, match="one phase and one magnitude per echo"):
        nonlinear_fit(one, decaying(), MASK, **OPTIONS)
    with pytest.raises(UnitsError, match="Divide them by 1000"):
        nonlinear_fit(one, one, MASK, echo_times=(9.4,), field_strength=3.0)
