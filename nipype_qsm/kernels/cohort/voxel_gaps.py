"""Corrections for the subjects whom a voxel lacks, without touching all the others.

With an orthonormal basis Q over all subjects and the rows M that a voxel lacks, the Gram matrix over the others is
I - Q_M'Q_M, which is close to a multiple of I as long as M is no special part. Conjugate gradients solve with it in a
few walks over the rows of M (or of the others, where these are fewer), to the last digit of the precision. What the
confounds, fitted over the observed rows, predict for the missing ones then corrects all sums. A confound that only
missing subjects had leaves a direction without hold: a second right side, a probe that has a share of every direction,
does not converge then, and the voxel is left to a slower and safer way.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from nipype_qsm.kernels.parallel import parallel

TOLERANCE = {np.dtype(np.float32): 3e-7, np.dtype(np.float64): 1e-14}
"""Residual of the solution, as a share of the right side."""

LOST, SURE, MOST_STEPS = 3e-3, 1e-2, 60
"""Residual of the probe; share of the matrix's mean below which a direction counts as lost; steps before giving up."""


class Gaps(NamedTuple):
    """What a tile's gaps change.

    Parameters
    ----------
    explained : (voxels,) float64 array
        Sum of squares that the confounds explain over the observed rows.
    shadow : (n_missing,) float64 array
        What the confounds predict for each missing subject, aligned with `missing`.
    sure : (voxels,) bool array
        Whether no direction of the confounds was lost.
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
        Orthonormal over all subjects; its precision is that of the solution.
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
    Hestenes and Stiefel 1952, doi:10.6028/jres.049.044
    """
    explained, sure = (products**2).sum(axis=1), np.ones(len(products), bool)
    shadow = np.zeros(missing.size)
    # Signs without a pattern: they have a share of every direction that might be lost.
    probe = np.where(np.random.default_rng(0).random(q.shape[1]) < 0.5, -1, 1).astype(q.dtype)
    right = products.astype(q.dtype)
    _solve(q, (right, probe, TOLERANCE[q.dtype]), missing, starts, (explained, shadow, sure))
    return Gaps(explained, shadow, sure)


@parallel(nogil=True)
def _solve(q: np.ndarray, given: tuple, missing: np.ndarray, starts: np.ndarray, found: tuple) -> None:
    right, probe, tolerance = given
    explained, shadow, sure = found
    for voxel in numba.prange(starts.size - 1):
        if starts[voxel + 1] > starts[voxel]:
            place = slice(starts[voxel], starts[voxel + 1])
            told = explained[voxel : voxel + 1], shadow[place], sure[voxel : voxel + 1]
            _solve_one(q, (right[voxel], probe, tolerance), missing[place], told)


@numba.njit(cache=True, nogil=True)
def _solve_one(q: np.ndarray, given: tuple, missing: np.ndarray, found: tuple) -> None:
    """Solve for a voxel, and for a probe beside it that tells whether a direction is lost."""
    right, probe, tolerance = given
    explained, shadow, sure = found
    few = 2 * missing.size <= q.shape[0]
    sure[0] = q.shape[0] - missing.size > 2 * q.shape[1]
    if not sure[0]:
        return
    rows = missing if few else _others(q.shape[0], missing)
    states = (_state(right), _state(probe))
    scale = 1.0
    for step in range(MOST_STEPS):
        _apply(q, rows, few, states)
        if step == 0:
            scale = _dot(states[1][2], states[1][3]) / _dot(probe, probe)
        # Both go on until both are there: the probe, which asks for less, ends early or never.
        here = _advance(states[0], tolerance)
        if _advance(states[1], LOST) and here:
            break
    else:
        sure[0] = False
        return
    solved, probed = states[0][0], states[1][0]
    sure[0] = _dot(probed, probe) > SURE * scale * _dot(probed, probed)
    explained[0] = _dot(right, solved)
    for place in range(missing.size):
        shadow[place] = _dot(q[missing[place]], solved)


@numba.njit(cache=True, nogil=True)
def _state(right: np.ndarray) -> tuple:
    """Return solution, residual, direction, image of the direction, and first and present square of the residual."""
    size = _dot(right, right)
    return np.zeros_like(right), right.copy(), right.copy(), np.zeros_like(right), np.array([size, size])


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _dot(a: np.ndarray, b: np.ndarray) -> float:
    total = a[0] * b[0]
    for k in range(1, a.size):
        total += a[k] * b[k]
    return total


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _apply(q: np.ndarray, rows: np.ndarray, few: bool, states: tuple) -> None:
    """Multiply both directions by the Gram matrix of the observed rows, in one walk over these or the missing ones."""
    first, second = states[0][2], states[1][2]
    first_image, second_image = states[0][3], states[1][3]
    first_image[:] = 0
    second_image[:] = 0
    for row in rows:
        line = q[row]
        a, b = line[0] * first[0], line[0] * second[0]
        for k in range(1, line.size):
            a += line[k] * first[k]
            b += line[k] * second[k]
        for k in range(line.size):
            first_image[k] += a * line[k]
            second_image[k] += b * line[k]
    if few:
        for k in range(first.size):
            first_image[k] = first[k] - first_image[k]
            second_image[k] = second[k] - second_image[k]


@numba.njit(cache=True, nogil=True)
def _advance(state: tuple, tolerance: float) -> bool:
    """Take one step of conjugate gradients; tell whether the residual is small enough."""
    solution, residual, direction, image, sizes = state
    if sizes[1] <= tolerance**2 * sizes[0]:
        return True
    hold = _dot(direction, image)
    if not hold > 0:
        return False
    step = residual.dtype.type(sizes[1] / hold)
    for k in range(solution.size):
        solution[k] += step * direction[k]
        residual[k] -= step * image[k]
    size = _dot(residual, residual)
    turn = residual.dtype.type(size / sizes[1])
    for k in range(solution.size):
        direction[k] = residual[k] + turn * direction[k]
    sizes[1] = size
    return size <= tolerance**2 * sizes[0]


@numba.njit(cache=True, nogil=True)
def _others(n: int, missing: np.ndarray) -> np.ndarray:
    known = np.ones(n, np.bool_)
    known[missing] = False
    return np.flatnonzero(known)


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
