"""How well labels fit a map, and whether they would fit better elsewhere.

Structures differ from each other and from what surrounds them, so labels that lie where they belong explain a good part
of a map's variance; labels that are displaced explain less. If the same labels explain more a few millimetres away, the
registration is wrong; if they explain more mirrored about the midline of the brain, left and right are.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.regions.naming import STRUCTURES

SURROUND_MM = 4.0
SHIFT_MM = 6.0


class LabelFit(NamedTuple):
    """Share of the variance that labels explain: in place, at the best displacement, mirrored; NaN without labels."""

    in_place: float
    displaced: float
    mirrored: float


def label_fit(volume: np.ndarray, valid: np.ndarray, labels: np.ndarray, grid: Grid) -> LabelFit:
    """Return the share of variance that labels explain where they are, displaced by 6 mm, and mirrored.

    Parameters
    ----------
    volume : (x, y, z) float array
    valid : (x, y, z) bool array
        Where it holds.
    labels : (x, y, z) int array
        Structures by FIRST's numbers, and any other.
    grid : Grid
    """
    sizes = np.asarray(grid.voxel_size)
    if not labels.any():
        return LabelFit(*(float("nan"),) * 3)
    near = ndimage.distance_transform_edt(labels == 0, sampling=sizes) <= SURROUND_MM
    places = np.argwhere(near)
    numbers = labels[near]
    shifts = [np.rint(SHIFT_MM * np.array(step) / sizes).astype(int) for step in _SIX]
    displaced = max(_explained(volume, valid, numbers, places + shift) for shift in shifts)
    mirrored = _mirrored(places, labels, sizes)
    return LabelFit(
        _explained(volume, valid, numbers, places),
        displaced,
        float("nan") if mirrored is None else _explained(volume, valid, numbers, mirrored),
    )


_SIX = [step for step in product((-1, 0, 1), repeat=3) if sum(map(abs, step)) == 1]


def _mirrored(places: np.ndarray, labels: np.ndarray, sizes: np.ndarray) -> np.ndarray | None:
    """Return voxels mirrored about the plane between the paired structures; None without a pair."""
    across, middles = [], []
    for left, right in STRUCTURES.values():
        sides = [np.argwhere(labels == number) * sizes for number in (left, right)]
        if all(len(side) for side in sides):
            first, second = (side.mean(axis=0) for side in sides)
            across.append(second - first)
            middles.append((first + second) / 2)
    if not across:
        return None
    normal = np.sum(across, axis=0)
    normal /= np.linalg.norm(normal)
    at = places * sizes - np.mean(middles, axis=0)
    back = at - 2 * np.outer(at @ normal, normal) + np.mean(middles, axis=0)
    return np.rint(back / sizes).astype(int)


def _explained(volume: np.ndarray, valid: np.ndarray, numbers: np.ndarray, places: np.ndarray) -> float:
    """Return the share of the variance of the values at places that lies between the numbers."""
    inside = np.all((places >= 0) & (places < volume.shape), axis=1)
    at, classes = tuple(places[inside].T), numbers[inside]
    held = valid[at]
    values, classes = volume[at][held].astype(np.float64), classes[held]
    if values.size < 2:
        return float("nan")
    _, which = np.unique(classes, return_inverse=True)
    counts = np.bincount(which)
    means = np.bincount(which, values) / counts
    total = float(np.sum((values - values.mean()) ** 2))
    return float(np.sum(counts * (means - values.mean()) ** 2)) / total if total else float("nan")
