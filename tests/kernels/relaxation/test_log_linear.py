"""The straight line through the logarithms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nipype_qsm.errors import MetadataError
from nipype_qsm.kernels.relaxation.log_linear import log_linear

TIMES = (0.004, 0.011, 0.018, 0.030)
SHAPE = (4, 3, 2)
MASK = np.ones(SHAPE, bool)


def decay(r2star, s0=1000.0):
    return np.stack([np.full(SHAPE, s0 * np.exp(-t * r2star)) for t in TIMES], -1)


@given(r2star=st.floats(1.5, 150), s0=st.floats(0.1, 1e5))
@settings(deadline=None)
def test_a_noiseless_decay_is_found_exactly(r2star, s0):
    found = log_linear(decay(r2star, s0), MASK, echo_times=TIMES)
    assert np.allclose(found.r2star, r2star, rtol=1e-8)
    assert np.allclose(found.t2star, 1 / r2star, rtol=1e-8)
    assert np.allclose(found.s0, s0, rtol=1e-8)
    assert found.n_failed == 0


def test_each_voxel_equals_a_weighted_polynomial_fit(rng):
    magnitude = rng.uniform(50, 200, (*SHAPE, 4))
    found = log_linear(magnitude, MASK, echo_times=TIMES)
    for voxel in np.ndindex(SHAPE):
        slope, start = np.polyfit(TIMES, np.log(magnitude[voxel]), 1, w=magnitude[voxel])
        assert found.r2star[voxel] == pytest.approx(-slope, rel=1e-7, abs=1e-7)
        assert found.s0[voxel] == pytest.approx(np.exp(start), rel=1e-8)


def test_a_growing_signal_has_a_negative_rate_and_no_t2star():
    found = log_linear(decay(-3.0), MASK, echo_times=TIMES)
    assert np.allclose(found.r2star, -3.0)
    assert not found.t2star.any()
    assert found.n_failed == MASK.size


def test_echoes_in_the_noise_can_be_left_out():
    magnitude = decay(100.0)
    magnitude[..., 3] = 120.0  # the floor: far above the decay's 50
    plain = log_linear(magnitude, MASK, echo_times=TIMES)
    assert (plain.r2star < 90).all()
    found = log_linear(magnitude, MASK, echo_times=TIMES, smallest_signal=150.0)
    assert np.allclose(found.r2star, 100.0)


def test_it_is_zero_outside_the_mask_and_without_signal():
    magnitude, mask = decay(30.0).astype(np.float32), MASK.copy()
    mask[0], magnitude[1, 1] = False, 0
    before = magnitude.copy()
    found = log_linear(magnitude, mask, echo_times=TIMES)
    for volume in found[:3]:
        assert volume.dtype == np.float32
        assert not volume[0].any() and not volume[1, 1].any() and volume[2:].all()
    assert found.n_failed == 2
    assert np.array_equal(magnitude, before)


def test_one_echo_is_refused_with_its_cure():
    with pytest.raises(MetadataError, match="one magnitude per echo time"):
        log_linear(decay(30.0)[..., :1], MASK, echo_times=(0.01,))
