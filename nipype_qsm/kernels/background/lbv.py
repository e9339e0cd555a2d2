"""Laplacian boundary value: the background is the harmonic function that equals the field on the mask's surface.

Sources inside are weak at the surface, so the total field there is taken for background. The local field then has the
total field's Laplacian inside and is zero on the surface: Poisson's equation, solved by conjugate gradients on the
7-point stencil. No dipoles and no spheres: nothing depends on B0, and one layer of voxels is lost. What local field
there is on the surface is continued inwards as an error; a screened equation lets it fade.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.fourier import bounding_box
from nipype_qsm.kernels.local_field import IteratedLocalField, local_field
from nipype_qsm.kernels.poisson import negative_laplacian, solve_poisson


def lbv(
    field_total: np.ndarray,
    mask: np.ndarray,
    grid: Grid,
    *,
    peel: int = 0,
    reach_mm: float | None = 35.0,
    tolerance: float = 1e-4,
    max_iterations: int = 2000,
) -> IteratedLocalField:
    """Subtract from the field the harmonic function with the same values on the mask's surface.

    Parameters
    ----------
    field_total : (x, y, z) float array, ppm
    mask : (x, y, z) bool array
    grid : Grid
    peel : int, voxels
        Layers taken off the mask first; more is safer where the field at the rim is wrong, and keeps less.
    reach_mm : float, mm, > 0, or None
        How far what is wrong on the surface is carried inwards. Smaller takes more of slow local fields; None carries
        it through, as published.
    tolerance : float, dimensionless, 0 < tolerance < 1
        Stop when the residual of Poisson's equation has fallen to this share of its right-hand side.
    max_iterations : int
        Limit of the iteration; reaching it warns.

    Returns
    -------
    field_local : (x, y, z) float32 array, ppm
        Zero outside `mask_local`.
    mask_local : (x, y, z) bool array
        The mask without `peel` layers and without its surface.
    n_removed : int
        Voxels of the mask that are not in `mask_local`.
    iterations : int
    residual : float
        Last residual relative to the right-hand side.
    converged : bool

    References
    ----------
    Zhou et al. 2014, doi:10.1002/nbm.3064
    """
    if reach_mm is not None and reach_mm <= 0:
        raise QSMError(f"reach_mm is {reach_mm:g}.", remedy="Give a length above 0, or None.")
    mask = np.asarray(mask, bool)
    box = bounding_box(mask)
    inside = np.pad(mask[box], 1)
    field = np.where(inside, np.pad(field_total[box], 1), 0).astype(np.float32)
    interior = ndimage.binary_erosion(inside, iterations=1 + max(0, peel))
    if not interior.any():
        raise QSMError(
            f"The mask of {int(mask.sum())} voxels has no interior after {peel} peeled layers.",
            remedy="Give the whole brain as mask, or peel less.",
        )
    source = negative_laplacian(field, interior, grid.voxel_size)
    solved = solve_poisson(
        source,
        interior,
        grid.voxel_size,
        tolerance=tolerance,
        max_iterations=max_iterations,
        reach_mm=reach_mm,
        name="LBV",
    )
    core = (slice(1, -1),) * 3
    return IteratedLocalField(*local_field(solved.volume[core], interior[core], mask, box), *solved[1:])
