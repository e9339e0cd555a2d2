"""The virtual reference coil: nothing but one offset is left, and the coils add up."""

import numpy as np
import pytest
from phases import wrap

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.coils.sum_of_squares import sum_of_squares
from nipype_qsm.kernels.coils.virtual_reference import virtual_reference

SHAPE = (24, 20, 16)
TIMES = (0.01, 0.025)
GRID = Grid(SHAPE, (1.0, 1.0, 1.5), (0, 0, 1))


@pytest.fixture
def head(rng):
    """Signals (echo, coil, x, y, z) of coils with smooth offsets around a field, and the field's phase an echo."""
    x, y, z = np.meshgrid(*[np.arange(n) - (n - 1) / 2 for n in SHAPE], indexing="ij")
    coils = [
        (1 + 0.03 * (a * x + b * y)) * np.exp(1j * (start + 0.03 * (b * x + c * y + a * z)))
        for a, b, c, start in np.column_stack([rng.uniform(-1, 1, (6, 3)), rng.uniform(-np.pi, np.pi, 6)])
    ]
    field = np.stack([100 * t * (0.5 * x + 0.05 * y * z) for t in TIMES])
    return (np.array(coils)[None] * np.exp(1j * field)[:, None]).astype(np.complex64), field


def combined(signals, **options):
    times = TIMES[: len(signals)]
    return virtual_reference(lambda e, c: signals[e, c], signals.shape[1], GRID, echo_times=times, **options)


def test_one_smooth_offset_is_left_the_same_in_every_echo(head):
    signals, field = head
    found = combined(signals)
    left = [wrap(phase - truth) for phase, truth in zip(found.phase, field, strict=True)]
    # Measured: 4e-7 rad between the echoes, 0.02 rad from voxel to voxel at most.
    assert np.abs(wrap(left[0] - left[1])).max() < 1e-4
    assert max(np.abs(wrap(np.diff(left[0], axis=axis))).max() for axis in range(3)) < 0.05
    assert found.echo_times == list(TIMES)


def test_the_coils_add_up_in_phase(head):
    signals, _ = head
    found = combined(signals)
    # Measured: 0.9996 at least; adding the coils as they come leaves 0.06 of the magnitude in places.
    assert (found.magnitude[0] / found.magnitude_sos[0]).min() > 0.99
    expected = sum_of_squares(lambda e, c: signals[e, c], signals.shape[1], 2)
    np.testing.assert_array_equal(found.magnitude_sos, expected.magnitude_sos)


def test_the_coils_own_constants_do_not_matter(head, rng):
    signals, _ = head
    turned = (signals * np.exp(1j * rng.uniform(-3, 3, 6))[None, :, None, None, None]).astype(np.complex64)
    for once, again in zip(combined(signals).phase, combined(turned).phase, strict=True):
        # Measured: 5e-7 rad.
        assert np.abs(wrap(once - again)).max() < 1e-4


def test_one_echo_of_one_coil_keeps_its_phase_but_for_a_constant(head):
    signals, _ = head
    found = combined(signals[:1, :1])
    gap = wrap(found.phase[0] - np.angle(signals[0, 0]))
    # Measured: 4e-7 rad.
    assert np.abs(wrap(gap - gap[0, 0, 0])).max() < 1e-4


def test_phase_and_magnitude_are_zero_outside_the_brain_and_inputs_are_untouched(head, rng):
    signals, _ = head
    mask = np.zeros(SHAPE, bool)
    mask[4:18, 3:15, 2:12] = True
    before = signals.copy(), mask.copy()
    found = combined(signals, mask_brain=mask)
    assert not found.phase[0][~mask].any() and not found.magnitude[1][~mask].any()
    assert found.magnitude_sos[0][~mask].all() and found.magnitude[0][mask].all()
    np.testing.assert_array_equal(signals, before[0])
    np.testing.assert_array_equal(mask, before[1])


def test_no_signal_gives_no_image():
    found = combined(np.zeros((1, 2, *SHAPE), np.complex64))
    assert not found.magnitude[0].any() and not found.phase[0].any()


def test_a_reference_without_size_is_refused_with_the_cure(head):
    with pytest.raises(QSMError, match="reference_radius_mm above 0"):
        combined(head[0], reference_radius_mm=0.0)
