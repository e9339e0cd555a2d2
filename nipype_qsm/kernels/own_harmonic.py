"""Whether a local field has the harmonic part that its own map makes, or lost it with the background.

The slowest part of the brain's own field looks like background: harmonic inside the mask. Every background removal
takes or changes it, and leaves some background there. So the map that explains the field as it is makes another
harmonic part than the field has. Where both agree, nothing was removed, and all of the field is the brain's.

Slow fields need few voxels: all is done on a grid with as many as a brain has at 4.5 mm, in a quarter of a second.
"""

from __future__ import annotations

import numpy as np
from scipy.special import lpmv

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.conjugate_gradients import conjugate_gradients
from nipype_qsm.kernels.dipole import dipole_kernel
from nipype_qsm.kernels.fourier import fast_shape
from nipype_qsm.kernels.pruned import filtered_pruned

N_VOXELS = 15_000
"""About as many voxels of the mask are kept."""
DEGREE = 3
"""Highest degree of the harmonic polynomials."""
STEPS, PENALTY = 8, 0.01
"""Of the map by conjugate gradients: iterations, and weight of its square."""
PAD = 6
"""Coarse voxels of room on each side."""


def foreign_share(field: np.ndarray, inside: np.ndarray, grid: Grid) -> float:
    """Tell how far a field's harmonic part is from that which the field's own map makes, relative to the latter.

    Parameters
    ----------
    field : (x, y, z) float array, any unit
        In the mask's box, zero outside the mask.
    inside : (x, y, z) bool array
    grid : Grid
        For voxel size and B0 direction.

    Returns
    -------
    share : float
        Up to 0.14 for a field from which no background was removed, 0.19 and more for others.
    """
    field, inside, grid = _coarse(field, inside, grid)
    shape = fast_shape(inside.shape, PAD)
    dipole = dipole_kernel(grid.resized(shape))

    def made(chi: np.ndarray) -> np.ndarray:
        return np.where(inside, filtered_pruned(chi, dipole, shape), 0)

    def normal(chi: np.ndarray) -> np.ndarray:
        return made(made(chi)) + np.float32(PENALTY) * chi

    chi = conjugate_gradients(normal, made(field), tolerance=1e-6, max_iterations=STEPS, name=None).volume
    basis = _harmonics(inside, grid)
    own, has = (basis.T @ part[inside] for part in (made(chi), field))
    return float(np.linalg.norm(has - own)) / max(float(np.linalg.norm(own)), 1e-30)


def _coarse(field: np.ndarray, inside: np.ndarray, grid: Grid) -> tuple[np.ndarray, np.ndarray, Grid]:
    """Average blocks of voxels, so that about as many are left in the mask as are wanted."""
    size = float(np.count_nonzero(inside) * np.prod(grid.voxel_size) / N_VOXELS) ** (1 / 3)
    factors = [max(1, round(size / own)) for own in grid.voxel_size]
    padded = [(0, -n % factor) for n, factor in zip(field.shape, factors, strict=True)]
    blocks = [part for n, k in zip(field.shape, factors, strict=True) for part in (-(-n // k), k)]
    total, count = (np.pad(part, padded).reshape(blocks).sum((1, 3, 5)) for part in (field, inside))
    kept = 2 * count > np.prod(factors)
    x, y, z = (factor * own for factor, own in zip(factors, grid.voxel_size, strict=True))
    coarse = Grid(kept.shape, (x, y, z), grid.b0_direction)
    return np.where(kept, total / np.maximum(count, 1), 0).astype(np.float32), kept, coarse


def _harmonics(inside: np.ndarray, grid: Grid) -> np.ndarray:
    """Return an orthonormal basis of the harmonic polynomials without constant, (voxel, polynomial)."""
    places = np.argwhere(inside) * np.asarray(grid.voxel_size)
    places -= places.mean(0)
    radius = np.maximum(np.linalg.norm(places, axis=1), 1e-6)
    around = np.arctan2(places[:, 1], places[:, 0])
    columns = [np.ones_like(radius)]
    for degree in range(1, DEGREE + 1):
        for order in range(degree + 1):
            along = (radius / radius.max()) ** degree * lpmv(order, degree, places[:, 2] / radius)
            columns += [along * np.cos(order * around), along * np.sin(order * around)][: 1 + (order > 0)]
    return np.linalg.qr(np.stack(columns, -1))[0][:, 1:]
