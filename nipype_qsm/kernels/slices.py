"""Which voxel axis counts as the slice axis.

UK Biobank cleans masks and filters T2* in axial slices, across its third axis. Here the slice axis is the voxel axis
closest to B0, which for a head lying in a scanner is the same thing, and stays right for images stored in another
order and for oblique scans.
"""

from __future__ import annotations

import numpy as np

from nipype_qsm.geometry import Grid


def slice_axis(grid: Grid) -> int:
    """Return the voxel axis closest to B0; the last of equals."""
    along = np.abs(grid.b0_direction)
    return 2 - int(np.argmax(along[::-1]))


def pixel_area(grid: Grid) -> float:
    """Return the area [mm2] of a pixel in an axial slice."""
    return grid.voxel_volume / grid.voxel_size[slice_axis(grid)]
