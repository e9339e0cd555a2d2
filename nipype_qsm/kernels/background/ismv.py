"""iSMV: the background equals its mean over the sphere in the brain, and the total field at the rim.

Averaging over the sphere again and again, with the rim held fixed, leaves the harmonic continuation of the rim: the
background. The published iteration creeps towards that fixed point. Seen from the local field it is a symmetric linear
system, and conjugate gradients reach it in a fifth of the steps. Nothing is divided by, so no threshold is needed.
"""

from __future__ import annotations

import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.conjugate_gradients import conjugate_gradients
from nipype_qsm.kernels.fixed_sphere import fixed_sphere
from nipype_qsm.kernels.local_field import IteratedLocalField, local_field


def ismv(
    field_total: np.ndarray,
    mask: np.ndarray,
    grid: Grid,
    *,
    radius_mm: float = 5.0,
    tolerance: float = 1e-3,
    max_iterations: int = 100,
) -> IteratedLocalField:
    """Subtract from the field the background that is its own mean over a sphere and meets the field at the rim.

    Parameters
    ----------
    field_total : (x, y, z) float array, ppm
    mask : (x, y, z) bool array
    grid : Grid
    radius_mm : float, mm
        Larger is better determined and loses a wider rim. Below about two of the largest voxel sides the sphere is too
        coarse, and error piles up.
    tolerance : float, dimensionless, 0 < tolerance < 1
        Stop when the local and the total field's high pass differ by less than this share.
    max_iterations : int
        Limit of the iteration; reaching it warns.

    Returns
    -------
    field_local : (x, y, z) float32 array, ppm
        Zero outside `mask_local`.
    mask_local : (x, y, z) bool array
        Where the sphere lies in the mask.
    n_removed : int
        Voxels of the mask that are not in `mask_local`.
    iterations : int
    residual : float
        Last residual relative to the right-hand side.
    converged : bool

    References
    ----------
    Wen et al. 2014, doi:10.1002/mrm.24998
    """
    sphere = fixed_sphere(field_total, mask, grid, radius_mm)
    solved = conjugate_gradients(
        sphere.passed_inside,
        sphere.passed_inside(sphere.field),
        tolerance=tolerance,
        max_iterations=max_iterations,
        name="iSMV",
    )
    return IteratedLocalField(*local_field(solved.volume, sphere.fits, mask, sphere.box), *solved[1:])
