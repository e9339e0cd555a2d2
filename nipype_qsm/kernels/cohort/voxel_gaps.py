"""Corrections for the few subjects whom a voxel lacks, without touching all the others.

With an orthonormal basis Q over all subjects and the rows M that a voxel lacks, the Gram matrix over the others is
I - Q_M'Q_M. By Woodbury's identity everything that follows needs one system of the size of M,
(I - Q_M Q_M') z = Q_M Q'y, and z is what the confounds, fitted over the observed rows, predict for the missing ones.
Where more is missing than there are confounds, the Gram matrix itself is factorised. A system that is nearly singular,
because a confound all but vanishes without the missing subjects, is left to a slower and safer way.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from scipy import linalg

SURE = {np.dtype(np.float32): 1e-2, np.dtype(np.float64): 1e-6}
"""Share that the smallest pivot of a factor must reach, of the largest diagonal."""


class Gaps(NamedTuple):
    """What a tile's gaps change.

    Parameters
    ----------
    explained : (voxels,) float64 array
        Sum of squares that the confounds explain over the observed rows.
    shadow : (n_missing,) float64 array
        What the confounds predict for each missing subject, aligned with `missing`.
    sure : (voxels,) bool array
        Whether the system was far enough from singular.
    """

    explained: np.ndarray
    shadow: np.ndarray
    sure: np.ndarray

    def coefficients(self, q: np.ndarray, products: np.ndarray, missing: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """Return the coefficients of the basis that explain each voxel over its observed rows.

        Parameters
        ----------
        q, products, missing, starts
            As in `solve_gaps`.

        Returns
        -------
        coefficients : (voxels, rank) float64 array
        """
        found = products.copy()
        for voxel in np.flatnonzero(np.diff(starts)):
            place = slice(starts[voxel], starts[voxel + 1])
            found[voxel] += self.shadow[place].astype(q.dtype) @ q[missing[place]]
        return found


def solve_gaps(q: np.ndarray, products: np.ndarray, missing: np.ndarray, starts: np.ndarray) -> Gaps:
    """Solve every voxel's regression on the confounds over its observed rows.

    Parameters
    ----------
    q : (subjects, rank) float array
        Orthonormal over all subjects.
    products : (voxels, rank) float64 array
        Q'y, with y zero where missing.
    missing : (n_missing,) int array
        Subjects whom each voxel lacks, one voxel after the other.
    starts : (voxels + 1,) int array
        Where each voxel's begin.

    Returns
    -------
    gaps : Gaps

    References
    ----------
    Woodbury 1950, Memorandum Report 42, Princeton; Hager 1989, doi:10.1137/1031049
    """
    explained, sure = (products**2).sum(axis=1), np.ones(len(products), bool)
    shadow = np.zeros(missing.size)
    for voxel in np.flatnonzero(np.diff(starts)):
        place = slice(starts[voxel], starts[voxel + 1])
        rows, right = missing[place], products[voxel].astype(q.dtype)
        solved = _woodbury(q[rows], right) if rows.size <= q.shape[1] else _gram(q, rows, right)
        if solved is None:
            sure[voxel] = False
        else:
            shadow[place], explained[voxel] = solved
    return Gaps(explained, shadow, sure)


def _woodbury(lacking: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, float] | None:
    """Solve the system of the missing rows; return their predictions and the sum of squares explained."""
    seen = lacking @ right
    solved = _solved(_identity_less(lacking.T, 1), seen)
    return None if solved is None else (solved, float(right @ right) + float(seen @ solved))


def _gram(q: np.ndarray, rows: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, float] | None:
    """Solve the system of the confounds over the observed rows."""
    n_observed = q.shape[0] - rows.size
    if n_observed <= 2 * q.shape[1]:
        return None
    lacking = q[rows]
    if rows.size <= n_observed:
        matrix = _identity_less(lacking.T, 0)
    else:
        others = np.delete(np.arange(q.shape[0]), rows)
        matrix = _symmetric(q.dtype)(1.0, q[others].T, lower=1)
    solved = _solved(matrix, right)
    return None if solved is None else (lacking @ solved, float(right @ solved))


def _symmetric(kind: np.dtype) -> linalg.blas:
    return linalg.blas.ssyrk if kind == np.float32 else linalg.blas.dsyrk


def _identity_less(columns: np.ndarray, transposed: int) -> np.ndarray:
    """Return the lower triangle of I - A A', or of I - A'A where transposed."""
    matrix = _symmetric(columns.dtype)(-1.0, columns, trans=transposed, lower=1)
    matrix.flat[:: matrix.shape[0] + 1] += 1
    return matrix


def _solved(matrix: np.ndarray, right: np.ndarray) -> np.ndarray | None:
    """Solve by Cholesky; return none where a pivot is doubtful."""
    largest = matrix.diagonal().max()
    factorise, solve = linalg.get_lapack_funcs(("potrf", "potrs"), (matrix,))
    factor, info = factorise(matrix, lower=1, overwrite_a=1)
    if info != 0 or factor.diagonal().min() ** 2 <= SURE[matrix.dtype] * largest:
        return None
    return solve(factor, right, lower=1)[0]


def gap_sums(
    missing: np.ndarray, starts: np.ndarray, shadow: np.ndarray, values: np.ndarray, observed: np.ndarray
) -> np.ndarray:
    """Sum, over each voxel's missing subjects, what each variable has there.

    Parameters
    ----------
    missing : (n_missing,) int array
    starts : (voxels + 1,) int array
    shadow : (n_missing,) float64 array
    values : (subjects, variables) float64 array
        Zero where missing.
    observed : (subjects, variables) bool array

    Returns
    -------
    sums : (4, voxels, variables) float64 array
        Count, sum, sum of squares, and sum of products with `shadow`.
    """
    sums = np.zeros((4, starts.size - 1, values.shape[1]))
    _add_gaps((missing, starts, shadow), values, observed, sums)
    return sums


@numba.njit(cache=True, nogil=True)
def _add_gaps(gaps: tuple, values: np.ndarray, observed: np.ndarray, sums: np.ndarray) -> None:
    missing, starts, shadow = gaps
    for voxel in range(starts.size - 1):
        for place in range(starts[voxel], starts[voxel + 1]):
            row = missing[place]
            for variable in range(values.shape[1]):
                value = values[row, variable]
                sums[0, voxel, variable] += observed[row, variable]
                sums[1, voxel, variable] += value
                sums[2, voxel, variable] += value * value
                sums[3, voxel, variable] += value * shadow[place]
