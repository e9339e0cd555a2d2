import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nipype_qsm.errors import MetadataError
from nipype_qsm.kernels.coils.phase_difference import phase_difference

SHAPE = (4, 5, 3)


def random_signals(seed, n_echoes, n_coils):
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((2, n_echoes, n_coils, *SHAPE))
    return (values[0] + 1j * values[1]).astype(np.complex64)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 99), n_echoes=st.integers(2, 3), n_coils=st.integers(1, 5))
def test_it_is_the_hermitian_product_summed_over_coils(seed, n_echoes, n_coils):
    signals = random_signals(seed, n_echoes, n_coils)
    found = phase_difference(lambda echo, coil: signals[echo, coil], n_coils, n_echoes)
    product = (signals[1].astype(complex) * signals[0].conj()).sum(axis=0)
    np.testing.assert_allclose(found.magnitude_difference**2 * np.exp(1j * found.phase_difference), product, atol=1e-5)
    squares = (np.abs(signals[:2]) ** 2).sum(axis=(0, 1))
    np.testing.assert_allclose(found.magnitude_combined, np.sqrt(squares), rtol=1e-5)
    assert all(volume.dtype == np.float32 for volume in found)


def test_offsets_of_coils_cancel():
    signals = random_signals(1, 2, 4)
    offsets = np.exp(1j * np.random.default_rng(2).uniform(-3, 3, (4, *SHAPE)))
    turned = (signals * offsets).astype(np.complex64)
    plain = phase_difference(lambda echo, coil: signals[echo, coil], 4)
    other = phase_difference(lambda echo, coil: turned[echo, coil], 4)
    gap = np.angle(np.exp(1j * (plain.phase_difference - other.phase_difference)))
    np.testing.assert_allclose(gap, 0, atol=1e-4)


def test_the_phase_grows_where_the_field_is_higher():
    signals = np.ones((2, 1, *SHAPE), np.complex64)
    signals[1] *= np.exp(0.7j)
    found = phase_difference(lambda echo, coil: signals[echo, coil], 1)
    np.testing.assert_allclose(found.phase_difference, 0.7, atol=1e-6)


def test_one_echo_is_refused_with_the_cure():
    with pytest.raises(MetadataError, match="Give both echoes"):
        phase_difference(lambda echo, coil: np.zeros(SHAPE), 4, 1)
