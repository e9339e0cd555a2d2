"""The space halfway between two visits.

Resampling blurs. Were the second visit laid on the first, only the second would be blurred, and every subject would
seem to change. Both are moved by half of the motion between them instead, onto a grid that lies halfway between theirs,
so that what is done to one is done to the other.

References
----------
Reuter et al. 2012, doi:10.1016/j.neuroimage.2012.02.084
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from nipype_qsm.errors import GeometryError

STRETCH = 0.02
"""How far a rigid transform may stretch before it is refused."""


class Midway(NamedTuple):
    """Maps of scanner millimetres to the middle's, and the grid there."""

    first_to_mid: np.ndarray
    second_to_mid: np.ndarray
    affine: np.ndarray


def midway(second_to_first: np.ndarray, affine_first: np.ndarray, affine_second: np.ndarray) -> Midway:
    """Halve the rigid motion between two visits.

    Parameters
    ----------
    second_to_first : (4, 4) float array
        Scanner millimetres of the second visit to those of the first; rigid.
    affine_first, affine_second : (4, 4) float array
        Voxels of each visit's maps to its scanner millimetres.

    Returns
    -------
    first_to_mid, second_to_mid : (4, 4) float array
        Scanner millimetres of a visit to those of the middle: one is the inverse motion of the other.
    affine : (4, 4) float array
        Voxels of the grid halfway between the two grids; voxel size of the first.

    References
    ----------
    Reuter et al. 2012, doi:10.1016/j.neuroimage.2012.02.084
    """
    stretch = np.linalg.svd(second_to_first[:3, :3], compute_uv=False)
    if np.abs(stretch - 1).max() > STRETCH or np.linalg.det(second_to_first[:3, :3]) < 0:
        raise GeometryError(
            f"The transform from the second visit to the first is not rigid (it stretches by {stretch.max():.3g}).",
            remedy="Register the two visits with six degrees of freedom.",
        )
    half = half_rigid(second_to_first)
    back = np.linalg.inv(half)
    first, second = back @ affine_first, half @ affine_second
    sizes = [np.linalg.norm(grid[:3, :3], axis=0) for grid in (first, second)]
    unit = np.diag([*(sizes[0] / sizes[1]), 1.0])
    return Midway(back, half, half_rigid(second @ unit @ np.linalg.inv(first)) @ first)


def half_rigid(motion: np.ndarray) -> np.ndarray:
    """Return the rigid motion which, done twice, is the motion given (its rotation made exact).

    Parameters
    ----------
    motion : (4, 4) float array
    """
    left, _, right = np.linalg.svd(motion[:3, :3])
    turn = Rotation.from_matrix(left @ right)
    half = np.eye(4)
    half[:3, :3] = Rotation.from_rotvec(turn.as_rotvec() / 2).as_matrix()
    half[:3, 3] = np.linalg.solve(np.eye(3) + half[:3, :3], motion[:3, 3])
    return half
