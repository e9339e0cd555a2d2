"""The decay fitted itself."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special

from nipype_qsm.errors import MetadataError
from nipype_qsm.kernels.relaxation.log_linear import log_linear
from nipype_qsm.kernels.relaxation.nonlinear import nonlinear, rician_mean

TIMES = (0.004, 0.011, 0.018, 0.030)
SHAPE = (4, 3, 2)
MASK = np.ones(SHAPE, bool)


def decay(r2star, s0=1000.0, shape=SHAPE):
    return np.stack([np.full(shape, s0 * np.exp(-t * r2star)) for t in TIMES], -1)


@given(r2star=st.floats(1.5, 150), s0=st.floats(0.1, 1e5))
@settings(max_examples=50, deadline=None)
def test_a_noiseless_decay_is_found_exactly(r2star, s0):
    found = nonlinear(decay(r2star, s0), MASK, echo_times=TIMES)
    assert np.allclose(found.r2star, r2star, rtol=1e-6)
    assert np.allclose(found.t2star, 1 / r2star, rtol=1e-6)
    assert np.allclose(found.s0, s0, rtol=1e-6)
    assert found.n_unsettled == found.n_failed == 0


def test_each_voxel_equals_scipys_least_squares(rng):
    magnitude = decay(40.0) * rng.uniform(0.8, 1.2, (*SHAPE, 4))
    found = nonlinear(magnitude, MASK, echo_times=TIMES)
    for voxel in np.ndindex(SHAPE):
        curve, _ = optimize.curve_fit(
            lambda t, s0, rate: s0 * np.exp(-rate * t), np.array(TIMES), magnitude[voxel], p0=(1000, 40)
        )
        assert found.s0[voxel] == pytest.approx(curve[0], rel=1e-5)
        assert found.r2star[voxel] == pytest.approx(curve[1], rel=1e-4)
    assert found.n_unsettled == 0


def test_the_noise_floor_model_is_the_rician_mean_within_one_percent_of_the_noise():
    signal = np.linspace(0, 10, 401)
    x = signal**2 / 4
    exact = np.sqrt(np.pi / 2) * ((1 + 2 * x) * special.i0e(x) + 2 * x * special.i1e(x))
    model = np.array([rician_mean(5.0 * s, 5.0) for s in signal])
    assert np.abs(model[:, 0] / 5 - exact).max() < 0.01  # measured 0.0066
    numeric = np.gradient(model[:, 0], 5.0 * signal)
    assert np.abs(model[1:-1, 1] - numeric[1:-1]).max() < 1e-3


def test_knowing_the_noise_level_takes_the_bias_out_of_fast_decays(rng):
    shape = (20, 20, 10)
    clean, mask = decay(120.0, 100.0, shape), np.ones(shape, bool)
    noisy = np.abs(clean + rng.normal(size=(*shape, 4), scale=8) + 1j * rng.normal(size=(*shape, 4), scale=8))
    bias = {
        "log_linear": np.median(log_linear(noisy, mask, echo_times=TIMES).r2star) - 120,
        "plain": np.median(nonlinear(noisy, mask, echo_times=TIMES).r2star) - 120,
        "floor": np.median(nonlinear(noisy, mask, echo_times=TIMES, noise_level=8).r2star) - 120,
    }
    assert bias["log_linear"] < -10 and bias["plain"] < -5  # measured -40 and -20 /s
    assert abs(bias["floor"]) < 2  # measured 1.0 /s


def test_it_is_zero_outside_the_mask_and_without_signal():
    magnitude, mask = decay(30.0).astype(np.float32), MASK.copy()
    mask[0], magnitude[1, 1] = False, 0
    before = magnitude.copy()
    found = nonlinear(magnitude, mask, echo_times=TIMES)
    for volume in found[:3]:
        assert volume.dtype == np.float32
        assert not volume[0].any() and not volume[1, 1].any() and volume[2:].all()
    assert np.array_equal(magnitude, before)


def test_voxels_that_do_not_settle_are_counted(rng):
    magnitude = rng.uniform(1, 100, (*SHAPE, 4))
    assert nonlinear(magnitude, MASK, echo_times=TIMES, max_iterations=1).n_unsettled > 0


def test_one_echo_is_refused_with_its_cure():
    with pytest.raises(MetadataError, match="one magnitude per echo time"):
        nonlinear(decay(30.0)[..., :1], MASK, echo_times=(0.01,))
