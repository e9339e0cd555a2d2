"""The field from the reliable echoes of each voxel."""

import numpy as np
import pytest

from nipype_qsm.errors import MetadataError
from nipype_qsm.kernels.fieldmap.linear_fit import linear_fit
from nipype_qsm.kernels.fieldmap.reliable_echoes import reliable_echoes
from nipype_qsm.units import ppm_to_phase

TIMES = (0.004, 0.012, 0.020)
FACTS = {"echo_times": TIMES, "field_strength": 7.0}
MASK = np.ones((4, 3, 2), bool)


@pytest.fixture
def scan(rng):
    field = rng.normal(size=MASK.shape)
    phase = np.stack([ppm_to_phase(field, time, 7.0) for time in TIMES], -1)
    return field, phase, rng.uniform(1, 5, phase.shape), np.ones(phase.shape)


def test_a_wrong_turn_in_an_unreliable_echo_and_all_behind_it_does_no_harm(scan):
    field, phase, magnitude, reliability = scan
    phase[1, 1, 1, 1] += 2 * np.pi
    phase[1, 1, 1, 2] -= 2 * np.pi
    reliability[1, 1, 1, 1] = 0.4
    found = reliable_echoes(phase, magnitude, MASK, reliability, **FACTS)
    np.testing.assert_allclose(found, field, atol=1e-9)
    everything = reliable_echoes(phase, magnitude, MASK, reliability, least_reliability=0, **FACTS)
    assert abs(everything[1, 1, 1] - field[1, 1, 1]) > 0.01


def test_the_first_echo_counts_whatever_its_reliability(scan):
    field, phase, magnitude, reliability = scan
    reliability[:] = 0
    np.testing.assert_allclose(reliable_echoes(phase, magnitude, MASK, reliability, **FACTS), field, atol=1e-9)


def test_it_is_the_linear_fit_where_all_echoes_are_reliable(scan, rng):
    _, phase, magnitude, reliability = scan
    phase = phase + rng.normal(size=phase.shape)
    found = reliable_echoes(phase, magnitude, MASK, reliability, **FACTS)
    np.testing.assert_array_equal(found, linear_fit(phase, magnitude, MASK, noise_level=1.0, **FACTS).field_total)


def test_it_is_zero_outside_the_mask_and_leaves_its_inputs_alone(scan):
    _, phase, magnitude, reliability = scan
    for volume in (phase, magnitude, reliability):
        volume.setflags(write=False)
    mask = MASK.copy()
    mask[0] = False
    assert not reliable_echoes(phase, magnitude, mask, reliability, **FACTS)[0].any()


def test_reliability_of_other_echoes_is_refused_with_its_cure(scan):
    _, phase, magnitude, reliability = scan
    with pytest.raises(MetadataError, match="one volume of each per echo time"):
        reliable_echoes(phase, magnitude, MASK, reliability[..., :2], **FACTS)
