"""Best-path unwrapping: whole turns, the true phase back, and a cure where scikit-image is missing."""

import sys

import numpy as np
import pytest
from phases import wrap

from nipype_qsm.errors import MetadataError, ToolMissing
from nipype_qsm.kernels.unwrap.best_path import best_path

SHAPE = (16, 14, 12)
TURN = 2 * np.pi


def ramp(slope=0.9):
    x, y, z = np.meshgrid(*[np.arange(n) - n / 2 for n in SHAPE], indexing="ij")
    return slope * x + 0.4 * y + 0.02 * z**2


def test_a_steep_ramp_comes_back_up_to_whole_turns():
    found = best_path(wrap(ramp()), np.ones(SHAPE, bool))
    gap = found - ramp()
    # Measured: 5e-7.
    np.testing.assert_allclose(gap, TURN * np.rint(gap.mean() / TURN), atol=1e-4)
    assert np.ptp(ramp()) > 3 * TURN and abs(np.median(found)) <= np.pi


def test_noise_is_moved_by_whole_turns_only(rng):
    phase = rng.uniform(-np.pi, np.pi, SHAPE).astype(np.float32)
    turns = (best_path(phase, np.ones(SHAPE, bool)) - phase) / TURN
    # Measured: 2e-7.
    np.testing.assert_allclose(turns, np.rint(turns), atol=1e-5)
    assert np.abs(turns).max() >= 1


def test_the_echoes_agree_on_whole_turns():
    field = ramp(0.5) + 2.0
    phase = np.stack([wrap(field), wrap(2.5 * field)], axis=-1)
    found = best_path(phase, np.ones(SHAPE, bool), echo_times=(0.01, 0.025))
    shift = found[0, 0, 0, 0] - field[0, 0, 0]
    # The first echo may be off by turns, which the second cannot be told; then it follows it to within half a turn.
    assert abs(np.median(found[..., 1] - 2.5 * found[..., 0])) <= np.pi
    assert shift == pytest.approx(TURN * round(shift / TURN), abs=1e-5)


def test_what_lies_outside_the_mask_is_zero_and_does_not_matter(rng):
    phase = wrap(ramp())
    mask = np.zeros(SHAPE, bool)
    mask[2:12, 3:11, 1:9] = True
    dirty = np.where(mask, phase, rng.uniform(-3, 3, SHAPE)).astype(np.float32)
    dirty[0, 0, 0] = np.nan
    before = dirty.copy()
    found = best_path(dirty, mask)
    np.testing.assert_array_equal(found, best_path(np.where(mask, phase, 0), mask))
    assert not found[~mask].any() and found.dtype == np.float32
    np.testing.assert_array_equal(dirty, before)


def test_the_opposite_faces_are_not_joined():
    """Joined by wrap-around, a phase that falls from one face to the other could not be unwrapped."""
    phase = ramp(0.9)
    found = best_path(wrap(phase), np.ones(SHAPE, bool))
    assert found[-1, 7, 6] - found[0, 7, 6] == pytest.approx(phase[-1, 7, 6] - phase[0, 7, 6], abs=1e-4)


def test_no_phase_and_no_mask_give_no_phase():
    assert not best_path(np.zeros(SHAPE, np.float32), np.ones(SHAPE, bool)).any()
    assert not best_path(wrap(ramp()), np.zeros(SHAPE, bool)).any()


def test_two_echoes_without_times_are_refused_with_the_cure():
    with pytest.raises(MetadataError, match="one echo time per echo"):
        best_path(np.zeros((*SHAPE, 2), np.float32), np.ones(SHAPE, bool))


def test_a_missing_package_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage.restoration", None)
    with pytest.raises(ToolMissing, match=r"nipype_qsm\[unwrapping\]"):
        best_path(np.zeros(SHAPE, np.float32), np.ones(SHAPE, bool))
