"""The susceptibility-weighted image."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nipype_qsm.errors import MetadataError, QSMError
from nipype_qsm.kernels.swi.swi import swi

SHAPE = (5, 4, 3, 2)


def volumes():
    rng = np.random.default_rng(5)
    return rng.uniform(-np.pi, np.pi, SHAPE).astype(np.float32), rng.uniform(0, 900, SHAPE).astype(np.float32)


def test_it_is_uk_biobanks_image_whose_phase_has_the_opposite_sign():
    """There: mask 1 + phase / pi where the phase is negative, to the fourth power, on the second echo."""
    phase, magnitude = volumes()
    theirs = -phase[..., 1].astype(float)
    mask = np.where(theirs > 0, 1, 1 + theirs / np.pi) ** 4
    found = swi(phase, magnitude)
    np.testing.assert_allclose(found, mask * magnitude[..., 1], atol=1e-3)  # of 900
    assert found.dtype == np.float32


@given(angle=st.floats(0, 3.14), power=st.floats(0, 8))
def test_the_closed_form_of_one_voxel(angle, power):
    phase, magnitude = np.full((1, 1, 1, 1), angle), np.full((1, 1, 1, 1), 100.0)
    dark = swi(phase, magnitude, power=power)[0, 0, 0]
    assert dark == pytest.approx(100 * (1 - angle / np.pi) ** power, abs=1e-3)
    assert swi(-phase, magnitude, power=power)[0, 0, 0] == 100


@pytest.mark.parametrize("power", [1, 4])
def test_it_lies_between_zero_and_the_magnitude_also_at_pi(power):
    phase, magnitude = volumes()
    phase[:2] = np.float32(np.pi)
    found = swi(phase, magnitude, power=power)
    assert np.all((found >= 0) & (found <= magnitude[..., 1]))
    assert np.abs(found[:2]).max() < 1e-3


def test_the_negative_mask_is_the_positive_one_of_the_opposite_phase():
    phase, magnitude = volumes()
    np.testing.assert_array_equal(swi(phase, magnitude, darkened="negative"), swi(-phase, magnitude))


def test_an_echo_can_be_chosen():
    phase, magnitude = volumes()
    np.testing.assert_array_equal(swi(phase, magnitude, echo=1), swi(phase[..., :1], magnitude[..., :1]))
    np.testing.assert_array_equal(swi(phase, magnitude, echo=2), swi(phase, magnitude))
    with pytest.raises(MetadataError, match=r"no echo 3.*Count echoes from 1"):
        swi(phase, magnitude, echo=3)
    with pytest.raises(QSMError, match="'positive' or 'negative'"):
        swi(phase, magnitude, darkened="both")


def test_inputs_are_left_alone_and_no_signal_stays_none():
    phase, magnitude = volumes()
    before = phase.copy(), magnitude.copy()
    swi(phase, magnitude)
    np.testing.assert_array_equal(phase, before[0])
    np.testing.assert_array_equal(magnitude, before[1])
    assert not swi(phase, np.zeros(SHAPE, np.float32)).any()
