"""Chi-separation: iron and myelin of one voxel from its susceptibility and its reversible decay R2'.

The field that sources inside a voxel make is undone by a spin echo whatever its sign, so that R2' = R2* - R2 measures
how much source there is, and the susceptibility what is left after the signs cancelled. The paper's two equations are
solved voxel by voxel on a susceptibility map that is inverted already; the paper solves them with the inversion.
"""

from __future__ import annotations

import numpy as np

from nipype_qsm.kernels.separation.two_sources import Sources, two_sources


def chi_separation(
    chi_referenced: np.ndarray,
    r2prime: np.ndarray,
    mask: np.ndarray,
    *,
    field_strength: float,
    relaxivity_3t: float = 137.0,
) -> Sources:
    """Separate paramagnetic and diamagnetic susceptibility by R2'.

    Parameters
    ----------
    chi_referenced : (x, y, z) float array, ppm
        An error of its zero moves both sources by half of it.
    r2prime : (x, y, z) float array, 1/s
        R2* - R2; negative counts as none.
    mask : (x, y, z) bool array
    field_strength : float, T
    relaxivity_3t : float, Hz/ppm, relaxivity_3t > 0
        R2' per susceptibility at 3 T, one number for both signs; scaled by field_strength / 3. 137 was measured in deep
        grey matter, 114 follows from another reference map. Smaller makes both sources larger.

    Returns
    -------
    chi_paramagnetic : (x, y, z) float array, ppm
        Positive or zero.
    chi_diamagnetic : (x, y, z) float array, ppm
        Negative or zero. The two add up to chi_referenced inside the mask, and are zero outside.
    n_inconsistent : int
        Voxels whose R2' is too small for their susceptibility: one source takes it all.

    References
    ----------
    Shin et al. 2021, doi:10.1016/j.neuroimage.2021.118371
    """
    return two_sources(chi_referenced, r2prime, mask, relaxivity_3t=relaxivity_3t, field_strength=field_strength)
