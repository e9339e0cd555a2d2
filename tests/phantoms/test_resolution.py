import numpy as np
import pytest

from nipype_qsm.phantoms.resolution import averaged, averaging, cropping, majority, reduced


@pytest.mark.parametrize(("n_fine", "n"), [(24, 16), (30, 10), (27, 9), (40, 12)])
def test_cropping_k_space_keeps_low_frequencies_in_place_and_drops_high_ones(n_fine, n):
    fine, coarse = ((np.arange(m) + 0.5) / m for m in (n_fine, n))
    operator = cropping(n_fine, n)
    assert np.allclose(operator.sum(axis=1), 1, atol=1e-5)
    kept = operator @ np.cos(2 * np.pi * 3 * fine + 0.7)
    assert np.allclose(kept, np.cos(2 * np.pi * 3 * coarse + 0.7), atol=1e-5)  # measured 7e-7
    dropped = operator @ np.cos(2 * np.pi * (n // 2 + 1) * fine + 0.7)
    assert np.abs(dropped).max() < 1e-5


def test_cropping_agrees_with_a_discrete_fourier_transform(rng):
    signal = rng.standard_normal(36)
    spectrum = np.fft.fft(signal)
    frequency = np.fft.fftfreq(36, 1 / 36)
    slow = np.zeros(12)
    for k, value in zip(frequency, spectrum, strict=True):
        weight = 1.0 if abs(k) < 6 else 0.5 * (abs(k) == 6)
        for j in range(12):
            where = (j + 0.5) / 12 - 0.5 / 36
            slow[j] += weight * (value * np.exp(2j * np.pi * k * where)).real / 36
    assert np.allclose(cropping(36, 12) @ signal, slow, atol=1e-5)


@pytest.mark.parametrize(("n_fine", "n"), [(24, 16), (30, 10), (37, 12)])
def test_averaging_shares_fine_voxels_between_acquired_ones(n_fine, n):
    operator = averaging(n_fine, n)
    assert np.allclose(operator.sum(axis=1), 1, atol=1e-5)
    assert np.allclose(operator.sum(axis=0), n / n_fine, atol=1e-5)
    ramp = (np.arange(n_fine) + 0.5) / n_fine
    assert np.allclose(operator @ ramp, (np.arange(n) + 0.5) / n, atol=1.5 / n_fine)


def test_three_matrices_act_on_their_own_axes(rng):
    volume = rng.standard_normal((9, 8, 10)).astype(np.complex64)
    operators = (averaging(9, 3), averaging(8, 4), averaging(10, 5))
    slow = np.einsum("ai,bj,ck,ijk->abc", *operators, volume)
    assert np.allclose(reduced(volume, operators), slow, atol=1e-5)
    assert reduced(volume, operators).dtype == np.complex64


def test_the_majority_is_the_label_that_fills_most_of_a_voxel(rng):
    labels = rng.choice([0, 3, 7, 200], size=(12, 9, 8)).astype(np.uint8)
    shape = (4, 3, 4)
    shares = np.stack([averaged(labels == number, shape) for number in (0, 3, 7, 200)])
    assert np.array_equal(majority(labels, shape), np.array([0, 3, 7, 200])[shares.argmax(axis=0)])
