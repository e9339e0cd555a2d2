"""Which voxels lie within some millimetres of a voxel.

Distances are between voxel centres, so that a radius smaller than a voxel's size along an axis reaches no neighbour
there: what FSL's sphere kernels and morphology on anisotropic voxels need.
"""

from __future__ import annotations

import numpy as np

from nipype_qsm.geometry import Grid


def offsets_within(grid: Grid, radius_mm: float) -> np.ndarray:
    """Return the (n, 3) offsets [voxels] of the voxels whose centres lie within a radius, the voxel itself included."""
    size = np.asarray(grid.voxel_size)
    reach = np.floor(radius_mm / size + 1e-6).astype(int)
    steps = np.stack(np.meshgrid(*(np.arange(-n, n + 1) for n in reach), indexing="ij"), -1).reshape(-1, 3)
    return steps[np.sum((steps * size) ** 2, axis=1) <= radius_mm**2 * (1 + 1e-6)]


def ball(grid: Grid, radius_mm: float) -> np.ndarray:
    """Return those voxels as a boolean structure of odd shape, for morphology."""
    offsets = offsets_within(grid, radius_mm)
    reach = np.abs(offsets).max(axis=0)
    structure = np.zeros(2 * reach + 1, bool)
    structure[tuple((offsets + reach).T)] = True
    return structure
