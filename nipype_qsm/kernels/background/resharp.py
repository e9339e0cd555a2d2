"""RESHARP: the smallest local field whose high pass is that of the total field, wherever the sphere fits.

SHARP sets the high pass to zero where it is unknown and then divides by it. RESHARP leaves it free there, and asks for
a small local field instead (Tikhonov). The normal equations are solved by conjugate gradients, which start from SHARP's
answer: it is nearly right already, and half the iterations are saved.
"""

from __future__ import annotations

import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.conjugate_gradients import conjugate_gradients
from nipype_qsm.kernels.fixed_sphere import fixed_sphere
from nipype_qsm.kernels.local_field import IteratedLocalField, local_field

SHARP_THRESHOLD = 0.05
"""Where the first guess cuts SHARP's division."""


def resharp(
    field_total: np.ndarray,
    mask: np.ndarray,
    grid: Grid,
    *,
    radius_mm: float = 6.0,
    regularisation: float = 1e-4,
    tolerance: float = 1e-3,
    max_iterations: int = 100,
) -> IteratedLocalField:
    """Find the smallest local field that agrees with the field's high pass over a sphere.

    Minimises `|M H (field_total - x)|^2 + regularisation |x|^2`; H subtracts the sphere's mean, M is 1 where the sphere
    fits.

    Parameters
    ----------
    field_total : (x, y, z) float array, ppm
    mask : (x, y, z) bool array
    grid : Grid
    radius_mm : float, mm
        Larger keeps more of the local field's slow part and loses a wider rim.
    regularisation : float, dimensionless, >= 0
        Larger holds slow fields down, wrong ones and true ones.
    tolerance : float, dimensionless, 0 < tolerance < 1
        Stop when the residual of the normal equations has fallen to this share of their right-hand side.
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
    Sun and Wilman 2014, doi:10.1002/mrm.24765
    """
    sphere = fixed_sphere(field_total, mask, grid, radius_mm)

    def normal(volume: np.ndarray) -> np.ndarray:
        image = sphere.passed(sphere.passed_inside(volume))
        image += np.float32(regularisation) * volume
        return image

    passed = sphere.passed_inside(sphere.field)
    solved = conjugate_gradients(
        normal,
        sphere.passed(passed),
        sphere.undone(passed, SHARP_THRESHOLD),
        tolerance=tolerance,
        max_iterations=max_iterations,
        name="RESHARP",
    )
    return IteratedLocalField(*local_field(solved.volume, sphere.fits, mask, sphere.box), *solved[1:])
