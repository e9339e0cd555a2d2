import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nipype_qsm.kernels.coils.sum_of_squares import sum_of_squares


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 99), n_echoes=st.integers(1, 3), n_coils=st.integers(1, 5))
def test_it_is_the_root_of_the_summed_squares(seed, n_echoes, n_coils):
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((2, n_echoes, n_coils, 4, 5, 3))
    signals = (values[0] + 1j * values[1]).astype(np.complex64)
    before = signals.copy()
    found = sum_of_squares(lambda echo, coil: signals[echo, coil], n_coils, n_echoes)
    squares = (np.abs(signals.astype(complex)) ** 2).sum(axis=1)
    np.testing.assert_allclose(found.magnitude_sos, np.sqrt(squares), rtol=1e-5)
    np.testing.assert_allclose(found.magnitude_combined, np.sqrt(squares.sum(axis=0)), rtol=1e-5)
    np.testing.assert_array_equal(signals, before)
    assert found.magnitude_combined.dtype == np.float32


def test_one_combined_image_keeps_its_magnitude():
    signal = np.array([[[3 - 4j, 0]]], np.complex64)
    found = sum_of_squares(lambda echo, coil: signal, 1, 1)
    np.testing.assert_allclose(found.magnitude_sos[0], [[[5, 0]]])
