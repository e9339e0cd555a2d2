"""R2*-QSM: iron and myelin of one voxel from gradient echoes alone.

Without a spin echo there is no R2'; this model takes R2* for it, with a relaxivity that is twice as large: it supposes
that half of R2* is reversible, in every tissue alike. Its total is therefore R2* in other units, water content, blood
and macroscopic fields included, and only the balance between the sources comes from the susceptibility.
"""

from __future__ import annotations

import numpy as np

from nipype_qsm.kernels.separation.two_sources import Sources, two_sources


def r2star_qsm(
    chi_referenced: np.ndarray,
    r2star: np.ndarray,
    mask: np.ndarray,
    *,
    field_strength: float,
    relaxivity_3t: float = 274.0,
) -> Sources:
    """Separate paramagnetic and diamagnetic susceptibility by R2*.

    The voxel-wise solution of the model; the paper's regularised fit to the field is left out.

    Parameters
    ----------
    chi_referenced : (x, y, z) float array, ppm
        An error of its zero moves both sources by half of it.
    r2star : (x, y, z) float array, 1/s
        Negative counts as none. Where a map has 0 for "unknown", one source takes all of the susceptibility.
    mask : (x, y, z) bool array
    field_strength : float, T
    relaxivity_3t : float, Hz/ppm, relaxivity_3t > 0
        R2* per susceptibility at 3 T, one number for both signs; scaled by field_strength / 3. Smaller makes both
        sources larger.

    Returns
    -------
    chi_paramagnetic : (x, y, z) float array, ppm
        Positive or zero.
    chi_diamagnetic : (x, y, z) float array, ppm
        Negative or zero. The two add up to chi_referenced inside the mask, and are zero outside.
    n_inconsistent : int
        Voxels whose R2* is too small for their susceptibility: one source takes it all.

    References
    ----------
    Dimov et al. 2022, doi:10.1111/jon.13014, doi:10.3390/tomography8030127
    """
    return two_sources(chi_referenced, r2star, mask, relaxivity_3t=relaxivity_3t, field_strength=field_strength)
