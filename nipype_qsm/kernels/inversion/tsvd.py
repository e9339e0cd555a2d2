"""Truncated singular value decomposition: k-space division that leaves the ill-posed cone empty.

The dipole equation is diagonal in Fourier space, so its singular values are the magnitudes of the dipole kernel.
Components with a singular value below a threshold are left out, the others divided exactly. No noise is amplified
beyond the inverse of the threshold; what lay in the cone is missing, so the map underestimates more than thresholded
division (`tkd`) and is darker around strong structures.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.dipole import Waves, dipole_at, dipole_waves
from nipype_qsm.kernels.fourier import bounding_box, fast_shape
from nipype_qsm.kernels.pruned import filtered_pruned


def tsvd(
    field_local: np.ndarray, mask: np.ndarray, grid: Grid, *, threshold: float = 0.15, pad: int = 64
) -> np.ndarray:
    """Divide the field by the dipole kernel where that is above a threshold, and leave the rest of k-space empty.

    Parameters
    ----------
    field_local : (x, y, z) float array, ppm
        Only values inside the mask are used.
    mask : (x, y, z) bool array
    grid : Grid
    threshold : float, dimensionless, 0 < threshold < 2/3
        Smaller sharpens and amplifies noise; larger underestimates.
    pad : int, voxels
        Zeros on each side of the mask's box against wrap-around; larger is slower.

    Returns
    -------
    chi : (x, y, z) float array, ppm
        Zero outside the mask. The mean is not meaningful: reference it.

    References
    ----------
    Wharton et al. 2010, doi:10.1002/mrm.22334
    """
    if not 0 < threshold < 2 / 3:
        raise QSMError(
            f"threshold is {threshold:g}; the dipole kernel lies between -2/3 and 1/3.",
            remedy="Give a threshold between 0 and 2/3, such as 0.15.",
        )
    box = bounding_box(mask)
    inside = mask[box]
    field = np.where(inside, field_local[box], 0)
    shape = fast_shape(field.shape, pad)
    waves, least = dipole_waves(grid.resized(shape)), np.float32(threshold)
    found = filtered_pruned(field, lambda plane, j: _divide(plane, waves, j, least), shape)
    chi = np.zeros_like(field_local)
    chi[box] = np.where(inside, found, 0)
    return chi


@njit(cache=True, nogil=True, error_model="numpy")
def _divide(plane: np.ndarray, waves: Waves, j: int, threshold: np.float32) -> None:
    """Divide a plane of a spectrum by the dipole kernel; 0 where that is below the threshold, and at the origin."""
    for i in range(plane.shape[0]):
        for k in range(plane.shape[1]):
            kernel = dipole_at(waves, i, j, k)
            divisor = kernel if abs(kernel) >= threshold else np.float32(np.inf)
            plane[i, k] *= np.float32(1) / divisor
    if j == 0:
        plane[0, 0] = 0
