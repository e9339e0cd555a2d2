"""White matter hyperintensities from a FLAIR image, by a rule and without training.

A lesion is brighter than grey matter and lies in white matter. FLAIR is divided by its shading, fitted in white and
grey matter; the mode of grey matter and its spread above the mode set two levels: a lesion has a core above the higher
and reaches as far as the lower. Around it there must be enough white matter, which keeps cortex out; what is bright
counts as white there, for a lesion may be dark in the T1-weighted image. Fluid, deep grey matter and what touches them
are left out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.fourier import bounding_box
from nipype_qsm.kernels.masks.pieces import dilated, eroded
from nipype_qsm.kernels.masks.shading import Shading
from nipype_qsm.kernels.masks.white_matter import require_positive
from nipype_qsm.kernels.smoothing import gaussian

PURE_MM, RIM_MM = 1.0, 1.5
"""White matter this far from other tissue, and grey matter this far from the brain's surface, tell the brightness."""
PERIOD_MM = 60.0
"""Of the shading: the tissues are known, so that it may vary faster than where they are not."""
OUTLYING, TURNS = 2.5, 6
FLUID, DEEP_MM = 0.6, 20.0
"""Fluid is darker than this part of white matter; this deep in the brain it is the ventricles'."""
AROUND_MM = 3.0
MAD = 1.4826


class Lesions(NamedTuple):
    """The mask, its size, and the brightness from which a voxel can be a lesion, in units of white matter's."""

    mask_lesions: np.ndarray
    n_lesions: int
    lesions_ml: float
    brightness: float


def lesions(
    flair: np.ndarray,
    mask_white_matter: np.ndarray,
    mask_brain: np.ndarray,
    grid: Grid,
    labels: np.ndarray | None = None,
    *,
    level: float = 1.5,
    core_level: float = 3.0,
    white_around: float = 0.65,
    smoothing_mm: float = 0.7,
    smallest_mm3: float = 10.0,
) -> Lesions:
    """Find white matter hyperintensities as pieces of white matter that are brighter than grey matter.

    Parameters
    ----------
    flair : (x, y, z) float array
        T2-weighted, fluid nulled; any positive unit; on T1's grid.
    mask_white_matter : (x, y, z) float array, 0 to 1
        With the lesions in it or not.
    mask_brain : (x, y, z) bool array
    grid : Grid
    labels : (x, y, z) array of whole numbers, optional
        Deep grey structures: no lesion is looked for there.
    level, core_level : float, standard deviations
        How far above grey matter a lesion's border and its core lie. Larger finds less.
    white_around : float, 0 to 1
        Least share of white matter around (Gaussian of 3 mm). Smaller lets cortex in.
    smoothing_mm : float, mm
        Standard deviation of the smoothing of the image.
    smallest_mm3 : float, mm3
        Smaller pieces are noise.

    Returns
    -------
    mask_lesions : (x, y, z) float array, 0 or 1
        It may be empty.
    n_lesions : int
    lesions_ml : float, ml
    brightness : float
        Of the lower level, relative to white matter.

    References
    ----------
    de Boer et al. 2009, doi:10.1016/j.neuroimage.2009.01.011; Schmidt et al. 2012,
    doi:10.1016/j.neuroimage.2011.11.032
    """
    require_positive(flair, mask_brain, "flair", "a FLAIR image")
    box, size = bounding_box(mask_brain, 1), np.asarray(grid.voxel_size)
    inside, white = mask_brain[box], (mask_white_matter[box] > 0.5) & mask_brain[box]
    deep_grey = np.zeros(inside.shape, bool) if labels is None else labels[box] > 0
    pure = eroded(white, PURE_MM, size)
    if not pure.any():
        raise QSMError(
            "No white matter is thick enough to tell how bright it is in FLAIR.",
            remedy="Check that mask_white_matter and flair lie on the brain of mask_brain, or do without lesions "
            "(--no-lesions).",
        )
    image = gaussian(np.where(inside, flair[box], 0), list(smoothing_mm / size))
    relative = _without_shading(image, pure, pure, grid)
    grey = eroded(inside, RIM_MM, size) & ~white & ~deep_grey & ~dilated(relative < FLUID, PURE_MM, size)
    if np.count_nonzero(grey) < 100:
        raise QSMError(
            "There is hardly any grey matter to compare the brightness of lesions with.",
            remedy="Check that flair covers the brain of mask_brain, or do without lesions (--no-lesions).",
        )
    relative = _without_shading(image, pure, grey, grid)
    fluid = inside & (relative < FLUID)
    low, high = _levels(relative[grey & ~fluid], (level, core_level))
    ventricles = fluid & eroded(ndimage.binary_fill_holes(inside), DEEP_MM, size)
    whole = white | ventricles | deep_grey | (inside & (relative > low))
    around = gaussian(whole.astype(np.float32), list(AROUND_MM / size), truncate=3.0)
    where = inside & (around > white_around) & ~dilated(fluid, PURE_MM, size) & ~dilated(deep_grey, PURE_MM, size)
    found, count = _pieces(where & (relative > low), relative > high, smallest_mm3 / grid.voxel_volume)
    mask = np.zeros(flair.shape, np.float32)
    mask[box] = found
    return Lesions(mask, count, np.count_nonzero(found) * grid.voxel_volume / 1000, low)


def _without_shading(image: np.ndarray, white: np.ndarray, grey: np.ndarray, grid: Grid) -> np.ndarray:
    """Return the image divided by its shading, white matter's median 1; outliers, lesions among them, do not count."""
    log = np.log(np.maximum(image, 1e-6 * image.max())).astype(np.float32)
    shading, slow = Shading(log.shape, grid, PERIOD_MM), np.zeros_like(log)
    kept = [white, grey]
    for _ in range(TURNS):
        rest = log - slow
        both = kept[0] | kept[1]
        base = np.where(kept[0], np.median(rest[kept[0]]), np.median(rest[kept[1]]))
        slow = shading.fitted(shading.sums(both.astype(np.float32)), shading.sums(np.where(both, log - base, 0)))
        kept = [_inliers(log - slow, tissue) for tissue in (white, grey)]
    relative = np.exp(log - slow)
    return relative / np.median(relative[white])


def _inliers(values: np.ndarray, tissue: np.ndarray) -> np.ndarray:
    """Return the voxels of a tissue near its mode, by the spread of the narrower side.

    Lesions widen white matter above its mode, fluid in the same voxel widens grey matter below it.
    """
    own = values[tissue]
    mode = _mode(own)
    spread = MAD * min(np.median(mode - own[own <= mode]), np.median(own[own >= mode] - mode))
    return tissue & (np.abs(values - mode) <= OUTLYING * spread)


def _levels(values: np.ndarray, factors: tuple[float, float]) -> tuple[float, float]:
    """Return levels above the mode of grey matter, in units of its spread above the mode."""
    mode = _mode(values)
    spread = MAD * float(np.median(values[values >= mode] - mode))
    return mode + factors[0] * spread, mode + factors[1] * spread


def _mode(values: np.ndarray) -> float:
    counts, edges = np.histogram(values, 200, np.percentile(values, (1, 99)))
    smooth = ndimage.gaussian_filter1d(counts.astype(float), 5, mode="nearest")
    return float((edges[1:] + edges[:-1])[smooth.argmax()] / 2)


def _pieces(candidates: np.ndarray, cores: np.ndarray, smallest: float) -> tuple[np.ndarray, int]:
    """Keep connected pieces that are large enough and have a core."""
    pieces, count = ndimage.label(candidates)
    keep = np.bincount(pieces.ravel(), minlength=count + 1) >= smallest
    keep &= np.bincount(pieces[candidates & cores], minlength=count + 1) > 0
    keep[0] = False
    return keep[pieces], int(np.count_nonzero(keep))
