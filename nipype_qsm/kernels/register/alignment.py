"""How well an image lies on another, in numbers that need no truth.

The two images may have any contrast, so they are compared by normalised mutual information: how much less surprising
one image is where the other is known. Whether the place is the best one is asked of the images themselves: they are
compared again with one shifted by some millimetres to either side along each axis, and a parabola through the three
values around the best says where the top lies. Brightness that varies slowly, as near a coil, is divided out before:
it does not move with the tissue, and would hold the top where it is.

A registration that is off by millimetres shows in where the top lies. One that is turned, or that belongs to another
subject, has its top nearly in place and hardly any: a peak that is no higher than its surroundings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.fourier import bounding_box
from nipype_qsm.kernels.smoothing import gaussian

BINS = 48
FEWEST_VOXELS = 100
REACH = 3
"""Shifts that are tried to either side."""


class AlignmentNumbers(NamedTuple):
    """What the comparison found.

    Parameters
    ----------
    similarity : float
        Normalised mutual information, 1 (none) to 2 (one image tells the other).
    offset_mm : float
        Estimated distance from the best place; at most `REACH` shifts along each axis.
    similarity_mirrored : float
        What it would be with the moved image turned left to right about the middle of the mask; higher than
        `similarity` where one of the two images is stored mirrored.
    peak_ratio : float
        What similarity exceeds 1 by, over what it does on average `REACH` shifts away; about 1 where the images have
        nothing in common.
    overlap : float
        Dice coefficient of the two masks; NaN without a second one.
    """

    similarity: float
    offset_mm: float
    similarity_mirrored: float
    peak_ratio: float
    overlap: float


def alignment(
    fixed: np.ndarray,
    moved: np.ndarray,
    mask: np.ndarray,
    grid: Grid,
    mask_moved: np.ndarray | None = None,
    *,
    shift_mm: float = 2.0,
    shading_mm: float = 15.0,
) -> AlignmentNumbers:
    """Measure how well two images on one grid fit.

    Parameters
    ----------
    fixed, moved : (x, y, z) float arrays
        Zero where nothing was imaged.
    mask : (x, y, z) bool array
        Where they are compared: the brain.
    grid : Grid
    mask_moved : (x, y, z) bool array, optional
        The brain of the moved image.
    shift_mm : float, mm
        Distance of the places that are compared. Smaller is more exact near the best one, larger sees further.
    shading_mm : float, mm, >= 0
        Both images are divided by their mean in the mask under a Gaussian of this width; 0 leaves them as they are.

    Returns
    -------
    AlignmentNumbers

    References
    ----------
    Studholme et al. 1999, doi:10.1016/S0031-3203(98)00091-0
    """
    overlap = float("nan")
    if mask_moved is not None:
        overlap = float(2 * np.count_nonzero(mask & mask_moved) / max(1, mask.sum() + mask_moved.sum()))
    box = bounding_box(mask)
    mask = mask[box]
    widths = [shading_mm / size for size in grid.voxel_size]
    fixed, moved = (_evened(image[box], mask, widths) for image in (fixed, moved))
    here = _similarity(fixed, moved, mask)
    steps = [max(1, round(shift_mm / size)) for size in grid.voxel_size]
    tried = [_tried(fixed, moved, mask, axis, step) for axis, step in enumerate(steps)]
    offsets = [_top(values) * step * size for values, step, size in zip(tried, steps, grid.voxel_size, strict=True)]
    # Both at their best place along the first axis, so that a small offset does not speak for the mirrored image.
    mirrored = here + max(_tried(fixed, moved[::-1], mask, 0, steps[0])) - max(tried[0])
    away = float(np.mean([values[end] for values in tried for end in (0, -1)])) - 1
    ratio = (here - 1) / away if away > 0 else 1.0
    return AlignmentNumbers(here, float(np.linalg.norm(offsets)), mirrored, ratio, overlap)


def _evened(image: np.ndarray, mask: np.ndarray, sigma: list[float]) -> np.ndarray:
    """Return the image in the mask over its local mean there."""
    inside = np.where(mask, image, 0).astype(np.float32)
    if not any(sigma):
        return inside
    mean = gaussian(inside, sigma)
    share = gaussian((inside != 0).astype(np.float32), sigma)
    return np.divide(inside * share, mean, out=np.zeros_like(inside), where=(inside != 0) & (mean > 0))


def _tried(fixed: np.ndarray, moved: np.ndarray, mask: np.ndarray, axis: int, step: int) -> list[float]:
    return [_similarity(fixed, _shifted(moved, axis, by * step), mask) for by in range(-REACH, REACH + 1)]


def _similarity(fixed: np.ndarray, moved: np.ndarray, mask: np.ndarray) -> float:
    inside = mask & (moved != 0) & (fixed != 0)
    if np.count_nonzero(inside) < FEWEST_VOXELS:
        return 1.0
    counts = np.bincount(_level(fixed[inside]) * BINS + _level(moved[inside]), minlength=BINS * BINS)
    joint = counts.reshape(BINS, BINS) / counts.sum()
    together = _entropy(joint)
    return (_entropy(joint.sum(axis=0)) + _entropy(joint.sum(axis=1))) / together if together > 0 else 1.0


def _level(values: np.ndarray) -> np.ndarray:
    low, high = np.percentile(values, (0.5, 99.5))
    scaled = (values - low) * (BINS / max(float(high - low), 1e-12))
    return np.clip(scaled, 0, BINS - 1).astype(np.int64)


def _entropy(share: np.ndarray) -> float:
    positive = share[share > 0]
    return float(-(positive * np.log(positive)).sum())


def _shifted(volume: np.ndarray, axis: int, by: int) -> np.ndarray:
    """Return the volume moved by whole voxels, zero where nothing came from."""
    if by == 0:
        return volume
    shifted = np.zeros_like(volume)
    source, target = (slice(None, -by), slice(by, None)) if by > 0 else (slice(-by, None), slice(None, by))
    lead = (slice(None),) * axis
    shifted[(*lead, target)] = volume[(*lead, source)]
    return shifted


def _top(values: list[float]) -> float:
    """Return how many steps from the middle the top of the values lies."""
    best = int(np.argmax(values))
    if values[best] <= values[REACH]:
        best = REACH
    if not 0 < best < len(values) - 1:
        return float(best - REACH)
    before, here, after = values[best - 1 : best + 2]
    curvature = before - 2 * here + after
    return best - REACH + ((before - after) / (2 * curvature) if curvature < 0 else 0.0)
