"""Resampling: the value of each voxel of a grid, read where a chain of transforms says it comes from.

All transforms are followed before the one interpolation, so that a map is smoothed once. Values reach to the outer
faces of their voxels; beyond them there is nothing, and how many voxels found nothing is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.register.chain import Chain, Settling, positions, slabs

ORDERS = {"nearest": 0, "linear": 1, "spline": 3}


class Moved(NamedTuple):
    """A volume on another grid.

    Parameters
    ----------
    moved : (x, y, z) float32 array
    n_outside : int
        Voxels whose place lies outside the moving volume.
    n_unsettled : int
        Voxels at which the inverse of a displacement did not settle.
    """

    moved: np.ndarray
    n_outside: int
    n_unsettled: int


def apply_transform(moving: np.ndarray, chain: Chain, *, shape: Sequence[int], interpolation: str = "linear") -> Moved:
    """Resample a volume onto another grid.

    Parameters
    ----------
    moving : (x, y, z) float32 array
    chain : sequence of Matrix and Displacement
        From voxel indices of the new grid to voxel indices of `moving`.
    shape : (3,) int
        The new grid.
    interpolation : {"linear", "spline", "nearest"}
        `nearest` keeps labels whole. `spline` (cubic) keeps fine detail and overshoots at edges: move a mask along and
        multiply. `linear` never leaves the range of the values and smooths.

    Returns
    -------
    Moved

    References
    ----------
    Jenkinson et al. 2012, doi:10.1016/j.neuroimage.2011.09.015; Thevenaz et al. 2000, doi:10.1109/42.875199
    """
    if interpolation not in ORDERS:
        raise QSMError(f"There is no interpolation '{interpolation}'.", remedy=f"Choose one of: {', '.join(ORDERS)}.")
    order = ORDERS[interpolation]
    values = np.asarray(moving, np.float32)
    if order == 3:
        values = ndimage.spline_filter(values, order, output=np.float32, mode="mirror")
    moved = np.empty(tuple(shape), np.float32)
    last = np.array(moving.shape, float).reshape(3, 1, 1, 1) - 1
    settling, n_outside = Settling(), 0
    for slab in slabs(shape):
        points = positions(chain, shape, slab, settling)
        outside = np.zeros(points.shape[1:], bool)
        for place, end in zip(points, last, strict=True):
            outside |= (place < -0.5) | (place > end + 0.5)
        np.clip(points, 0, last, out=points)
        ndimage.map_coordinates(values, points, moved[slab], order=order, mode="mirror", prefilter=False)
        moved[slab][outside] = 0
        n_outside += int(np.count_nonzero(outside))
    return Moved(moved, n_outside, settling.n_unsettled)
