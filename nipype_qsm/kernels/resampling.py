"""Linear resampling of a volume along its own axes, as one thin matrix an axis.

The new voxels cover the same box: the outer faces of both grids coincide at the low end. Each output voxel's weights
sum to one, and positions beyond the outermost centres repeat them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Matrices = tuple[np.ndarray, np.ndarray, np.ndarray]


def resampled_shape(shape: Sequence[int], voxel_size: Sequence[float], new_size: Sequence[float]) -> tuple[int, ...]:
    """Return how many new voxels cover the box of a volume."""
    return tuple(int(np.ceil(n * d / new - 1e-6)) for n, d, new in zip(shape, voxel_size, new_size, strict=True))


def linear_matrices(
    shape: Sequence[int], voxel_size: Sequence[float], new_shape: Sequence[int], new_size: Sequence[float]
) -> Matrices:
    """Return the interpolation matrix of each axis, (new, old) float32."""
    matrices = []
    for n, size, n_new, new in zip(shape, voxel_size, new_shape, new_size, strict=True):
        position = np.clip((np.arange(n_new) + 0.5) * new / size - 0.5, 0, n - 1)
        matrices.append(np.maximum(0, 1 - np.abs(position[:, None] - np.arange(n))).astype(np.float32))
    return matrices[0], matrices[1], matrices[2]


def resample(volume: np.ndarray, matrices: Matrices) -> np.ndarray:
    """Apply one matrix an axis."""
    result = volume
    for axis in (2, 1, 0) if matrices[2].shape[0] < matrices[2].shape[1] else (0, 1, 2):
        front = np.moveaxis(result, axis, 0)
        product = matrices[axis] @ front.reshape(front.shape[0], -1)
        result = np.moveaxis(product.reshape(-1, *front.shape[1:]), 0, axis)
    return np.ascontiguousarray(result)
