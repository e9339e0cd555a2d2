"""SHARP: one sphere, averaged over wherever it fits, and its high pass divided out again.

A harmonic field equals its own mean over any sphere, so the field minus that mean holds local field only. What the mean
took from the local field is given back by dividing by the high pass in Fourier space. Simple and fast; the rim as wide
as the radius is lost.
"""

from __future__ import annotations

import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.fixed_sphere import fixed_sphere
from nipype_qsm.kernels.local_field import LocalField, local_field


def sharp(
    field_total: np.ndarray, mask: np.ndarray, grid: Grid, *, radius_mm: float = 6.0, threshold: float = 0.05
) -> LocalField:
    """Subtract from the field its mean over a sphere, and undo the loss.

    Parameters
    ----------
    field_total : (x, y, z) float array, ppm
    mask : (x, y, z) bool array
    grid : Grid
    radius_mm : float, mm
        Larger keeps more of the local field's slow part and loses a wider rim.
    threshold : float, dimensionless, 0 < threshold < 1
        The high pass is never divided by less; frequencies below it stay zero. Smaller keeps slower local fields and
        amplifies what is wrong in them.

    Returns
    -------
    field_local : (x, y, z) float32 array, ppm
        Zero outside `mask_local`.
    mask_local : (x, y, z) bool array
        Where the sphere lies in the mask.
    n_removed : int
        Voxels of the mask that are not in `mask_local`.

    References
    ----------
    Schweser et al. 2011, doi:10.1016/j.neuroimage.2010.10.070
    """
    sphere = fixed_sphere(field_total, mask, grid, radius_mm)
    local = sphere.undone(sphere.passed_inside(sphere.field), threshold)
    return local_field(local, sphere.fits, mask, sphere.box)
