"""Sums over subjects that can be put together: how many have a voxel, their values, and their squares.

Maps of a cohort are whole numbers of one step (`map_store`), so all three sums are whole numbers, exact in 64 bits. Put
together in any order and from units of any size they give the same bytes, which sums of floats, even merged as means
and variances (Chan et al. 1983), do not. A unit is read once, a stretch of voxels at a time, so that the sums of that
stretch stay in the core's cache.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numba
import numpy as np

STRETCH = 2048
"""Voxels summed together: three sums of them fit the fastest cache."""

MOST_ROWS = 65535
"""Rows whose sum fits 32 bits, which are four times as fast as 64."""


class Sums(NamedTuple):
    """What a group of subjects adds up to, for each voxel.

    Parameters
    ----------
    known : (voxels,) int64 array
        Subjects with a value.
    total : (voxels,) int64 array
        Of their values, in steps.
    squares : (voxels,) int64 array
        Of their squared values.
    n_subjects : int
        Of the group, with a value or without.
    """

    known: np.ndarray
    total: np.ndarray
    squares: np.ndarray
    n_subjects: int


def unit_sums(block: np.ndarray, rows: np.ndarray | None = None, *, missing: int = -32768) -> Sums:
    """Add up the values of some subjects, voxel by voxel.

    Parameters
    ----------
    block : (subjects, voxels) int16 array, steps
    rows : (n,) int array, optional
        Which subjects; all by default.
    missing : int
        What stands where a subject has no value.

    Returns
    -------
    Sums

    References
    ----------
    Chan et al. 1983, doi:10.1080/00031305.1983.10483115
    """
    chosen = np.arange(block.shape[0]) if rows is None else np.asarray(rows, np.int64)
    sums = nothing(block.shape[1])
    _add(block, chosen, np.int16(missing), sums.known, sums.total, sums.squares)
    return sums._replace(n_subjects=int(chosen.size))


def nothing(n_voxels: int) -> Sums:
    """Return the sums of no subject."""
    return Sums(np.zeros(n_voxels, np.int64), np.zeros(n_voxels, np.int64), np.zeros(n_voxels, np.int64), 0)


def add(whole: Sums, part: Sums, voxels: slice = slice(None)) -> None:
    """Add sums to others, in place; the number of subjects is the caller's.

    Parameters
    ----------
    whole : Sums
        Changed.
    part : Sums
    voxels : slice
        Of `whole`, where `part` has only these.
    """
    for own, other in zip(whole[:3], part[:3], strict=True):
        own[voxels] += other


def merged(parts: Iterable[Sums]) -> Sums:
    """Put sums of different subjects together.

    Parameters
    ----------
    parts : iterable of Sums
        At least one; taken one at a time.
    """
    remaining = iter(parts)
    whole = next(remaining)
    whole = Sums(whole.known.copy(), whole.total.copy(), whole.squares.copy(), whole.n_subjects)
    for part in remaining:
        add(whole, part)
        whole = whole._replace(n_subjects=whole.n_subjects + part.n_subjects)
    return whole


@numba.njit(cache=True, nogil=True)
def _add(
    block: np.ndarray,
    rows: np.ndarray,
    missing: np.int16,
    known: np.ndarray,
    total: np.ndarray,
    squares: np.ndarray,
) -> None:
    own_known, own_total = np.empty(STRETCH, np.int32), np.empty(STRETCH, np.int32)
    own_squares = np.empty(STRETCH, np.int64)
    for first in range(0, block.shape[1], STRETCH):
        n = min(STRETCH, block.shape[1] - first)
        for start in range(0, rows.size, MOST_ROWS):
            own_known[:], own_total[:], own_squares[:] = 0, 0, 0
            for row in rows[start : start + MOST_ROWS]:
                part = block[row, first : first + n]
                for voxel in range(n):
                    there = np.int32(part[voxel] != missing)
                    value = np.int32(part[voxel]) * there
                    own_known[voxel] += there
                    own_total[voxel] += value
                    own_squares[voxel] += np.int64(value) * np.int64(value)
            for voxel in range(n):
                known[first + voxel] += own_known[voxel]
                total[first + voxel] += own_total[voxel]
                squares[first + voxel] += own_squares[voxel]
