"""Forward differences: their transfer function, and their part in a split Bregman step."""

from __future__ import annotations

import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.fourier import frequencies


def squared_gradient(grid: Grid) -> np.ndarray:
    """Return the half spectrum of |grad|^2 for periodic forward differences.

    Parameters
    ----------
    grid : Grid

    Returns
    -------
    square : (x, y, z // 2 + 1) float32 array, 1/mm2
        1 at the origin, where it would be 0: it is made to be divided by.
    """
    waves = zip(frequencies(grid.shape, grid.voxel_size), grid.voxel_size, strict=True)
    x, y, z = ((2 * np.sin(np.pi * k * size) / size) ** 2 for k, size in waves)
    square = x + y + z
    square[0, 0, 0] = 1
    return square


def split_gradient(
    volume: np.ndarray, multiplier: np.ndarray, limit: np.ndarray, total: np.ndarray, *, axis: int, size: float
) -> None:
    """Shrink the gradient along one axis, as a split Bregman step for the total variation does.

    Parameters
    ----------
    volume : (x, y, z) float array
    multiplier : (x, y, z) float array
        The scaled multiplier p of the last step; becomes grad + p clipped to the limit.
    limit : (x, y, z) float array, or one that broadcasts
        Gradient that is still set to zero.
    total : (x, y, z) float array
        Gets the adjoint of the gradient of (grad + p - 2 p') added, with p' the new multiplier.
    axis : int
    size : float, mm
        Voxel size along the axis.
    """
    step = np.roll(volume, -1, axis)
    step -= volume
    step /= size
    step += multiplier
    np.clip(step, -limit, limit, out=multiplier)
    step -= 2 * multiplier
    step /= size
    total -= step
    total += np.roll(step, 1, axis)
