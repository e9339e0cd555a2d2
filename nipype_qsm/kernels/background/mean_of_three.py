"""The mean of three background removals whose errors differ.

The Laplacian boundary value trusts the surface of the mask, which is wrong where slices are thick and the slab cuts the
brain; V-SHARP never looks at the surface alone. Where V-SHARP has a value it counts as the third beside projection onto
dipole fields and boundary value; along the rim, where no sphere fits, these two stand.
"""

from __future__ import annotations

import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.background.pdf_lbv import pdf_lbv
from nipype_qsm.kernels.background.vsharp import vsharp
from nipype_qsm.kernels.local_field import TwiceIteratedLocalField


def mean_of_three(
    field_total: np.ndarray,
    mask: np.ndarray,
    grid: Grid,
    *,
    magnitude_combined: np.ndarray | None = None,
    weighted: bool = False,
    peel: int = 0,
    pad_mm: float = 24.0,
    max_radius_mm: float = 12.0,
    mask_radius_mm: float = 2.0,
) -> TwiceIteratedLocalField:
    """Average the local fields of projection onto dipole fields, Laplacian boundary value and V-SHARP.

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
    max_radius_mm : float, mm
        Largest sphere of V-SHARP.
    mask_radius_mm : float, mm
        V-SHARP counts where a sphere of this radius fits into the mask.

    Returns
    -------
    field_local : (x, y, z) float32 array, ppm
        Zero outside `mask_local`.
    mask_local : (x, y, z) bool array
        Where the first two have a value: the mask without its surface.
    n_removed : int
        Voxels of the mask that are not in `mask_local`.
    iterations : list of int
        Of the projection, of the boundary value; residual likewise.
    residual : list of float
    converged : bool
        Whether both did.

    References
    ----------
    Liu et al. 2011, doi:10.1002/nbm.1670; Zhou et al. 2014, doi:10.1002/nbm.3064; Wu et al. 2012, doi:10.1002/mrm.23000
    """
    weights = {"magnitude_combined": magnitude_combined, "weighted": weighted}
    two = pdf_lbv(field_total, mask, grid, **weights, peel=peel, pad_mm=pad_mm)  # type: ignore[arg-type]
    third = vsharp(field_total, mask, grid, max_radius_mm=max_radius_mm, mask_radius_mm=mask_radius_mm)
    share = np.where(third.mask_local & two.mask_local, np.float32(1 / 3), np.float32(0))
    return two._replace(field_local=two.field_local + share * (third.field_local - two.field_local))
