"""Numbers that say whether a subject can be used, taken from the volumes while they are loaded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nipype_qsm.reports.outputs import MASKS


@dataclass(frozen=True)
class Spread:
    """Where the values of a region lie.

    Parameters
    ----------
    n_voxels : int
    mean, deviation : float
    low, median, high : float
        First, fiftieth and ninety-ninth percentile.
    """

    n_voxels: int
    mean: float
    deviation: float
    low: float
    median: float
    high: float


@dataclass(frozen=True)
class MaskStep:
    """What one step did to the mask.

    Parameters
    ----------
    name : str
    n_voxels : int
    n_lost, n_gained : int
        Against the mask before.
    """

    name: str
    n_voxels: int
    n_lost: int
    n_gained: int


def spread(values: np.ndarray) -> Spread | None:
    """Return where values lie; None when there are none."""
    if not values.size:
        return None
    low, median, high = (float(value) for value in np.percentile(values, (1, 50, 99)))
    mean, deviation = float(values.mean(dtype=np.float64)), float(values.std(dtype=np.float64))
    return Spread(int(values.size), mean, deviation, low, median, high)


def mask_steps(masks: dict[str, np.ndarray]) -> list[MaskStep]:
    """Return what each step did to the mask, in the order of the pipeline."""
    steps: list[MaskStep] = []
    before: np.ndarray | None = None
    for name in MASKS:
        mask = masks.get(name)
        if mask is None:
            continue
        lost = 0 if before is None else int(np.count_nonzero(before & ~mask))
        gained = 0 if before is None else int(np.count_nonzero(mask & ~before))
        steps.append(MaskStep(name, int(np.count_nonzero(mask)), lost, gained))
        before = mask
    return steps


def jump_share(phase: np.ndarray, mask: np.ndarray) -> float:
    """Return which share of neighbours inside a mask differ by more than half a turn: what unwrapping left.

    Parameters
    ----------
    phase : (x, y, z) float array, rad
    mask : (x, y, z) bool array
    """
    n_pairs = n_jumps = 0
    for axis in range(3):
        first = tuple(slice(None, -1) if other == axis else slice(None) for other in range(3))
        second = tuple(slice(1, None) if other == axis else slice(None) for other in range(3))
        both = mask[first] & mask[second]
        step = phase[second] - phase[first]
        np.abs(step, out=step)
        n_pairs += int(np.count_nonzero(both))
        n_jumps += int(np.count_nonzero((step > np.pi) & both))
    return n_jumps / n_pairs if n_pairs else 0.0
