from __future__ import annotations

import numpy as np
import pytest

from nipype_qsm.kernels.trend import Trend, quadratic_trend, turned

SHAPE = (19, 24, 30)
SLOPE = np.array([0.3, -0.1, 0.2])
CURVATURE = np.array([[0.02, 0.004, -0.006], [0.004, -0.01, 0.002], [-0.006, 0.002, 0.016]])


def phase_of(slope, curvature):
    u = np.stack(np.meshgrid(*[np.arange(n) - (n - 1) / 2 for n in SHAPE], indexing="ij"), -1)
    return u @ slope + 0.5 * np.einsum("...i,ij,...j", u, curvature, u)


def test_a_wrapped_quadratic_phase_is_found(rng):
    phase = phase_of(SLOPE, CURVATURE)
    assert np.ptp(phase) > 2 * np.pi
    signal = (rng.uniform(0.5, 2, SHAPE) * np.exp(1j * phase)).astype(np.complex64)
    found = quadratic_trend(signal, rng.random(SHAPE) < 0.9)
    np.testing.assert_allclose(found.slope, SLOPE, atol=3e-4)
    np.testing.assert_allclose(found.curvature, CURVATURE, atol=1e-4)


def test_noise_of_a_third_of_the_signal_does_not_bias_it(rng):
    noise = rng.normal(size=(2, *SHAPE)) * 0.33
    signal = (np.exp(1j * phase_of(SLOPE, CURVATURE)) + noise[0] + 1j * noise[1]).astype(np.complex64)
    found = quadratic_trend(signal, np.ones(SHAPE, bool))
    np.testing.assert_allclose(found.slope, SLOPE, atol=0.005)
    np.testing.assert_allclose(found.curvature, CURVATURE, atol=0.001)


def test_what_lies_outside_the_mask_does_not_count(rng):
    mask = np.zeros(SHAPE, bool)
    mask[4:15, 5:20, 6:25] = True
    signal = np.exp(1j * phase_of(SLOPE, CURVATURE)).astype(np.complex64)
    other = np.where(mask, signal, np.exp(2j * np.pi * rng.random(SHAPE))).astype(np.complex64)
    for one, two in zip(quadratic_trend(signal, mask), quadratic_trend(other, mask), strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("sign", [-1, 1])
def test_turning_is_multiplying_by_the_phasor(rng, sign):
    signal = (rng.normal(size=SHAPE) + 1j * rng.normal(size=SHAPE)).astype(np.complex64)
    expected = signal * np.exp(1j * sign * phase_of(SLOPE, CURVATURE))
    np.testing.assert_allclose(turned(signal, Trend(SLOPE, CURVATURE), sign), expected, atol=2e-6)


def test_nothing_to_fit_is_no_trend():
    found = quadratic_trend(np.zeros(SHAPE, np.complex64), np.zeros(SHAPE, bool))
    assert not found.slope.any()
    assert not found.curvature.any()
