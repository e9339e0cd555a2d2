"""The lateral ventricles found from two echoes."""

import numpy as np
import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.masks.ventricles import ventricles

TIMES = (0.0094, 0.020)
SIZE = (2.0, 2.0, 3.0)
SHAPE = (80, 96, 54)
GRID = Grid(SHAPE, SIZE, (0, 0, 1))


def brain(yaw=0.0, *, left=True, right=True, cistern=True):
    """A brain with two ventricles beside the middle, fluid on its surface and a cistern on its midline."""
    x, y, z = (
        (np.arange(n) - (n - 1) / 2).reshape([-1 if a == i else 1 for a in range(3)]) * SIZE[i]
        for i, n in enumerate(SHAPE)
    )
    turned = np.cos(yaw) * x + np.sin(yaw) * y, -np.sin(yaw) * x + np.cos(yaw) * y
    radius = np.sqrt((turned[0] / 65) ** 2 + (turned[1] / 82) ** 2 + (z / 68) ** 2)
    mask = radius < 1
    sides = [((turned[0] - at) / 7) ** 2 + (turned[1] / 30) ** 2 + ((z - 5) / 10) ** 2 < 1 for at in (-14, 14)]
    fluid = (left & sides[0]) | (right & sides[1])
    other = (radius > 0.93) | (cistern & (np.hypot(turned[0], turned[1] + 35) < 7) & (np.abs(z) < 12))
    rate = np.where(fluid | other, 3.0, 18.0)
    signal = np.stack([np.where(mask, 100 * np.exp(-t * rate), 0) for t in TIMES], -1)
    return signal, mask, fluid & mask


@pytest.mark.parametrize("yaw", [0.0, 0.2, np.pi / 2])
def test_both_ventricles_are_found_in_a_turned_head_and_nothing_else(rng, yaw):
    signal, mask, truth = brain(yaw)
    noisy = np.abs(signal + rng.normal(scale=1.5, size=signal.shape)).astype(np.float32)
    found = ventricles(noisy, mask, GRID, echo_times=TIMES)
    inside = np.count_nonzero(found.mask_reference & truth)
    assert inside / found.n_voxels > 0.97  # measured 1.000
    assert inside / truth.sum() > 0.7  # measured 0.999
    assert found.volume_ml == pytest.approx(found.n_voxels * 0.012)
    assert "automatic" in found.reference_source


def test_voxel_axes_may_come_in_any_order(rng):
    signal, mask, _ = brain()
    signal = signal.astype(np.float32)
    upright = ventricles(signal, mask, GRID, echo_times=TIMES).mask_reference
    turned = Grid((54, 80, 96), (3.0, 2.0, 2.0), (-1, 0, 0))
    found = ventricles(np.moveaxis(signal, 2, 0), np.moveaxis(mask, 2, 0), turned, echo_times=TIMES).mask_reference
    assert np.array_equal(np.moveaxis(found, 0, 2), upright)


@pytest.mark.parametrize("kept", [{"left": False}, {"right": False}, {"left": False, "right": False}])
def test_without_a_pair_it_refuses_with_the_cure(kept):
    signal, mask, _ = brain(**kept)
    with pytest.raises(QSMError, match="--reference-mask FILE"):
        ventricles(signal.astype(np.float32), mask, GRID, echo_times=TIMES)


def test_more_fluid_than_any_ventricles_hold_is_refused():
    _, mask, _ = brain()
    x, y, z = np.meshgrid(*(np.linspace(-1, 1, n) for n in SHAPE), indexing="ij")
    rate = np.where(x**2 + y**2 + z**2 < 0.5**2, 3.0, 18.0)
    signal = np.stack([np.where(mask, 100 * np.exp(-t * rate), 0) for t in TIMES], -1).astype(np.float32)
    with pytest.raises(QSMError, match=r"2[0-9]{2}.[0-9]+ ml of deep fluid"):
        ventricles(signal, mask, GRID, echo_times=TIMES)


def test_the_inputs_are_untouched_and_the_result_stays_inside_the_brain():
    signal, mask, _ = brain()
    signal = signal.astype(np.float32)
    before = signal.copy(), mask.copy()
    found = ventricles(signal, mask, GRID, echo_times=TIMES)
    assert not (found.mask_reference & ~mask).any()
    assert np.array_equal(signal, before[0]) and np.array_equal(mask, before[1])
