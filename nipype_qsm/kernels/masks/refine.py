"""Keep the part of a mask whose phase can be trusted, in tidy pieces.

Voxels whose reliability falls below a threshold at any echo are dropped: mostly the rim above the air cavities. What
that leaves is tidied slice by slice, where small islands are removed and small gaps closed, and closed cavities are
filled in the volume, because background removal and inversion prefer a few wrong voxels inside to a ragged mask.
UK Biobank does this before background removal with loose thresholds, and after it with strict ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.fourier import bounding_box
from nipype_qsm.kernels.slices import pixel_area, slice_axis

UK_BIOBANK_PIXEL = 0.64
"""Area [mm2] of the pixels in which the areas are counted."""


class Refined(NamedTuple):
    """The mask, how many voxels it lost in all, and what each stage changed."""

    mask: np.ndarray
    n_removed: int
    changes: dict[str, int]


def refine(
    mask: np.ndarray,
    reliability: np.ndarray,
    grid: Grid,
    *,
    thresholds: Sequence[float] = (0.6, 0.5),
    smallest_component: int = 300,
    smallest_hole: int = 50,
    scale_areas: bool = True,
) -> Refined:
    """Drop unreliable voxels, then remove small islands and fill small holes.

    Parameters
    ----------
    mask : (x, y, z) bool array
    reliability : (x, y, z, echo) float array, 0 to 1
    grid : Grid
    thresholds : (echo,) float, 0 to 1
        One an echo; further echoes take the last. Larger drops more. UK Biobank: 0.6, 0.5 before background removal and
        0.7, 0.6 after it.
    smallest_component : int, pixels
        Islands of a slice (diagonal neighbours belong together) with fewer pixels are removed. UK Biobank: 300, then
        200.
    smallest_hole : int, pixels
        Gaps of a slice with fewer pixels are filled. UK Biobank: 50, then 30.
    scale_areas : bool
        Count areas in pixels of 0.64 mm2, UK Biobank's, whatever the voxel size.

    Returns
    -------
    mask : (x, y, z) bool array
    n_removed : int
        Voxels of the mask given that are not in the result.
    changes : dict
        Voxels in, removed by each echo's reliability (the first echo that objects counts), removed as islands, filled
        in slices, filled in the volume (filled voxels may lie outside the mask given), voxels out.

    References
    ----------
    Wang et al. 2022, doi:10.1038/s41593-022-01074-w
    """
    factor = UK_BIOBANK_PIXEL / pixel_area(grid) if scale_areas else 1.0
    axis = slice_axis(grid)
    changes = {"voxels in": int(np.count_nonzero(mask))}
    result = mask.copy()
    for echo in range(reliability.shape[3]):
        doubtful = result & (reliability[..., echo] < thresholds[min(echo, len(thresholds) - 1)])
        changes[f"unreliable in echo {echo + 1}"] = int(np.count_nonzero(doubtful))
        result[doubtful] = False
    islands = small_components(result, axis, round(factor * smallest_component))
    changes["small islands"] = int(np.count_nonzero(islands))
    result[islands] = False
    gaps = small_components(~result, axis, round(factor * smallest_hole))
    changes["filled in slices"] = int(np.count_nonzero(gaps))
    result[gaps] = True
    cavities = closed_cavities(result)
    changes["filled in the volume"] = int(np.count_nonzero(cavities))
    result[cavities] = True
    changes["voxels out"] = int(np.count_nonzero(result))
    if not result.any():
        raise QSMError(
            f"No voxel of the mask is left ({changes}).",
            remedy="Look at the phase: is it in radians and unsmoothed? Lower the thresholds, or smallest_component.",
        )
    return Refined(result, int(np.count_nonzero(mask & ~result)), changes)


def small_components(volume: np.ndarray, axis: int, smallest: int) -> np.ndarray:
    """Return the voxels in slice-wise components (diagonals connect) of fewer than `smallest` pixels."""
    in_plane = np.ones((3, 3, 3), bool)
    for outside in (0, 2):
        in_plane[tuple(outside if a == axis else slice(None) for a in range(3))] = False
    labels, _ = ndimage.label(volume, in_plane)
    small = np.bincount(labels.ravel()) < smallest
    small[0] = False
    return small[labels]


def closed_cavities(volume: np.ndarray) -> np.ndarray:
    """Return the background that no path (diagonals count) links to the border of the volume."""
    box = bounding_box(volume, 1)
    labels, count = ndimage.label(~volume[box], np.ones((3, 3, 3), bool))
    # The box reaches beyond the mask wherever the volume does, so its faces are linked to the border.
    closed = np.ones(count + 1, bool)
    closed[0] = False
    for axis in range(3):
        for face in (0, -1):
            closed[np.unique(labels.take(face, axis))] = False
    cavities = np.zeros(volume.shape, bool)
    cavities[box] = closed[labels]
    return cavities
