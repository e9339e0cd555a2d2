"""One displacement field for a chain of transforms, or for the inverse of one.

The field is what the chain does to the points of a grid, less the points themselves. It does the work of FSL's
`convertwarp` and, with a single inverted warp, of `invwarp`.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nipype_qsm.kernels.register.chain import Chain, Matrix, Settling, positions, slabs


class Composed(NamedTuple):
    """A relative displacement field.

    Parameters
    ----------
    warp : (x, y, z, 3) float32 array, mm
    n_unsettled : int
        Voxels at which the inverse of a displacement did not settle: it folds or tears there.
    """

    warp: np.ndarray
    n_unsettled: int


def compose_transforms(chain: Chain, to_mm: np.ndarray, *, shape: Sequence[int]) -> Composed:
    """Write a chain as one displacement field on a grid.

    Parameters
    ----------
    chain : sequence of Matrix and Displacement
        From the millimetres of the grid to the millimetres of the moving image.
    to_mm : (4, 4) float array
        Voxel indices of the grid to its millimetres.
    shape : (3,) int
        The grid.

    Returns
    -------
    Composed

    Warns
    -----
    UserWarning
        Where an inverse did not settle in more than one voxel of a thousand.

    References
    ----------
    Chen et al. 2008, doi:10.1118/1.2816107 (fixed-point inversion); Jenkinson et al. 2012,
    doi:10.1016/j.neuroimage.2011.09.015
    """
    field = np.empty((*shape, 3), np.float32)
    settling = Settling()
    start: Chain = [Matrix(to_mm)]
    for slab in slabs(shape):
        moved = positions([*start, *chain], shape, slab, settling)
        moved -= positions(start, shape, slab)
        field[slab] = np.moveaxis(moved, 0, -1)
    n_voxels = int(np.prod(shape))
    if settling.n_unsettled > n_voxels / 1000:
        warnings.warn(
            f"The warp could not be inverted at {settling.n_unsettled} of {n_voxels} voxels: it folds or tears there.",
            stacklevel=2,
        )
    return Composed(field, settling.n_unsettled)
