"""The zero of susceptibility as the mean of the whole tissue mask.

It needs no region and is the least noisy of all, but it moves with what the brain holds: iron that grows with age
shifts the zero of every region. Maps of two people then differ by more than their tissue.
"""

from __future__ import annotations

import numpy as np

from nipype_qsm.kernels.reference.zero_level import Referenced, subtracted, values_in


def brain(chi: np.ndarray, mask_tissue: np.ndarray) -> Referenced:
    """Subtract the mean susceptibility of all tissue.

    Parameters
    ----------
    chi : (x, y, z) float array, ppm
    mask_tissue : (x, y, z) bool array
        Where susceptibility was computed.

    Returns
    -------
    chi_referenced : (x, y, z) float array, ppm
        Zero outside the tissue.
    reference_value : float, ppm
        What was subtracted.
    reference_method : str
    n_voxels : int
        Voxels of the tissue.

    References
    ----------
    Wang et al. 2022, doi:10.1038/s41593-022-01074-w (compares references)
    """
    values = values_in(chi, mask_tissue, mask_tissue)
    value = float(values.mean())
    return Referenced(subtracted(chi, value, mask_tissue), value, "brain", values.size)
