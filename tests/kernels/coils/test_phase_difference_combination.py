import numpy as np
import pytest

from nipype_qsm.errors import MetadataError
from nipype_qsm.kernels.coils.phase_difference import phase_difference
from nipype_qsm.kernels.coils.phase_difference_combination import phase_difference_combination
from nipype_qsm.kernels.coils.sum_of_squares import sum_of_squares


def random_signals(rng, n_echoes, n_coils):
    return (rng.standard_normal((n_echoes, n_coils, 5, 4, 3)) * np.exp(3j * rng.random())).astype(np.complex64)


def test_it_gives_the_difference_as_one_echo_at_the_time_between(rng):
    signals = random_signals(rng, 3, 4)

    def read(echo, coil):
        return signals[echo, coil]

    found = phase_difference_combination(read, 4, echo_times=[0.005, 0.011, 0.02])
    difference = phase_difference(read, 4)
    np.testing.assert_array_equal(found.phase[0], difference.phase_difference)
    np.testing.assert_array_equal(found.magnitude[0], difference.magnitude_difference)
    np.testing.assert_array_equal(found.magnitude_sos, sum_of_squares(read, 4, 3).magnitude_sos)
    assert len(found.phase) == len(found.magnitude) == 1
    assert found.echo_times == pytest.approx([0.006])


def test_phase_and_magnitude_are_zero_outside_the_brain(rng):
    signals = random_signals(rng, 2, 2)
    mask = rng.random((5, 4, 3)) < 0.5
    found = phase_difference_combination(
        lambda echo, coil: signals[echo, coil], 2, mask_brain=mask, echo_times=[0.01, 0.02]
    )
    assert not found.phase[0][~mask].any()
    assert not found.magnitude[0][~mask].any()
    assert found.magnitude_sos[0][~mask].all()


def test_one_echo_is_refused_with_the_cure():
    with pytest.raises(MetadataError, match="Give both echoes"):
        phase_difference_combination(lambda echo, coil: np.zeros((2, 2, 2)), 4, echo_times=[0.01])
