"""Minimum-intensity projection: the darkest voxel of a few neighbouring slices.

A vein that crosses slices is a row of dark dots in each of them; the minimum over a slab joins the dots to a line.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.slices import slice_axis


def minimum_projection(swi: np.ndarray, mask: np.ndarray, grid: Grid, *, n_slices: int = 7) -> np.ndarray:
    """Take the minimum over neighbouring slices, voxel by voxel.

    Parameters
    ----------
    swi : (x, y, z) float array
    mask : (x, y, z) bool array
        Voxels outside do not count, so that the dark surroundings do not eat into the brain.
    grid : Grid
    n_slices : int, n_slices >= 1
        Slices of a slab, centred on each voxel's own (an even slab reaches one further back); fewer at the volume's
        ends. More shows longer pieces of veins, and darkens everything.

    Returns
    -------
    swi_minimum : (x, y, z) float array, units of the image
        Zero outside the mask.

    References
    ----------
    Haacke et al. 2004, doi:10.1002/mrm.20198
    """
    inside = np.where(mask, swi, np.inf).astype(np.float32)
    darkest = ndimage.minimum_filter1d(inside, n_slices, axis=slice_axis(grid), mode="nearest")
    return np.where(mask, darkest, np.float32(0))
