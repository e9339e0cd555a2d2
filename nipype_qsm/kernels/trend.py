"""The quadratic trend of a phase: found without unwrapping, taken off and put back.

Smoothing a phase that slopes is wrong wherever the neighbourhood is one-sided: at the rim of the brain the average lies
deeper than the voxel does. Without its quadratic trend a coil's offset is nearly level, and the rim keeps its value.
The trend is found from the phase between neighbours, summed over small blocks, so that no wrap and little noise comes
in. Turning by it costs two products a voxel, and trigonometry only once a row.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

BLOCK = 4
"""Voxels along the side of a block over which neighbours' products are summed."""

PAIRS = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))


class Trend(NamedTuple):
    """A phase g u + u H u / 2, with u the distance in voxels from the middle of the array.

    Parameters
    ----------
    slope : (3,) float array, rad / voxel
        g.
    curvature : (3, 3) float array, rad / voxel2
        H, symmetric.
    """

    slope: np.ndarray
    curvature: np.ndarray


def quadratic_trend(signal: np.ndarray, inside: np.ndarray) -> Trend:
    """Fit the phase between neighbours by least squares, each block weighed by its signal.

    Parameters
    ----------
    signal : (x, y, z) complex64 array
        May be wrapped; its trend must stay below half a turn a voxel.
    inside : (x, y, z) bool array
        Where the signal counts.

    Returns
    -------
    trend : Trend
        Zero where there is nothing to fit.
    """
    first = _fitted(signal, inside)
    # Blocks that the mask cuts have their middle elsewhere; of a phase that is nearly level they say the same.
    rest = _fitted(turned(signal, first, -1), inside)
    return Trend(first.slope + rest.slope, first.curvature + rest.curvature)


def _fitted(signal: np.ndarray, inside: np.ndarray) -> Trend:
    sums = _products(signal, inside, BLOCK)
    middle = (np.array(signal.shape) - 1) / 2
    scale = float(max(signal.shape))
    normal, right = np.zeros((9, 9)), np.zeros(9)
    for axis in range(3):
        weight = np.abs(sums[axis])
        terms = np.zeros((*weight.shape, 9))
        terms[..., axis] = 1
        for column, (i, j) in enumerate(PAIRS, start=3):
            if axis in (i, j):
                other = j if axis == i else i
                place = (np.arange(weight.shape[other]) + 0.5) * BLOCK - 0.5 - middle[other]
                place = (place + 0.5 * (other == axis)) / scale
                terms[..., column] = place.reshape([-1 if number == other else 1 for number in range(3)])
        terms = terms.reshape(-1, 9)
        normal += terms.T @ (terms * weight.reshape(-1, 1))
        right += terms.T @ (np.angle(sums[axis]) * weight).ravel()
    found = np.linalg.lstsq(normal, right, rcond=1e-9)[0]
    curvature = np.zeros((3, 3))
    for value, (i, j) in zip(found[3:] / scale, PAIRS, strict=True):
        curvature[i, j] = curvature[j, i] = value
    return Trend(found[:3], curvature)


def turned(signal: np.ndarray, trend: Trend, sign: int) -> np.ndarray:
    """Multiply by exp(sign i trend).

    Parameters
    ----------
    signal : (x, y, z) complex64 array, C order
    trend : Trend
    sign : int
        -1 takes the trend off, 1 puts it back.

    Returns
    -------
    turned : (x, y, z) complex64 array, C order
    """
    result = np.empty(signal.shape, np.complex64)
    _turn(signal, sign * trend.slope, sign * trend.curvature, result)
    return result


@njit(cache=True, nogil=True)
def _products(signal: np.ndarray, inside: np.ndarray, block: int) -> np.ndarray:
    """Sum S(x + 1) conj S(x) over the blocks, for each axis."""
    nx, ny, nz = signal.shape
    sums = np.zeros((3, (nx + block - 1) // block, (ny + block - 1) // block, (nz + block - 1) // block), np.complex128)
    for x in range(nx):
        for y in range(ny):
            for z in range(nz):
                if not inside[x, y, z]:
                    continue
                here = np.conj(signal[x, y, z])
                a, b, c = x // block, y // block, z // block
                if x + 1 < nx and inside[x + 1, y, z]:
                    sums[0, a, b, c] += signal[x + 1, y, z] * here
                if y + 1 < ny and inside[x, y + 1, z]:
                    sums[1, a, b, c] += signal[x, y + 1, z] * here
                if z + 1 < nz and inside[x, y, z + 1]:
                    sums[2, a, b, c] += signal[x, y, z + 1] * here
    return sums


@njit(cache=True, nogil=True)
def _turn(signal: np.ndarray, slope: np.ndarray, curvature: np.ndarray, result: np.ndarray) -> None:
    """Go along each row by two products: the phase's step itself turns by a constant angle."""
    nx, ny, nz = signal.shape
    bend = np.exp(1j * curvature[2, 2])
    w = -(nz - 1) / 2
    for x in range(nx):
        u = x - (nx - 1) / 2
        for y in range(ny):
            v = y - (ny - 1) / 2
            phase = slope[0] * u + slope[1] * v + slope[2] * w
            phase += 0.5 * (curvature[0, 0] * u * u + curvature[1, 1] * v * v + curvature[2, 2] * w * w)
            phase += curvature[0, 1] * u * v + curvature[0, 2] * u * w + curvature[1, 2] * v * w
            rate = slope[2] + curvature[0, 2] * u + curvature[1, 2] * v + curvature[2, 2] * (w + 0.5)
            turn, step = np.exp(1j * phase), np.exp(1j * rate)
            for z in range(nz):
                result[x, y, z] = signal[x, y, z] * turn
                turn *= step
                step *= bend
