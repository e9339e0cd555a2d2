"""Reading a template at the points of a tilted grid: the inner loops, compiled.

Points outside the template take the value at its edge, so that the neck goes on below it and air above and around it.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, fastmath=True)
def interpolate(volumes: np.ndarray, affine: np.ndarray, first: int, out: np.ndarray) -> None:
    """Interpolate trilinearly into `out`, whose first axis begins at grid index `first`.

    Parameters
    ----------
    volumes : (x, y, z, n) float32 array
        Side by side, so that they share one look-up.
    affine : (4, 4) float array
        Grid indices to template indices.
    first : int
    out : (n, x, y, z) float32 array
        Filled.
    """
    nx, ny, nz, n = volumes.shape
    for i in range(out.shape[1]):
        for j in range(out.shape[2]):
            for k in range(out.shape[3]):
                x = affine[0, 0] * (i + first) + affine[0, 1] * j + affine[0, 2] * k + affine[0, 3]
                y = affine[1, 0] * (i + first) + affine[1, 1] * j + affine[1, 2] * k + affine[1, 3]
                z = affine[2, 0] * (i + first) + affine[2, 1] * j + affine[2, 2] * k + affine[2, 3]
                x = min(max(x, 0.0), nx - 1.001)
                y = min(max(y, 0.0), ny - 1.001)
                z = min(max(z, 0.0), nz - 1.001)
                a, b, c = int(x), int(y), int(z)
                u, v, w = np.float32(x - a), np.float32(y - b), np.float32(z - c)
                one = np.float32(1)
                for m in range(n):
                    low = (one - v) * ((one - w) * volumes[a, b, c, m] + w * volumes[a, b, c + 1, m])
                    low += v * ((one - w) * volumes[a, b + 1, c, m] + w * volumes[a, b + 1, c + 1, m])
                    high = (one - v) * ((one - w) * volumes[a + 1, b, c, m] + w * volumes[a + 1, b, c + 1, m])
                    high += v * ((one - w) * volumes[a + 1, b + 1, c, m] + w * volumes[a + 1, b + 1, c + 1, m])
                    out[m, i, j, k] = (one - u) * low + u * high


@njit(cache=True, nogil=True)
def nearest_into(labels: np.ndarray, affine: np.ndarray, out: np.ndarray) -> None:
    """Take the nearest label at each point of a grid."""
    nx, ny, nz = labels.shape
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            for k in range(out.shape[2]):
                x = affine[0, 0] * i + affine[0, 1] * j + affine[0, 2] * k + affine[0, 3] + 0.5
                y = affine[1, 0] * i + affine[1, 1] * j + affine[1, 2] * k + affine[1, 3] + 0.5
                z = affine[2, 0] * i + affine[2, 1] * j + affine[2, 2] * k + affine[2, 3] + 0.5
                a, b, c = min(max(int(x), 0), nx - 1), min(max(int(y), 0), ny - 1), min(max(int(z), 0), nz - 1)
                out[i, j, k] = labels[a, b, c]


def nearest(labels: np.ndarray, affine: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return the nearest label at each point of a grid, uint8.

    Parameters
    ----------
    labels : (x, y, z) uint8 array
    affine : (4, 4) float array
        Grid indices to template indices.
    shape : (3,) int
    """
    out = np.empty(shape, np.uint8)
    nearest_into(labels, np.ascontiguousarray(affine), out)
    return out
