"""The zero of susceptibility as the median of a region, any region: ventricles, white matter, a hand-drawn one.

Half of the voxels may be anything, as long as they are not all on one side: robust, and nearly as quiet as the mean.
"""

from __future__ import annotations

import numpy as np

from nipype_qsm.kernels.reference.zero_level import Referenced, subtracted, values_in


def median(chi: np.ndarray, mask_tissue: np.ndarray, mask_reference: np.ndarray) -> Referenced:
    """Subtract the median susceptibility of a region.

    Parameters
    ----------
    chi : (x, y, z) float array, ppm
    mask_tissue : (x, y, z) bool array
        Where susceptibility was computed.
    mask_reference : (x, y, z) bool array
        The region; only its voxels inside mask_tissue count.

    Returns
    -------
    chi_referenced : (x, y, z) float array, ppm
        Zero outside the tissue.
    reference_value : float, ppm
        What was subtracted.
    reference_method : str
    n_voxels : int
        Voxels of the region that counted.

    References
    ----------
    Wang et al. 2022, doi:10.1038/s41593-022-01074-w (compares references)
    """
    values = values_in(chi, mask_reference, mask_tissue)
    value = float(np.median(values))
    return Referenced(subtracted(chi, value, mask_tissue), value, "median", values.size)
