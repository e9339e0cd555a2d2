"""Poisson's equation on the voxels of a mask, zero on its surface, and its source from wrapped phase.

The 7-point stencil couples neighbours only, so differences of the phase between neighbours are all that is needed, and
a difference is known however often the phase was wrapped, as long as it is below half a turn. Conjugate gradients on
the interior of the mask; nothing depends on what lies outside.
"""

from __future__ import annotations

from collections.abc import Sequence

import numba
import numpy as np

from nipype_qsm.kernels.conjugate_gradients import Solution, inner_product, warn_of_the_limit


def negative_laplacian(volume: np.ndarray, interior: np.ndarray, voxel_size: Sequence[float]) -> np.ndarray:
    """Return each voxel minus the weighted mean of its six neighbours, in the interior.

    Parameters
    ----------
    volume : (x, y, z) float32 array
    interior : (x, y, z) bool array
        Without voxels on the faces of the volume.
    voxel_size : (3,) float, mm

    Returns
    -------
    bend : (x, y, z) float32 array, as volume
        The negative Laplacian times half the inverse of the sum of the inverse squares of the voxel's sizes.
    """
    bend = np.zeros_like(volume)
    _negative_laplacian(volume, interior, _weights(voxel_size), bend)
    return bend


def negative_laplacian_of_phase(phase: np.ndarray, interior: np.ndarray, voxel_size: Sequence[float]) -> np.ndarray:
    """Return what `negative_laplacian` returns of the unwrapped phase, from the wrapped one.

    Parameters
    ----------
    phase : (x, y, z) float32 array, rad
        Wrapped or not; trusted in the interior and its neighbours.
    interior : (x, y, z) bool array
    voxel_size : (3,) float, mm

    Returns
    -------
    bend : (x, y, z) float32 array, rad
    """
    bend = np.zeros_like(phase)
    turn = phase.dtype.type(2 * np.pi)
    for axis, weight in enumerate(_weights(voxel_size)):
        step = np.diff(phase, axis=axis)
        step -= turn * np.rint(step / turn)
        step *= weight
        ahead, behind = (tuple(part if a == axis else slice(None) for a in range(3)) for part in ENDS)
        bend[ahead] -= step
        bend[behind] += step
    return np.where(interior, bend, 0)


ENDS = slice(None, -1), slice(1, None)
"""Voxels that have one ahead, and one behind."""


def solve_poisson(
    source: np.ndarray,
    interior: np.ndarray,
    voxel_size: Sequence[float],
    *,
    tolerance: float,
    max_iterations: int,
    name: str | None,
    reach_mm: float | None = None,
) -> Solution:
    """Find the volume with this negative Laplacian in the interior, zero elsewhere.

    Parameters
    ----------
    source : (x, y, z) float32 array
        As `negative_laplacian` returns.
    interior : (x, y, z) bool array
    voxel_size : (3,) float, mm
    tolerance : float, dimensionless, 0 < tolerance < 1
    max_iterations : int
    name : str or None
        Whose iteration it is, for the warning where the limit came first; None where the caller warns.
    reach_mm : float, mm, > 0, optional
        Add the volume over the square of this length to its negative Laplacian, so that what is slower than that is
        small (screened Poisson's equation).

    Returns
    -------
    Solution
        Its residual is relative to the source.
    """
    weights = _weights(voxel_size)
    pull = np.float32(0 if reach_mm is None else 1 / (2 * reach_mm**2 * np.sum(1 / np.square(voxel_size, dtype=float))))
    residual, image = source.copy(), np.zeros_like(source)
    local, direction = np.zeros_like(source), residual.copy()
    energy = first = inner_product(residual, residual)
    for iteration in range(max_iterations + 1):
        relative = 0.0 if first == 0 else float(np.sqrt(energy / first))
        if relative <= tolerance or iteration == max_iterations:
            break
        step = energy / _negative_laplacian(direction, interior, weights, image, pull)
        previous, energy = energy, _advance(local, residual, direction, image, step)
        direction *= np.float32(energy / previous)
        direction += residual
    if name is not None:
        warn_of_the_limit(name, iteration, relative, tolerance)
    return Solution(local, iteration, relative, relative <= tolerance)


def _weights(voxel_size: Sequence[float]) -> np.ndarray:
    """Return the weight of a neighbour along each axis; over both sides of all three they add up to 1."""
    weights = 1 / np.square(voxel_size, dtype=float)
    return (weights / (2 * weights.sum())).astype(np.float32)


@numba.njit(cache=True, fastmath=True)
def _negative_laplacian(
    volume: np.ndarray, interior: np.ndarray, weights: np.ndarray, out: np.ndarray, pull: float | np.float32 = 0.0
) -> float:
    """Write 1 + pull times the volume minus the mean of its six neighbours; return the product with the volume."""
    nx, ny, nz = volume.shape
    wx, wy, wz = weights
    own = np.float32(1 + pull)
    product = 0.0
    for x in range(1, nx - 1):
        for y in range(1, ny - 1):
            line = np.float32(0)
            for z in range(1, nz - 1):
                mean = wx * (volume[x - 1, y, z] + volume[x + 1, y, z])
                mean += wy * (volume[x, y - 1, z] + volume[x, y + 1, z])
                mean += wz * (volume[x, y, z - 1] + volume[x, y, z + 1])
                value = (own * volume[x, y, z] - mean) * np.float32(interior[x, y, z])
                out[x, y, z] = value
                line += value * volume[x, y, z]
            product += float(line)
    return product


@numba.njit(cache=True, fastmath=True)
def _advance(local: np.ndarray, residual: np.ndarray, direction: np.ndarray, image: np.ndarray, step: float) -> float:
    """Go one step along the direction; return the energy of the new residual."""
    nx, ny, nz = local.shape
    length = np.float32(step)
    energy = 0.0
    for x in range(nx):
        for y in range(ny):
            line = np.float32(0)
            for z in range(nz):
                local[x, y, z] += length * direction[x, y, z]
                residual[x, y, z] -= length * image[x, y, z]
                line += residual[x, y, z] ** 2
            energy += float(line)
    return energy
