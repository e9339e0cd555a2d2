"""Make a mask true or false.

A mask that was moved between grids by interpolation holds fractions. A threshold a little above one half keeps it from
growing: UK Biobank takes 0.6 for the brain mask moved from the structural image.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nipype_qsm.errors import ImageError


class Binarized(NamedTuple):
    """The mask, and how many of its partial voxels it leaves out."""

    mask_brain: np.ndarray
    n_voxels: int
    n_removed: int


def threshold_mask(mask_fraction: np.ndarray, *, threshold: float = 0.6) -> Binarized:
    """Keep the voxels whose fraction of brain reaches a threshold.

    Parameters
    ----------
    mask_fraction : (x, y, z) float array, 0 to 1
    threshold : float, 0 < threshold <= 1
        Larger keeps less of the rim.

    Returns
    -------
    mask_brain : (x, y, z) bool array
    n_voxels : int
        Voxels kept.
    n_removed : int
        Voxels above zero that are below the threshold.

    References
    ----------
    Wang et al. 2022, doi:10.1038/s41593-022-01074-w
    """
    mask = mask_fraction >= threshold
    kept = int(np.count_nonzero(mask))
    if not kept:
        raise ImageError(
            f"No voxel of the mask reaches {threshold:g} (largest value {float(mask_fraction.max(initial=0)):g}).",
            remedy="Check that the mask was moved onto this grid and overlaps the head, or lower the threshold.",
        )
    return Binarized(mask, kept, int(np.count_nonzero(mask_fraction > 0)) - kept)
