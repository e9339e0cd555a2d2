"""How far each voxel's phase can be trusted, from the phase alone.

Around each voxel the unit phasors exp(i phase) are averaged over a small sphere inside the mask. The length of the mean
is 1 where the phase is flat and falls towards 0 where it turns steeply (air, large veins) or is noise. Wraps do not
matter, because a phasor does not know them.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numba import njit

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.fourier import bounding_box
from nipype_qsm.kernels.spheres import sphere_weights


def reliability(
    phase: np.ndarray,
    mask_brain: np.ndarray,
    grid: Grid,
    *,
    radius_mm: float = 2.0,
    radius_voxels: float = 1.33,
    center: Literal["voxel", "corner"] = "voxel",
) -> np.ndarray:
    """Take the length of the mean phasor over a small sphere.

    Parameters
    ----------
    phase : (x, y, z, echo) float array, rad
        Wrapped or not.
    mask_brain : (x, y, z) bool array
        Only its voxels count in the means.
    grid : Grid
    radius_mm : float, mm, > 0
        Larger reads a gradient as less reliable, and finds fewer single bad voxels.
    radius_voxels : float, voxels, >= 0
        The radius is at least this many of the shortest voxel side: a sphere that holds a single voxel of a coarse
        grid would call every phase reliable. Without effect below 1.5 mm at the other defaults; 0 switches it off.
    center : {"voxel", "corner"}
        Where the sphere stands. "corner" is half a voxel off on each axis, as in UK Biobank's code.

    Returns
    -------
    reliability : (x, y, z, echo) float array, dimensionless, 0 to 1
        One outside the mask.

    References
    ----------
    Wang et al. 2022, doi:10.1038/s41593-022-01074-w
    """
    radius_mm = max(radius_mm, radius_voxels * min(grid.voxel_size))
    weights = sphere_weights(radius_mm, grid.voxel_size, center=center)
    margin = np.array(weights.shape) // 2
    box = bounding_box(mask_brain)
    # A margin of empty voxels on every side spares the loop its border checks.
    inside = np.pad(mask_brain[box], [(m, m) for m in margin])
    taps = np.argwhere(weights > 0)
    strengths = weights[weights > 0]
    total = _sphere_sum(inside.astype(np.float32), inside, margin, taps, strengths)[inside]
    result = np.ones((phase.shape[3], *mask_brain.shape), phase.dtype)
    for echo in range(phase.shape[3]):
        angles = phase[..., echo][box][mask_brain[box]]
        parts = np.zeros((2, *inside.shape), np.float32)
        parts[0][inside], parts[1][inside] = np.cos(angles), np.sin(angles)
        real, imaginary = (_sphere_sum(part, inside, margin, taps, strengths)[inside] for part in parts)
        result[echo][box][mask_brain[box]] = np.hypot(real, imaginary) / total
    return np.moveaxis(result, 0, -1)


@njit(cache=True, fastmath=True)
def _sphere_sum(
    volume: np.ndarray, inside: np.ndarray, margin: np.ndarray, taps: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Convolve with a few weights, on the rows that hold voxels of the mask; the inner loop runs along memory."""
    nx, ny, nz = volume.shape
    result = np.ones(volume.shape, volume.dtype)
    first, last = margin[2], nz - margin[2]
    row = np.empty(last - first, volume.dtype)
    for x in range(margin[0], nx - margin[0]):
        for y in range(margin[1], ny - margin[1]):
            if not inside[x, y].any():
                continue
            row[:] = 0
            for k in range(weights.size):
                start = first + margin[2] - taps[k, 2]
                source = volume[x + margin[0] - taps[k, 0], y + margin[1] - taps[k, 1], start : start + row.size]
                for z in range(row.size):
                    row[z] += weights[k] * source[z]
            result[x, y, first:last] = row
    return result
