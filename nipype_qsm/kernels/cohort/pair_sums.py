"""The sums that correlations of many pairs with missing data need, as matrix products.

Over the subjects that both variables have, a correlation needs n, the two sums, the two sums of squares and the sum of
products. With values centred on their column and gaps set to zero, products with a 0/1 mask give all six. Phenotypes
miss much and phenotypes of the brain little, so three products suffice: the sums that depend on the second's gaps
alone are the totals less what stands in those few gaps, which is picked out directly. Subjects are taken a thousand at
a time, so that what is filled in stays in the core's own cache.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

CHUNK = 1024
"""Subjects worked on together."""

STRETCH, N_STRETCHES, ENOUGH = 64, 24, 100
"""Subjects of a stretch, stretches of a row, and known values that tell a row's centre."""

GAP_SHARE = 0.06
"""Beyond this share of missing rows a column's gaps are summed by a matrix product; picking them out costs more."""


class Side(NamedTuple):
    """The columns of few gaps, ready for products.

    Parameters
    ----------
    filled : (subjects, columns) float64 array
        Centred and scaled values, zero in gaps.
    both : (subjects, 2 columns) float64 array
        The same beside their squares.
    gaps : (n_gaps,) int array
        Rows of the gaps of every sparse column, one column after the other.
    starts : (chunks + 1, columns) int array
        Where in `gaps` each column's rows of each chunk of subjects begin.
    dense : (dense columns,) int array
        Columns of many gaps.
    dense_gaps : (subjects, dense columns) float64 array
        1 in their gaps.
    """

    filled: np.ndarray
    both: np.ndarray
    gaps: np.ndarray
    starts: np.ndarray
    dense: np.ndarray
    dense_gaps: np.ndarray


class Sums(NamedTuple):
    """How many subjects each phenotype has, and sums over those that both variables have: (phenotypes, columns)."""

    known: np.ndarray
    n: np.ndarray
    x: np.ndarray
    xx: np.ndarray
    y: np.ndarray
    yy: np.ndarray
    xy: np.ndarray


def side(values: np.ndarray) -> Side:
    """Prepare the columns of few gaps.

    Parameters
    ----------
    values : (subjects, columns) float array
        NaN where missing.
    """
    n_subjects = values.shape[0]
    by_column = np.ascontiguousarray(np.asarray(values, np.float64).T)
    filled, mask = np.empty(by_column.shape), np.empty(by_column.shape)
    totals = np.zeros((by_column.shape[0], 3))
    _centre_and_fill(by_column, _centres(by_column), 0, filled, mask, totals)
    is_dense = (mask == 0).sum(axis=1) > GAP_SHARE * n_subjects
    listed = [np.flatnonzero((row == 0) & ~many) for row, many in zip(mask, is_dense, strict=True)]
    first = np.cumsum([0, *map(len, listed)])[:-1]
    edges = np.arange(0, n_subjects + CHUNK, CHUNK)
    starts = np.array([np.searchsorted(rows, edges) for rows in listed]).reshape(-1, edges.size) + first[:, None]
    dense = np.flatnonzero(is_dense)
    by_subject = np.ascontiguousarray(filled.T)
    return Side(
        by_subject,
        np.hstack([by_subject, by_subject**2]),
        np.concatenate([*listed, np.empty(0, np.int64)]),
        np.ascontiguousarray(starts.T),
        dense,
        np.ascontiguousarray(1 - mask[dense].T),
    )


def pair_sums(values: np.ndarray, x: Side) -> Sums:
    """Sum over common subjects for every pair of a phenotype and a column.

    Parameters
    ----------
    values : (phenotypes, subjects) float array
        NaN where missing; each row contiguous.
    x : Side
    """
    n_rows, n_subjects = values.shape
    n_columns = x.filled.shape[1]
    centres, totals = _centres(values), np.zeros((n_rows, 3))
    first, xy, lost = np.zeros((n_rows, 2 * n_columns)), np.zeros((n_rows, n_columns)), np.zeros((3, n_rows, n_columns))
    room_filled, room_mask = np.empty((n_rows, CHUNK)), np.empty((n_rows, CHUNK))
    for chunk, start in enumerate(range(0, n_subjects, CHUNK)):
        stop = min(start + CHUNK, n_subjects)
        filled, mask = room_filled[:, : stop - start], room_mask[:, : stop - start]
        _centre_and_fill(values, centres, start, filled, mask, totals)
        first += mask @ x.both[start:stop]
        xy += filled @ x.filled[start:stop]
        _add_gaps(filled, mask, start, x.gaps, x.starts[chunk : chunk + 2], lost)
        if x.dense.size:
            gaps = x.dense_gaps[start:stop]
            lost[:, :, x.dense] += [mask @ gaps, filled @ gaps, filled**2 @ gaps]
    n, y, yy = totals.T[:, :, None] - lost
    return Sums(totals[:, 0], n, first[:, :n_columns], first[:, n_columns:], y, yy, xy)


def _centres(values: np.ndarray) -> np.ndarray:
    found = np.empty((values.shape[0], 2))
    _fill_centres(values, found)
    return found


@numba.njit(cache=True)
def _fill_centres(values: np.ndarray, found: np.ndarray) -> None:
    """Write about the mean of every row, and a scale that makes its values about 1.

    Any centre and scale would do: sums correct for them. A few stretches of the row tell them well enough; where these
    hold nothing known, the whole row is read.
    """
    n_subjects = values.shape[1]
    for row in range(values.shape[0]):
        n, total, size = 0.0, 0.0, 0.0
        for whole in (False, True):
            stride = STRETCH if whole else max(STRETCH, n_subjects // N_STRETCHES)
            for start in range(0, n_subjects, stride):
                for subject in range(start, min(start + STRETCH, n_subjects)):
                    given = np.float64(values[row, subject])
                    if given == given:  # noqa: PLR0124
                        n += 1.0
                        total += given
                        size += abs(given)
            if n >= ENOUGH:
                break
            if not whole:
                n, total, size = 0.0, 0.0, 0.0
        found[row, 0] = total / max(n, 1.0)
        found[row, 1] = n / size if size > 0 else 1.0


@numba.njit(cache=True, fastmath={"reassoc", "contract", "nsz", "arcp"})
def _centre_and_fill(
    values: np.ndarray, centres: np.ndarray, start: int, filled: np.ndarray, mask: np.ndarray, totals: np.ndarray
) -> None:
    """Centre and scale a chunk of every row, fill its gaps with zero, and add up count, sum and sum of squares.

    Parameters
    ----------
    values : (variables, subjects) float array
        NaN where missing.
    centres : (variables, 2) float64 array
        Mean and scale of each row.
    start : int
        First subject of the chunk.
    filled, mask : (variables, chunk) float64 array
        Written: values, and 1 where known.
    totals : (variables, 3) float64 array
        Added to.
    """
    for row in range(values.shape[0]):
        mean, scale = centres[row, 0], centres[row, 1]
        n, total, squares = 0.0, 0.0, 0.0
        for subject in range(filled.shape[1]):
            given = np.float64(values[row, start + subject])
            known = given == given  # noqa: PLR0124
            value = (given - mean) * scale if known else 0.0
            here = 1.0 if known else 0.0
            filled[row, subject] = value
            mask[row, subject] = here
            n += here
            total += value
            squares += value * value
        totals[row, 0] += n
        totals[row, 1] += total
        totals[row, 2] += squares


@numba.njit(cache=True, fastmath={"reassoc", "contract", "nsz"})
def _add_gaps(
    filled: np.ndarray, mask: np.ndarray, start: int, gaps: np.ndarray, starts: np.ndarray, lost: np.ndarray
) -> None:
    """Add what each row has in each column's gaps."""
    for row in range(filled.shape[0]):
        for column in range(starts.shape[1]):
            n, total, squares = 0.0, 0.0, 0.0
            for place in range(starts[0, column], starts[1, column]):
                value = filled[row, gaps[place] - start]
                n += mask[row, gaps[place] - start]
                total += value
                squares += value * value
            lost[0, row, column] += n
            lost[1, row, column] += total
            lost[2, row, column] += squares
