import warnings

import numpy as np
import pytest

from nipype_qsm.errors import MetadataError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.coils.combined import combined
from nipype_qsm.kernels.smoothing import gaussian

GRID = Grid((28, 24, 12), (2.0, 2.0, 3.0), (0, 0, 1))


def head():
    x, y, z = np.meshgrid(*[np.arange(n) - (n - 1) / 2 for n in GRID.shape], indexing="ij")
    return np.hypot(x, y) < 10, 0.3 * x + 0.05 * y * z


def test_images_pass_through_masked(rng):
    mask, phase = head()
    signals = [(rng.uniform(1, 2, mask.shape) * np.exp(1j * n * phase)).astype(np.complex64) for n in (1, 2)]
    found = combined(lambda echo, coil: signals[echo], 1, GRID, mask, echo_times=[0.01, 0.02])
    for echo in range(2):
        np.testing.assert_allclose(found.phase[echo], np.angle(signals[echo]) * mask, atol=1e-6)
        np.testing.assert_allclose(found.magnitude[echo], np.abs(signals[echo]) * mask, rtol=1e-6)
        np.testing.assert_allclose(found.magnitude_sos[echo], np.abs(signals[echo]), rtol=1e-6)
    np.testing.assert_allclose(found.magnitude_combined, np.sqrt(sum(np.abs(s) ** 2 for s in signals)), rtol=1e-5)
    assert found.echo_times == [0.01, 0.02]
    assert found.smooth_phase_spread > 1


def test_phase_filtered_for_susceptibility_weighting_is_reported(rng):
    mask, phase = head()
    raw = (mask * np.exp(1j * (phase + 0.2 * rng.standard_normal(mask.shape)))).astype(np.complex64)
    low = gaussian(raw, (2, 2, 2))
    filtered = raw * np.exp(-1j * np.angle(low))
    with pytest.warns(UserWarning, match="high-pass filtered"):
        found = combined(lambda echo, coil: filtered, 1, GRID, mask, echo_times=[0.02])
    assert found.smooth_phase_spread < 0.1


def test_sixteen_hertz_across_the_head_are_enough_not_to_be_reported():
    mask, _ = head()
    x = (np.arange(GRID.shape[0]) - 13.5)[:, None, None]
    signal = (mask * np.exp(2j * np.pi * 0.8 * x * 0.02)).astype(np.complex64)  # 16 Hz across the head
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        combined(lambda echo, coil: signal, 1, GRID, mask, echo_times=[0.02])


def test_several_coils_are_refused_with_the_cure():
    with pytest.raises(MetadataError, match="Combine them with mcpc3ds"):
        combined(lambda echo, coil: np.zeros(GRID.shape), 32, GRID, echo_times=[0.02])
