"""Two equations for two sources in one voxel.

Susceptibilities of opposite sign cancel in the voxel's mean, but both make its signal decay: the mean is their sum, the
decay grows with the sum of their sizes. Where the decay is too small for the mean that was measured, no pair of
sources fits both; the mean is kept then, and given to one source alone.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nipype_qsm.errors import UnitsError
from nipype_qsm.units import checked_field_strength


class Sources(NamedTuple):
    """The two sources, and in how many voxels of the mask the decay was too small for the susceptibility."""

    chi_paramagnetic: np.ndarray
    chi_diamagnetic: np.ndarray
    n_inconsistent: int


def two_sources(
    chi: np.ndarray, rate: np.ndarray, mask: np.ndarray, *, relaxivity_3t: float, field_strength: float
) -> Sources:
    """Solve chi = positive + negative and rate = relaxivity (positive - negative) in each voxel.

    Parameters
    ----------
    chi : (x, y, z) float array, ppm
        Its zero is that of both sources.
    rate : (x, y, z) float array, 1/s
        Decay that the sources make; negative counts as none.
    mask : (x, y, z) bool array
    relaxivity_3t : float, Hz/ppm, relaxivity_3t > 0
        Decay per susceptibility at 3 T; it grows with the field.
    field_strength : float, T

    Returns
    -------
    chi_paramagnetic : (x, y, z) float array, ppm, >= 0
    chi_diamagnetic : (x, y, z) float array, ppm, <= 0
        The two add up to chi inside the mask; zero outside.
    n_inconsistent : int
    """
    if not relaxivity_3t > 0:
        raise UnitsError(
            f"A relaxivity of {relaxivity_3t:g} Hz/ppm separates nothing.",
            remedy="Give a positive number, near 137 for R2' and 274 for R2* at 3 T.",
        )
    relaxivity = relaxivity_3t * checked_field_strength(field_strength) / 3
    kept = np.where(mask, chi, 0).astype(np.float32)
    smallest = np.abs(kept)
    total = np.where(mask, rate, 0).astype(np.float32) / np.float32(relaxivity)
    n_inconsistent = int(np.count_nonzero(total < smallest))
    np.maximum(total, smallest, out=total)
    return Sources((total + kept) / 2, (kept - total) / 2, n_inconsistent)
