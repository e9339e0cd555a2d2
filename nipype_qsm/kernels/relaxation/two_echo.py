"""T2* from two echoes, step by step as UK Biobank makes it.

The logarithm of the ratio of two magnitudes gives R2*. Values that no tissue has are set to zero, a small in-plane
median removes outliers (zeros take part, so that isolated survivors vanish), and what is still zero is filled with the
mean of its neighbours. The result is complete and smooth rather than unbiased: a voxel of free fluid, whose T2* is
beyond the limit, ends as the mean of its shorter neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import njit

from nipype_qsm.errors import MetadataError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.fourier import bounding_box
from nipype_qsm.kernels.neighbours import offsets_within
from nipype_qsm.kernels.slices import slice_axis
from nipype_qsm.units import checked_echo_times


class Relaxation(NamedTuple):
    """The maps, and how many voxels of the mask each step touched."""

    t2star: np.ndarray
    r2star: np.ndarray
    s0: np.ndarray
    n_implausible: int
    n_filled: int


def two_echo(
    magnitude: np.ndarray,
    mask: np.ndarray,
    grid: Grid,
    *,
    echo_times: Sequence[float],
    longest_s: float = 0.080,
    shortest_s: float = 0.005,
    fill_radius_mm: float = 3.0,
) -> Relaxation:
    """Take T2* from the ratio of two echoes, clean it with a median and fill what is missing.

    Parameters
    ----------
    magnitude : (x, y, z, 2) float array
        Root sum of squares over coils, without intensity correction that differs between echoes.
    mask : (x, y, z) bool array
    grid : Grid
    echo_times : (2,) float, s
    longest_s, shortest_s : float, s
        T2* beyond them becomes 0 before the median.
    fill_radius_mm : float, mm, fill_radius_mm >= 0
        Voxels still 0 take the mean of the voxels that are not, whose centres lie this close.

    Returns
    -------
    t2star : (x, y, z) float array, s
        Zero outside the mask, and where nothing was near to fill with.
    r2star : (x, y, z) float array, 1/s
        Inverse of t2star where that is not zero.
    s0 : (x, y, z) float array, units of the magnitude
        First echo extrapolated to time zero with r2star.
    n_implausible : int
        Voxels of the mask beyond the limits before the median.
    n_filled : int
        Voxels of the mask that the last step filled.

    References
    ----------
    Alfaro-Almagro et al. 2018, doi:10.1016/j.neuroimage.2017.10.034
    """
    first, second = _two_times(magnitude, echo_times)
    axis = slice_axis(grid)
    offsets = offsets_within(grid, fill_radius_mm)
    margin = np.abs(offsets).max(axis=0) + 1
    box = bounding_box(mask, margin)
    ratio = _plausible(magnitude[(*box, 0)], magnitude[(*box, 1)], second - first, (shortest_s, longest_s))
    inside = np.ascontiguousarray(mask[box])
    n_implausible = int(np.count_nonzero(inside & (ratio == 0)))
    smooth = np.moveaxis(_median(np.ascontiguousarray(np.moveaxis(ratio, axis, 0))), 0, axis)
    filled = _filled(np.ascontiguousarray(smooth), inside, offsets)
    n_filled = int(np.count_nonzero(inside & (smooth == 0) & (filled > 0)))
    t2star, r2star, s0 = (np.zeros(mask.shape, magnitude.dtype) for _ in range(3))
    t2star[box] = filled
    np.divide(1, t2star, out=r2star, where=t2star > 0)
    s0[mask] = magnitude[..., 0][mask] * np.exp(first * r2star[mask])
    return Relaxation(t2star, r2star, s0, n_implausible, n_filled)


def _two_times(magnitude: np.ndarray, echo_times: Sequence[float]) -> tuple[float, float]:
    times = checked_echo_times(echo_times)
    if magnitude.ndim != 4 or magnitude.shape[3] != 2 or len(times) != 2:
        raise MetadataError(
            f"two_echo got magnitude of shape {magnitude.shape} and {len(times)} echo times; it works on two echoes.",
            remedy="Give the two echoes' magnitudes, or use log_linear or nonlinear for more echoes.",
        )
    return times[0], times[1]


def _plausible(first: np.ndarray, second: np.ndarray, gap: float, limits: tuple[float, float]) -> np.ndarray:
    """Return T2* [s] of the ratio, zero where it lies beyond the limits or has no meaning."""
    rate = np.zeros(first.shape, np.float32)
    np.divide(first, second, out=rate, where=(first > 0) & (second > 0))
    np.log(rate, out=rate, where=rate > 0)
    t2star = np.zeros_like(rate)
    np.divide(np.float32(gap), rate, out=t2star, where=rate > 0)
    t2star[(t2star < limits[0]) | (t2star > limits[1])] = 0
    return t2star


@njit(cache=True)
def _median(volume: np.ndarray) -> np.ndarray:
    """Take the 3 x 3 median in the planes of the last two axes, repeating the edge."""
    slices, rows, columns = volume.shape
    result = np.empty_like(volume)
    window = np.empty(9, volume.dtype)
    for s in range(slices):
        for r in range(rows):
            for c in range(columns):
                count = 0
                for i in range(r - 1, r + 2):
                    for j in range(c - 1, c + 2):
                        value = volume[s, min(max(i, 0), rows - 1), min(max(j, 0), columns - 1)]
                        place = count
                        while place > 0 and window[place - 1] > value:
                            window[place] = window[place - 1]
                            place -= 1
                        window[place] = value
                        count += 1
                result[s, r, c] = window[4]
    return result


@njit(cache=True)
def _filled(volume: np.ndarray, mask: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Give zero voxels of the mask the mean of the non-zero voxels at the offsets; zero outside the mask."""
    nx, ny, nz = volume.shape
    result = np.zeros_like(volume)
    for x in range(nx):
        for y in range(ny):
            for z in range(nz):
                if not mask[x, y, z]:
                    continue
                if volume[x, y, z] != 0:
                    result[x, y, z] = volume[x, y, z]
                    continue
                total, count = 0.0, 0
                for k in range(offsets.shape[0]):
                    i, j, n = x + offsets[k, 0], y + offsets[k, 1], z + offsets[k, 2]
                    if 0 <= i < nx and 0 <= j < ny and 0 <= n < nz and volume[i, j, n] != 0:
                        total += volume[i, j, n]
                        count += 1
                if count:
                    result[x, y, z] = total / count
    return result
