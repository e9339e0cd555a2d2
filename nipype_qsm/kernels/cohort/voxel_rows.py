"""Subjects by voxels, turned into voxels by subjects.

A store keeps a subject's voxels together, and statistics want a voxel's subjects together. Done for some subjects at a
time, while what was read is still in the core's own cache, turning costs little; done later, it costs as much as
counting and ranking.
"""

from __future__ import annotations

import numba
import numpy as np

from nipype_qsm.kernels.parallel import parallel

MISSING = -32768
"""What stands for a missing value among 16-bit steps."""

SHIFT = np.uint16(32768)
"""Added to a step, so that missing is 0 and all others are above it."""

SUBJECTS, VOXELS = 32, 512
"""Turned over together: a cache line of every voxel, and few pages of memory."""


def voxel_rows(
    values: np.ndarray,
    rows: np.ndarray | None = None,
    into: np.ndarray | None = None,
    columns: np.ndarray | None = None,
) -> np.ndarray:
    """Turn steps of some subjects into rows of voxels.

    Parameters
    ----------
    values : (subjects, voxels) int16 array
        -32768 where missing.
    rows : (n,) int array, optional
        Subjects to take; all, if left out.
    into : (voxels, n_all) uint16 array, optional
        Where to write; a new array of n columns, if left out.
    columns : (n,) int array, optional
        Where in `into` each of these subjects goes; in their order, if left out.

    Returns
    -------
    steps : (voxels, n_all) uint16 array
        Steps plus 32,768: zero where missing.
    """
    rows = np.arange(len(values)) if rows is None else np.asarray(rows, np.int64)
    columns = np.arange(rows.size) if columns is None else np.asarray(columns, np.int64)
    into = np.empty((values.shape[1], rows.size), np.uint16) if into is None else into
    _turn(values, rows, columns, into)
    return into


@parallel(nogil=True)
def _turn(values: np.ndarray, rows: np.ndarray, columns: np.ndarray, into: np.ndarray) -> None:
    n_voxels = values.shape[1]
    for strip in numba.prange((n_voxels + VOXELS - 1) // VOXELS):
        first = strip * VOXELS
        last = min(first + VOXELS, n_voxels)
        for place in range(rows.size):
            line, column = values[rows[place]], columns[place]
            for voxel in range(first, last):
                into[voxel, column] = np.uint16(line[voxel]) ^ SHIFT
