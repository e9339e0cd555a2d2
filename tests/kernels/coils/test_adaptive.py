"""The adaptive combination: coils weighed by what the data say of their sensitivities."""

import numpy as np
import pytest
from phases import measured_coils, wrap

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.coils.adaptive import adaptive
from nipype_qsm.kernels.coils.sum_of_squares import sum_of_squares

TURN = 2 * np.pi
SHAPE = (30, 26, 20)
TIMES = (0.0094, 0.020)
GRID = Grid(SHAPE, (2.0, 2.0, 2.0), (0, 0, 1))


@pytest.fixture
def head(rng):
    """Sensitivities (coil, x, y, z) with smooth offsets, the field [Hz], and a brain."""
    x, y, z = np.meshgrid(*[np.arange(n) - (n - 1) / 2 for n in SHAPE], indexing="ij")
    coils = []
    for _ in range(6):
        a, b, c, start = *rng.uniform(-0.03, 0.03, 3), rng.uniform(-np.pi, np.pi)
        place = rng.uniform(-1, 1, 3) * np.array(SHAPE) / 2
        strength = np.exp(-((x - place[0]) ** 2 + (y - place[1]) ** 2 + (z - place[2]) ** 2) / 300)
        coils.append(strength * np.exp(1j * (start + a * x + b * y + c * z)))
    hertz = 25 * np.exp(-((x - 3) ** 2 + y**2 + z**2) / 80) + 0.8 * x
    return np.array(coils), hertz, x**2 + y**2 + z**2 < 81


def seen(coils, hertz, noise=0.0, rng=None):
    signals = np.stack([coils * np.exp(1j * TURN * hertz * t) for t in TIMES])
    if noise:
        signals += noise * (rng.standard_normal(signals.shape) + 1j * rng.standard_normal(signals.shape))
    return signals.astype(np.complex64)


def combined(signals, **options):
    times = options.pop("echo_times", TIMES[: len(signals)])
    return adaptive(lambda e, c: signals[e, c], signals.shape[1], GRID, echo_times=times, **options)


def field_errors(found, hertz, mask):
    rests = [wrap(phase - TURN * hertz * t)[mask] for phase, t in zip(found.phase, found.echo_times, strict=True)]
    return [wrap(rest - np.angle(np.exp(1j * rest).mean())) for rest in rests]


def test_only_the_field_is_left_in_the_phase(head):
    coils, hertz, mask = head
    found = combined(seen(coils, hertz), mask_brain=mask)
    for error in field_errors(found, hertz, mask):
        assert np.abs(error).max() < 0.05  # measured 0.024
    assert found.echo_times == list(TIMES)


def test_without_noise_the_magnitude_is_the_root_sum_of_squares(head):
    coils, hertz, mask = head
    signals = seen(coils, hertz)
    found = combined(signals, mask_brain=mask)
    expected = sum_of_squares(lambda e, c: signals[e, c], 6, 2)
    for echo in range(2):
        assert (found.magnitude[echo][mask] / expected.magnitude_sos[echo][mask]).min() > 0.97  # measured 0.989
        np.testing.assert_array_equal(found.magnitude_sos[echo], expected.magnitude_sos[echo])


def test_noise_is_that_of_the_true_matched_filter(head, rng):
    coils, hertz, mask = head
    signals = seen(coils, hertz, 0.1, rng)
    found = combined(signals, mask_brain=mask)
    unit = coils / np.sqrt((np.abs(coils) ** 2).sum(axis=0))
    best = np.angle((np.conj(unit) * signals[1]).sum(axis=0))
    ideal = np.sqrt(np.mean(wrap(best - TURN * hertz * TIMES[1])[mask] ** 2))
    error = np.sqrt(np.mean(field_errors(found, hertz, mask)[1] ** 2))
    assert error < 1.1 * ideal  # measured 1.01 times


def test_the_magnitude_has_no_noise_floor_in_the_dark(head, rng):
    coils, hertz, mask = head
    dark = mask & (np.indices(SHAPE)[2] > 12)
    signals = seen(coils * np.where(dark, 0.02, 1.0), hertz, 0.05, rng)
    found = combined(signals, mask_brain=mask)
    floor = found.magnitude_sos[0][dark].mean()
    assert found.magnitude[0][dark].mean() < 0.6 * floor  # measured 0.39


def test_neither_the_order_nor_the_constants_of_the_coils_matter(head, rng):
    coils, hertz, mask = head
    turned = np.exp(1j * rng.uniform(-3, 3, 6))[:, None, None, None] * coils
    plain = combined(seen(coils, hertz), mask_brain=mask)
    for other in (turned, coils[[3, 5, 1, 0, 2, 4]]):
        again = combined(seen(other, hertz), mask_brain=mask)
        for once, twice in zip(plain.phase, again.phase, strict=True):
            assert np.abs(wrap(once - twice)).max() < 1e-4  # measured 2e-7


def test_an_unwrapped_difference_can_be_given(head):
    coils, hertz, mask = head
    signals = seen(coils, hertz)
    difference = (TURN * hertz * (TIMES[1] - TIMES[0]) * mask).astype(np.float32)
    given = combined(signals, mask_brain=mask, phase_difference=difference)
    own = combined(signals, mask_brain=mask)
    assert np.abs(wrap(given.phase[1] - own.phase[1])).max() < 1e-3


def test_one_echo_keeps_one_smooth_offset(head):
    coils, hertz, mask = head
    found = combined(seen(coils, hertz)[:1], mask_brain=mask)
    left = wrap(found.phase[0] - TURN * hertz * TIMES[0])
    steps = [wrap(np.diff(left, axis=axis))[np.delete(mask, 0, axis) & np.delete(mask, -1, axis)] for axis in range(3)]
    assert max(np.abs(step).max() for step in steps) < 0.1  # measured 0.012


def test_zero_stays_zero_and_nothing_outside_the_brain_is_given(head):
    coils, hertz, mask = head
    signals = seen(coils, hertz)
    before = signals.copy()
    found = combined(signals, mask_brain=mask)
    assert not found.phase[1][~mask].any() and not found.magnitude[0][~mask].any()
    assert found.magnitude_sos[0][~mask].all()
    np.testing.assert_array_equal(signals, before)
    nothing = combined(np.zeros_like(signals[:1]))
    assert not nothing.magnitude[0].any() and not nothing.phase[0].any()


def test_real_coil_sensitivities_combine_to_the_field(shared_data):
    coils = measured_coils(shared_data("kspace_8ch_brain_sigpy"))
    level = np.sqrt((np.abs(coils) ** 2).sum(axis=0))
    mask = level > 0.35 * level.max()
    x, y, z = np.meshgrid(*[np.arange(n) - (n - 1) / 2 for n in mask.shape], indexing="ij")
    hertz = 60 * np.exp(-((x - 3) ** 2 + y**2 + z**2) / 80) + 0.8 * x
    signals = seen(coils, hertz)
    grid = Grid(mask.shape, (1.5, 1.5, 1.5), (0, 0, 1))
    found = adaptive(lambda e, c: signals[e, c], 8, grid, mask_brain=mask, echo_times=TIMES)
    for error, magnitude in zip(field_errors(found, hertz, mask), found.magnitude, strict=True):
        assert np.percentile(np.abs(error), 95) < 0.05  # measured 0.030
        assert np.median(magnitude[mask] / level[mask]) > 0.98  # measured 1.000


def test_blocks_without_size_are_refused_with_the_cure(head):
    with pytest.raises(QSMError, match="block_mm above 0"):
        combined(seen(*head[:2]), block_mm=0.0)
