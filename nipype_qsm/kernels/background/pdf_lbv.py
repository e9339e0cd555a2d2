"""The mean of two background removals whose errors differ.

Projection onto dipole fields errs where local sources look like outside ones; the Laplacian boundary value errs where
the field on the surface is not pure background. Their mean is nearer to the truth than either. The boundary value is
the published one, whose error reaches through the brain: the projection takes slow local field, so errors cancel.
"""

from __future__ import annotations

import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.background.lbv import lbv
from nipype_qsm.kernels.background.pdf import pdf
from nipype_qsm.kernels.local_field import TwiceIteratedLocalField


def pdf_lbv(
    field_total: np.ndarray,
    mask: np.ndarray,
    grid: Grid,
    *,
    magnitude_combined: np.ndarray | None = None,
    weighted: bool = False,
    peel: int = 0,
    pad_mm: float = 24.0,
) -> TwiceIteratedLocalField:
    """Average the local fields of projection onto dipole fields and of the Laplacian boundary value.

    Parameters
    ----------
    field_total : (x, y, z) float array, ppm
    mask : (x, y, z) bool array
    grid : Grid
    magnitude_combined : (x, y, z) float array, optional
        Used if `weighted`.
    weighted : bool
        Weigh voxels by their magnitude in the projection.
    peel : int, voxels
        Layers that the boundary value takes off the mask first.
    pad_mm : float, mm
        How far outside the mask's box the projection's sources may lie.

    Returns
    -------
    field_local : (x, y, z) float32 array, ppm
        Zero outside `mask_local`.
    mask_local : (x, y, z) bool array
        Where both have a value: the mask without its surface.
    n_removed : int
        Voxels of the mask that are not in `mask_local`.
    iterations : list of int
        Of the projection, of the boundary value; residual likewise.
    residual : list of float
    converged : bool
        Whether both did.

    References
    ----------
    Liu et al. 2011, doi:10.1002/nbm.1670; Zhou et al. 2014, doi:10.1002/nbm.3064; both kinds compared in
    Schweser et al. 2017, doi:10.1002/nbm.3604
    """
    projection = pdf(field_total, mask, grid, magnitude_combined=magnitude_combined, weighted=weighted, pad_mm=pad_mm)
    boundary = lbv(field_total, mask, grid, peel=peel, reach_mm=None)
    mask_local = projection.mask_local & boundary.mask_local
    field_local = np.where(mask_local, (projection.field_local + boundary.field_local) / 2, np.float32(0))
    return TwiceIteratedLocalField(
        field_local,
        mask_local,
        int(np.count_nonzero(mask) - np.count_nonzero(mask_local)),
        [projection.iterations, boundary.iterations],
        [projection.residual, boundary.residual],
        projection.converged and boundary.converged,
    )
