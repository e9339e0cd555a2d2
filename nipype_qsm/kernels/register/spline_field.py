"""Displacements from the coefficients of cubic B-splines, as FNIRT stores them.

The splines are products of one function an axis, so that a whole field is three thin matrix products, one an axis,
instead of a sum over 64 coefficients at every voxel.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def spline_field(coefficients: np.ndarray, spacing: Sequence[float], shape: Sequence[int]) -> np.ndarray:
    """Evaluate cubic B-splines at every voxel of a grid.

    Parameters
    ----------
    coefficients : (x, y, z, 3) float array, mm
        The coefficient with index 1 is centred on voxel 0.
    spacing : (3,) float
        Voxels between knots.
    shape : (3,) int
        The grid.

    Returns
    -------
    field : (3, x, y, z) float32 array, mm

    References
    ----------
    Rueckert et al. 1999, doi:10.1109/42.796284
    """
    weights = [
        _weights(np.arange(n) / step, count)
        for n, step, count in zip(shape, spacing, coefficients.shape[:3], strict=True)
    ]
    field = np.empty((3, *shape), np.float32)
    for axis in range(3):
        part = np.tensordot(weights[0], np.asarray(coefficients[..., axis], np.float64), axes=(1, 0))
        part = np.tensordot(part, weights[1], axes=(1, 1))
        field[axis] = np.swapaxes(part, 1, 2).astype(np.float32) @ weights[2].T.astype(np.float32)
    return field


def _weights(position: np.ndarray, count: int) -> np.ndarray:
    """Return the cubic B-spline of each coefficient at each position, (position, coefficient)."""
    distance = np.abs(position[:, None] - (np.arange(count) - 1))
    near = 2 / 3 - distance**2 + distance**3 / 2
    far = np.maximum(0, 2 - distance) ** 3 / 6
    return np.where(distance < 1, near, far)
