"""Sources so strong that their streaks cover the tissue around them: bleeds, calcifications, large veins.

They are told by their own susceptibility, in a map of the whole brain. Taken out of the mask they become background:
their field is removed with that of the air, and the tissue is inverted without them. The map of two passes has the
tissue of the second and, in the sources, the first; see `merge_passes`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.neighbours import ball


class StrongSources(NamedTuple):
    """The mask without its strong sources, and how many voxels they have."""

    mask_without_sources: np.ndarray
    n_removed: int


def strong_sources(
    chi: np.ndarray, mask: np.ndarray, grid: Grid, *, level_ppm: float = 0.3, grow_mm: float = 2.0
) -> StrongSources:
    """Take voxels of extreme susceptibility, and their surroundings, out of a mask.

    Parameters
    ----------
    chi : (x, y, z) float array, ppm
        0 where it is not known.
    mask : (x, y, z) bool array
        The mask that background removal works on.
    grid : Grid
    level_ppm : float, ppm, > 0
        Least distance from the median. Smaller takes more veins and iron-rich nuclei; below 0.2 those lose tissue.
    grow_mm : float, mm, >= 0
        How far around them the field is too steep to be trusted.

    Returns
    -------
    mask_without_sources : (x, y, z) bool array
    n_removed : int
        Voxels taken out.

    References
    ----------
    Stewart et al. 2022, doi:10.1002/mrm.29048
    """
    if not level_ppm > 0 or grow_mm < 0:
        raise QSMError(
            f"Sources beyond {level_ppm:g} ppm, grown by {grow_mm:g} mm, cannot be found.",
            remedy="Give a level_ppm above 0, e.g. 0.3, and a grow_mm of 0 or more.",
        )
    known = chi[mask & (chi != 0)]
    if not known.size:
        return StrongSources(mask.copy(), 0)
    strong = mask & (chi != 0) & (np.abs(chi - np.median(known)) > level_ppm)
    kept = mask & ~ndimage.binary_dilation(strong, ball(grid, grow_mm)) if strong.any() else mask.copy()
    return StrongSources(kept, int(np.count_nonzero(mask & ~kept)))
