"""Where each voxel of one grid lies in another: transforms as a chain of point maps.

A resampled image asks, voxel by voxel, where in the moving image its value comes from. So a chain runs from the
reference grid's voxel indices to the moving image's, through any number of matrices and displacement fields. Only a
slab of points exists at a time, and a field on the points' own grid is read without interpolation. A displacement is
inverted by fixed-point iteration: the point it came from is the point it went to, less the displacement there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

SLAB_POINTS = 1 << 16
"""Points that are mapped at a time."""
SAME_POINT = 1e-4
"""How far from whole, in voxels of the field, points may lie and still be read without interpolation."""
SETTLED_MM = 0.01
"""Change of a point in one iteration that ends the inversion."""
MAX_ITERATIONS = 60
FULL_ITERATIONS = 10
"""After these the steps are halved, which settles where the field stretches by up to four times, not two."""


@dataclass(frozen=True)
class Matrix:
    """A linear map of points.

    Parameters
    ----------
    matrix : (4, 4) float array
        Acts on a column of three coordinates and a one.
    """

    matrix: np.ndarray


@dataclass(frozen=True)
class Displacement:
    """A map of points by a linear part and a field: `linear` p + d(`to_voxel` p).

    Parameters
    ----------
    field : (3, x, y, z) float32 array, mm
        Beyond its grid it goes on as at its edge.
    to_voxel : (4, 4) float array
        Points to voxel indices of the field.
    linear : (4, 4) float array
        The unit matrix for a relative displacement.
    inverse : bool
        Whether points go the other way.
    """

    field: np.ndarray
    to_voxel: np.ndarray
    linear: np.ndarray
    inverse: bool = False


Chain = Sequence[Matrix | Displacement]


@dataclass
class Settling:
    """How the inversion of displacements went.

    Parameters
    ----------
    n_unsettled : int
        Points that still moved by more than `SETTLED_MM`.
    """

    n_unsettled: int = 0


def merged(chain: Chain) -> list[Matrix | Displacement]:
    """Return the chain with neighbouring matrices multiplied into one."""
    steps: list[Matrix | Displacement] = []
    for step in chain:
        if isinstance(step, Matrix) and steps and isinstance(steps[-1], Matrix):
            steps[-1] = Matrix(step.matrix @ steps[-1].matrix)
        else:
            steps.append(step)
    return steps


def slabs(shape: Sequence[int]) -> Iterator[slice]:
    """Cut the first axis of a grid into slabs of about `SLAB_POINTS` points."""
    thickness = max(1, SLAB_POINTS // (shape[1] * shape[2]))
    for start in range(0, shape[0], thickness):
        yield slice(start, min(start + thickness, shape[0]))


def positions(chain: Chain, shape: Sequence[int], slab: slice, settling: Settling | None = None) -> np.ndarray:
    """Return where the voxels of a slab end.

    Parameters
    ----------
    chain : sequence of Matrix and Displacement
        Begins at voxel indices of the grid.
    shape : (3,) int
        The grid.
    slab : slice
        Along its first axis.
    settling : Settling, optional
        Takes the number of points whose inversion did not settle.

    Returns
    -------
    points : (3, x, y, z) float64 array
    """
    to_points = np.eye(4)
    points: np.ndarray | None = None
    for step in merged(chain):
        if isinstance(step, Matrix):
            if points is None:
                to_points = step.matrix
            else:
                points = _moved(step.matrix, points)
        elif points is None and not step.inverse:
            points = _moved(step.linear @ to_points, _indices(shape, slab))
            points += _at_indices(step.field, step.to_voxel @ to_points, shape, slab)
        else:
            given = _moved(to_points, _indices(shape, slab)) if points is None else points
            points = _displaced(step, given, settling or Settling())
    return _moved(to_points, _indices(shape, slab)) if points is None else points


def _indices(shape: Sequence[int], slab: slice) -> np.ndarray:
    axes = (np.arange(slab.start, slab.stop), np.arange(shape[1]), np.arange(shape[2]))
    return np.stack(np.broadcast_arrays(*np.ix_(*axes))).astype(float)


def _moved(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    moved = (matrix[:3, :3] @ points.reshape(3, -1)).reshape(points.shape)
    moved += matrix[:3, 3].reshape(3, 1, 1, 1)
    return moved


def _at_indices(field: np.ndarray, to_voxel: np.ndarray, shape: Sequence[int], slab: slice) -> np.ndarray:
    """Read a field at the voxels of a slab, directly where both have one grid."""
    if tuple(field.shape[1:]) == tuple(shape):
        corners = np.array([[i, j, k, 1] for i in (0, shape[0]) for j in (0, shape[1]) for k in (0, shape[2])], float)
        if np.abs((corners @ to_voxel.T - corners)[:, :3]).max() < SAME_POINT:
            return field[:, slab]
    return _read(field, _moved(to_voxel, _indices(shape, slab)))


def _read(field: np.ndarray, voxels: np.ndarray) -> np.ndarray:
    read = np.empty(voxels.shape, np.float32)
    for part, component in zip(read, field, strict=True):
        ndimage.map_coordinates(component, voxels, part, order=1, mode="nearest")
    return read


def _displaced(step: Displacement, points: np.ndarray, settling: Settling) -> np.ndarray:
    if not step.inverse:
        moved = _moved(step.linear, points)
        moved += _read(step.field, _moved(step.to_voxel, points))
        return moved
    back = np.linalg.inv(step.linear)
    came_from = _moved(back, points)
    flat, target = came_from.reshape(3, -1), points.reshape(3, -1)
    moving = np.arange(flat.shape[1])
    for iteration in range(MAX_ITERATIONS):
        if moving.size == 0:
            break
        there = np.ascontiguousarray(flat[:, moving]).reshape(3, -1, 1, 1)
        d = _read(step.field, _moved(step.to_voxel, there))
        new = _moved(back, target[:, moving].reshape(there.shape) - d)
        change = np.abs(new - there).max(axis=0).ravel()
        if iteration >= FULL_ITERATIONS:
            new = (new + there) / 2
        flat[:, moving] = new.reshape(3, -1)
        moving = moving[change > SETTLED_MM]
    settling.n_unsettled += moving.size
    return came_from
