"""Numbers that say whether a subject can be used, taken from the volumes while they are loaded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage, optimize

from nipype_qsm.reports.outputs import MASKS

SAMPLE_MM = 4.0
"""Distance of the voxels by which a mask's shape is judged."""
SHADING_MM = 10.0
"""Standard deviation of the smoothing that leaves the coils' shading."""


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


@dataclass(frozen=True)
class MaskShape:
    """How a mask is shaped, wherever the head lies.

    Parameters
    ----------
    symmetry : float, 0 to 1
        Share of the mask that its mirror image covers, at the best sagittal plane.
    length_by_width : float
        From back to front over from side to side.
    """

    symmetry: float
    length_by_width: float


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


def mask_shape(mask: np.ndarray, affine: np.ndarray) -> MaskShape | None:
    """Measure a brain mask's symmetry and proportions; None where it is too small for either.

    Parameters
    ----------
    mask : (x, y, z) bool array
    affine : (4, 4) float array
        Voxel indices to scanner millimetres.
    """
    axes = affine[:3, :3]
    step = np.maximum(1, np.rint(SAMPLE_MM / np.linalg.norm(axes, axis=0))).astype(int)
    indices = np.argwhere(mask[tuple(slice(None, None, n) for n in step)]) * step
    if len(indices) < 100:
        return None
    middle = indices.mean(axis=0)
    places = (indices - middle) @ axes.T
    back = np.linalg.inv(axes).T

    def uncovered(plane: np.ndarray) -> float:
        normal = _sagittal(plane)
        mirrored = places - 2 * np.outer(places @ normal - plane[2], normal)
        reached = np.rint(mirrored @ back + middle).astype(int)
        reached = reached[((reached >= 0) & (reached < mask.shape)).all(axis=1)]
        return 1 - np.count_nonzero(mask[tuple(reached.T)]) / len(places)

    start = np.array([[0, 0, 0], [0.15, 0, 0], [0, 0.15, 0], [0, 0, 8.0]])
    options = {"initial_simplex": start, "maxfev": 120, "xatol": 0.01, "fatol": 1e-3}
    best = optimize.minimize(uncovered, start[0], method="Nelder-Mead", options=options)
    across = _sagittal(best.x)
    along = np.array([0.0, 1.0, 0.0]) - across[1] * across
    length, width = (np.ptp(np.percentile(places @ axis, (0.5, 99.5))) for axis in (along, across))
    return MaskShape(1 - float(best.fun), float(length / max(width, 1e-6)))


def _sagittal(plane: np.ndarray) -> np.ndarray:
    """Return the normal of a plane that is turned by two small angles out of the sagittal one."""
    normal = np.array([1.0, np.sin(plane[0]), np.sin(plane[1])])
    return normal / np.linalg.norm(normal)


def shading(magnitude: np.ndarray, mask: np.ndarray, affine: np.ndarray) -> float | None:
    """Return how many times brighter the brightest part of a mask is than the darkest, after smoothing.

    Parameters
    ----------
    magnitude : (x, y, z) float array, any unit
    mask : (x, y, z) bool array
    affine : (4, 4) float array
        Voxel indices to millimetres.
    """
    if not mask.any():
        return None
    sigma = SHADING_MM / np.linalg.norm(affine[:3, :3], axis=0)
    weight = ndimage.gaussian_filter(mask.astype(np.float32), sigma)
    smooth = ndimage.gaussian_filter(np.where(mask, magnitude, 0).astype(np.float32), sigma)
    low, high = np.percentile(smooth[mask] / weight[mask], (2, 98))
    return float(high / low) if low > 0 else None
