"""The mean over the largest sphere that fits into a mask, voxel by voxel.

Which sphere fits follows from the distance to the nearest voxel outside, not from a convolution per radius. A sphere is
a bundle of rods along the last axis, and the sum along a rod is the difference of two running sums: the cost of a
voxel is the number of rods, and nothing is spent on voxels where a radius is not wanted.
"""

from __future__ import annotations

from collections.abc import Sequence

import numba
import numpy as np

from nipype_qsm.kernels.parallel import parallel
from nipype_qsm.kernels.spheres import sphere_weights


def rod_sphere(radius_mm: float, voxel_size: Sequence[float]) -> np.ndarray:
    """Return a sphere's weights, gathered on each column of the last axis into one centred rod.

    Parameters
    ----------
    radius_mm : float, mm, > 0
    voxel_size : (3,) float, mm

    Returns
    -------
    weights : (x, y, z) float32 array, 0 to 1, voxels
        The column sums are those of `sphere_weights`.
    """
    weights = sphere_weights(radius_mm, voxel_size, subsample_mm=0.2)
    half_lengths = weights.sum(axis=2, keepdims=True) / 2
    depth = np.abs(np.arange(weights.shape[2]) - weights.shape[2] // 2)
    beside = np.clip(half_lengths - (depth - 0.5), 0, 1)
    return np.where(depth == 0, 2 * np.minimum(half_lengths, 0.5), beside).astype(np.float32)


def fitting_spheres(mask: np.ndarray, spheres: Sequence[np.ndarray], voxel_size: Sequence[float]) -> np.ndarray:
    """Count, for each voxel, how many of the growing spheres around it lie entirely inside the mask.

    Parameters
    ----------
    mask : (x, y, z) bool array
        What is outside the array counts as outside the mask.
    spheres : n arrays from `rod_sphere`, of increasing radius, n < 256
    voxel_size : (3,) float, mm

    Returns
    -------
    level : (x, y, z) uint8 array
        0 outside the mask and where not even the smallest sphere fits.
    """
    reaches = np.array([_reach(sphere, voxel_size) for sphere in spheres], dtype=float)
    # Two steps past the reach: rounding may floor a reach of three voxels to two.
    steps = [(np.arange(int(reaches[-1] / size) + 3) * size).astype(np.float32) ** 2 for size in voxel_size]
    along_z, along_yz, distance = (np.empty(mask.shape, np.float32) for _ in range(3))
    _squared_gap(mask, steps[2], along_z)
    _lowest_parabola(along_z.swapaxes(0, 1), steps[1], along_yz.swapaxes(0, 1))
    _lowest_parabola(along_yz, steps[0], distance)
    # A distance equal to the reach means that the sphere's last voxel is outside.
    return np.searchsorted((reaches**2 * (1 + 1e-5)).astype(np.float32), distance).astype(np.uint8)


def _reach(weights: np.ndarray, voxel_size: Sequence[float]) -> float:
    """Return the distance [mm] of the sphere's farthest voxel centre."""
    x, y, z = ((np.arange(n) - n // 2) * size for n, size in zip(weights.shape, voxel_size, strict=True))
    squared = x[:, None, None] ** 2 + y[:, None] ** 2 + z**2
    return float(np.sqrt(squared[weights > 0].max()))


def sphere_means(volume: np.ndarray, level: np.ndarray, spheres: Sequence[np.ndarray]) -> np.ndarray:
    """Return the mean over the sphere whose number `level` holds; 0 where the level is 0.

    Parameters
    ----------
    volume : (x, y, z) float32 array
    level : (x, y, z) uint8 array
        From `fitting_spheres`: no sphere may leave the array.
    spheres : n arrays from `rod_sphere`

    Returns
    -------
    means : (x, y, z) float32 array
    """
    # One element more at each end, so that an interpolation of weight 0 has something to read.
    running = np.zeros((*volume.shape[:2], volume.shape[2] + 3), np.float32)
    np.cumsum(volume, axis=2, out=running[..., 2:-1])
    tables = [_rods(sphere, running.shape) for sphere in spheres]
    ends = np.cumsum([0] + [table.shape[1] for table in tables])
    offsets = np.concatenate(tables, axis=1)
    voxels = np.argwhere(level)
    places = (voxels[:, 0] * running.shape[1] + voxels[:, 1]) * running.shape[2] + voxels[:, 2]
    numbers = level[level > 0].astype(np.intp) - 1
    spans = np.stack([ends[numbers], ends[numbers + 1]])
    ends_of_rods, part = offsets[:2].astype(np.int64), offsets[2].astype(np.float32)
    sums = _gathered(running.ravel(), places, spans, ends_of_rods, part)
    volumes = np.array([sphere.sum(dtype=float) for sphere in spheres], np.float32)
    means = np.zeros(volume.shape, np.float32)
    means[level > 0] = sums / volumes[numbers]
    return means


def _rods(sphere: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """Return each rod's upper and lower end, as offsets in the running sums, and the part of a voxel beyond them."""
    lengths = sphere.sum(axis=2, dtype=float)
    x, y = np.nonzero(lengths)
    half = lengths[x, y] / 2 + 0.5
    line = ((x - sphere.shape[0] // 2) * shape[1] + y - sphere.shape[1] // 2) * shape[2] + 1
    return np.stack([line + np.floor(half), line - np.floor(half), half % 1])


@numba.njit(cache=True)
def _squared_gap(mask: np.ndarray, steps: np.ndarray, out: np.ndarray) -> None:
    """Write the squared distance to the nearest outside voxel of the same line, steps[-1] at most."""
    nx, ny, nz = mask.shape
    for x in range(nx):
        for y in range(ny):
            gap = 0
            for z in range(nz):
                gap = min(gap + 1, steps.size - 1) if mask[x, y, z] else 0
                out[x, y, z] = steps[gap]
            gap = 0
            for z in range(nz - 1, -1, -1):
                gap = min(gap + 1, steps.size - 1) if mask[x, y, z] else 0
                out[x, y, z] = min(out[x, y, z], steps[gap])


@numba.njit(cache=True)
def _lowest_parabola(squared: np.ndarray, steps: np.ndarray, out: np.ndarray) -> None:
    """Write the least of squared[i + j] + steps[|j|] along the first axis; outside the array is 0."""
    n, ny, nz = squared.shape
    for i in range(n):
        edge = min(i + 1, n - i, steps.size - 1)
        for y in range(ny):
            for z in range(nz):
                out[i, y, z] = min(squared[i, y, z], steps[edge])
            for j in range(1, steps.size):
                for other in (i - j, i + j):
                    if 0 <= other < n:
                        for z in range(nz):
                            out[i, y, z] = min(out[i, y, z], squared[other, y, z] + steps[j])


@parallel(fastmath=True)
def _gathered(
    running: np.ndarray, places: np.ndarray, spans: np.ndarray, rods: np.ndarray, part: np.ndarray
) -> np.ndarray:
    """Add up the rods of each voxel's sphere; running sums are interpolated linearly at a rod's ends."""
    sums = np.empty(places.size, np.float32)
    for voxel in numba.prange(places.size):
        place = places[voxel]
        total = np.float32(0)
        for rod in range(spans[0, voxel], spans[1, voxel]):
            upper, lower, t = place + rods[0, rod], place + rods[1, rod], part[rod]
            total += (1 - t) * (running[upper] - running[lower + 1]) + t * (running[upper + 1] - running[lower])
        sums[voxel] = total
    return sums
