"""What a region holds: its voxels, and their statistics.

A structure is taken in from its surface by a 3 x 3 neighbourhood in axial planes, so that partial volume with its
neighbours and the error of a segmentation by a voxel leave its median alone. Voxels without a value (outside the mask
of susceptibility, or where T2* could not be computed) do not count, and too few of them make no number but a reason.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from nipype_qsm.errors import QSMError


class Summary(NamedTuple):
    """Statistics of a region; NaN, with the reason, where there are too few voxels."""

    n_voxels: int
    mean: float
    sd: float
    median: float
    reason: str


def whole_numbers(labels: np.ndarray) -> np.ndarray:
    """Return a label image as int32, refusing one that was interpolated.

    Parameters
    ----------
    labels : (x, y, z) array
    """
    whole = np.rint(labels).astype(np.int32)
    wrong = int(np.count_nonzero(np.abs(labels - whole) > 1e-3))
    if wrong:
        raise QSMError(
            f"labels holds {wrong} values that are not whole numbers.",
            remedy="Resample label images with nearest-neighbour interpolation.",
        )
    return whole


def regions_of(labels: np.ndarray) -> dict[int, tuple[slice, slice, slice]]:
    """Return the box of each label, with a margin of one voxel where the volume has it.

    Parameters
    ----------
    labels : (x, y, z) int array
    """
    boxes = {}
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is not None:
            x, y, z = (slice(max(0, s.start - 1), min(n, s.stop + 1)) for s, n in zip(box, labels.shape, strict=True))
            boxes[number] = (x, y, z)
    return boxes


def eroded_in_plane(region: np.ndarray, axis: int) -> np.ndarray:
    """Take a voxel off a region's outline in every plane across an axis, corners included.

    Parameters
    ----------
    region : (x, y, z) bool array
    axis : int
        The slice axis; neighbours in other slices do not matter. The border of the volume counts as outside.
    """
    neighbourhood = np.ones(tuple(1 if a == axis else 3 for a in range(3)), bool)
    return ndimage.binary_erosion(region, neighbourhood)


def summary(values: np.ndarray, fewest: int, where: str = "in the region") -> Summary:
    """Return the statistics of values in float64.

    Parameters
    ----------
    values : (n,) float array
    fewest : int
        With fewer there is no number.
    where : str
        Said in the reason.
    """
    if values.size < max(1, fewest):
        nan = float("nan")
        return Summary(values.size, nan, nan, nan, f"{values.size} voxels {where}; {max(1, fewest)} are needed")
    wide = values.astype(np.float64)
    return Summary(values.size, float(wide.mean()), float(wide.std()), float(np.median(wide)), "")
