"""One map of two: the tissue as it was inverted without strong sources, and the sources as inverted with everything.

Susceptibility is known up to a constant, another one in each pass, so the maps are brought to one level where both are
known before they are merged.
"""

from __future__ import annotations

import numpy as np

from nipype_qsm.errors import ImageError


def merge_passes(chi: np.ndarray, chi_without_sources: np.ndarray, mask_without_sources: np.ndarray) -> np.ndarray:
    """Put the map without strong sources into the map of everything.

    Parameters
    ----------
    chi : (x, y, z) float array, ppm
        Of everything; 0 where it is not known.
    chi_without_sources : (x, y, z) float array, ppm
        Of the tissue alone.
    mask_without_sources : (x, y, z) bool array
        Where that is known.

    Returns
    -------
    chi : (x, y, z) float array, ppm
        Known where it was before.

    References
    ----------
    Stewart et al. 2022, doi:10.1002/mrm.29048
    """
    both = mask_without_sources & (chi != 0)
    if not both.any():
        raise ImageError(
            "The map without strong sources shares no voxel with the map of everything.",
            remedy="Raise the level from which a source is strong (level_ppm), or make one pass.",
        )
    level = np.median(chi[both] - chi_without_sources[both])
    return np.where(both, chi_without_sources + level, chi)
