"""A map as a row of a store: the brain's voxels, as whole steps of a scale.

Reading the stored numbers of a file as they are, picking the brain, scaling and rounding are one pass. Nothing is
clipped: a value beyond what 16 bits hold is missing, and counted.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np


class Steps(NamedTuple):
    """A row of a store.

    Parameters
    ----------
    values : (voxels,) int16 array, steps
    n_missing : int
        Voxels where the map has no value.
    n_beyond : int
        Voxels whose value is too large for a row.
    low, high : float, steps
        Least and largest value, those beyond included.
    """

    values: np.ndarray
    n_missing: int
    n_beyond: int
    low: float
    high: float


def quantise(
    stored: np.ndarray,
    index: np.ndarray,
    *,
    slope: float = 1.0,
    intercept: float = 0.0,
    zero_is_missing: bool = True,
    missing: int = -32768,
) -> Steps:
    """Round the brain's voxels of a map to whole steps.

    Parameters
    ----------
    stored : (n,) array
        Numbers of a file in their order.
    index : (voxels,) int array
        Places of the brain's voxels in it.
    slope, intercept : float, steps
        A value is `stored * slope + intercept`: the header's scaling, the unit and the size of a step in one.
    zero_is_missing : bool
        A value of exactly zero is none: maps are zero outside their mask.
    missing : int

    Returns
    -------
    Steps
        What is not a number is missing.
    """
    values = np.empty(index.size, np.int16)
    native = stored.astype(stored.dtype.newbyteorder("="), copy=False)
    counts = _quantise(native, index, float(slope), float(intercept), zero_is_missing, np.int16(missing), values)
    n_missing, n_beyond, low, high = counts
    return Steps(values, int(n_missing), int(n_beyond), float(low), float(high))


@numba.njit(cache=True, nogil=True)
def _quantise(
    stored: np.ndarray,
    index: np.ndarray,
    slope: float,
    intercept: float,
    zero_is_missing: bool,
    missing: np.int16,
    values: np.ndarray,
) -> tuple[int, int, float, float]:
    n_missing, n_beyond, low, high = 0, 0, np.inf, -np.inf
    for voxel in range(index.size):
        value = stored[index[voxel]] * slope + intercept
        if np.isnan(value) or (zero_is_missing and value == 0):
            values[voxel] = missing
            n_missing += 1
            continue
        low, high = min(low, value), max(high, value)
        whole = np.rint(value)
        if abs(whole) > 32767:
            values[voxel] = missing
            n_beyond += 1
        else:
            values[voxel] = np.int16(whole)
    return n_missing, n_beyond, low, high
