"""Forward differences and their transfer function."""

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
