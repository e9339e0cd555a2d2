"""Regress confounds out of variables with gaps, exactly.

Each column is regressed over its own observed rows; columns with the same gaps share the work. Filling the gaps with
zeros instead, which some tools do to save time, leaves confounds in: with a third of the values missing, a correlation
of 0.17 where there is none. A column with no more subjects than confounds is refused, for its residuals would be
rounding noise that correlates with anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.cohort.confound_basis import ConfoundBasis, RowBasis, columns_by_rows, confound_basis

BLOCK = 48
"""Columns that are worked on together: one product with all confounds serves them."""


class Deconfounded(NamedTuple):
    """Residuals, and what each column's regression rests on."""

    residuals: np.ndarray
    n: np.ndarray
    rank: np.ndarray
    reason: list[str]


def deconfound(
    values: np.ndarray,
    confounds: np.ndarray,
    extra: np.ndarray | None = None,
    *,
    n_components: int | None = None,
    min_dof: int = 1,
) -> Deconfounded:
    """Regress confounds out of every column, over the rows where it is known.

    Parameters
    ----------
    values : (subjects, columns) float array
        NaN where missing.
    confounds : (subjects, confounds) float array
        A subject with a missing confound is left out of every column.
    extra : (subjects, columns) float array, optional
        One more confound for each column (the field gradient of a T2* phenotype); a column of NaN for none.
    n_components : int, optional
        Replace the confounds by that many of their principal components.
    min_dof : int
        Columns with fewer than this many degrees of freedom (n - 2 - rank) are refused.

    Returns
    -------
    residuals : (subjects, columns) float64 array
        Mean zero; NaN where missing, and in refused columns.
    n : (columns,) int array
        Subjects in each regression.
    rank : (columns,) int array
        Confounds that were independent on these subjects, the constant not counted.
    reason : list of str
        Why a column was refused; empty where it was not.

    References
    ----------
    Alfaro-Almagro et al. 2021, doi:10.1016/j.neuroimage.2020.117002; Frisch and Waugh 1933, doi:10.2307/1907330
    """
    if values.shape[0] != confounds.shape[0] or (extra is not None and extra.shape != values.shape):
        raise QSMError(
            f"values have {values.shape}, confounds {confounds.shape}, extra {None if extra is None else extra.shape} "
            "rows and columns.",
            remedy="Join the tables by subject first.",
        )
    basis = confound_basis(confounds, n_components=n_components)
    own = np.zeros(values.shape[1], bool) if extra is None else ~np.isnan(extra).all(axis=0)
    known = ~np.isnan(values) & basis.rows[:, None]
    if extra is not None:
        known &= ~np.isnan(extra) | ~own
    residuals = np.full(values.shape, np.nan, order="F")
    rank, reason = np.zeros(values.shape[1], np.int64), [""] * values.shape[1]
    for groups in _blocks(known):
        rows = [(basis.of_rows(known[:, columns[0]]), columns) for columns in groups]
        block = np.concatenate(groups)
        rank[block] = np.repeat([one.rank for one, _ in rows], [len(columns) for columns in groups])
        left, before = _residuals(basis, rows, values)
        theirs = np.flatnonzero(own[block])
        if theirs.size and extra is not None:
            other, size = _residuals(basis, [(one, c[own[c]]) for one, c in rows if own[c].any()], extra)
            left[:, theirs], gained = _without(left[:, theirs], other, size)
            rank[block[theirs]] += gained
        for place, column in enumerate(block):
            n = int(known[:, column].sum())
            reason[column] = _refusal(n, int(rank[column]), min_dof, before[place], left[:, place])
            if not reason[column]:
                residuals[known[:, column], column] = left[known[:, column], place]
    return Deconfounded(residuals, known.sum(axis=0), rank, reason)


def _blocks(known: np.ndarray) -> Iterator[list[np.ndarray]]:
    """Yield blocks of columns, those with the same gaps together."""
    groups = columns_by_rows(known)
    parts = [group[start : start + BLOCK] for group in groups for start in range(0, group.size, BLOCK)]
    block: list[np.ndarray] = []
    for part in parts:
        if block and sum(map(len, block)) + len(part) > BLOCK:
            yield block
            block = []
        block.append(part)
    if block:
        yield block


def _residuals(
    basis: ConfoundBasis, rows: list[tuple[RowBasis, np.ndarray]], values: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return residuals, zero where a value is missing, and each column's spread before."""
    left = np.zeros((values.shape[0], sum(len(columns) for _, columns in rows)), order="F")
    places, start = [], 0
    for one, columns in rows:
        places.append(slice(start, start + len(columns)))
        start += len(columns)
        theirs = values[:, columns][one.observed].astype(np.float64)
        if len(theirs):
            # The mean of equal values is not quite their value.
            left[one.observed, places[-1]] = np.where(np.ptp(theirs, axis=0) > 0, theirs - theirs.mean(axis=0), 0)
    before = np.sqrt((left**2).sum(axis=0))
    for _ in range(2):
        products = basis.q.T @ left
        for (one, _), place in zip(rows, places, strict=True):
            if one.vectors is None:
                products[:, place] = one.coefficients(products[:, place])
            else:
                left[one.observed, place] -= one.vectors @ (one.vectors.T @ left[one.observed, place])
                products[:, place] = 0
        left -= basis.q @ products
        for (one, _), place in zip(rows, places, strict=True):
            left[~one.observed, place] = 0
    return left, before


def _without(left: np.ndarray, other: np.ndarray, before: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Remove each column's own confound, which the others were removed from before; tell where it added something."""
    size = (other**2).sum(axis=0)
    new = size > 1e-18 * before**2
    for _ in range(2):
        left = left - other * np.where(new, (left * other).sum(axis=0) / np.where(new, size, 1), 0)
    return left, new.astype(np.int64)


def _refusal(n: int, rank: int, min_dof: int, before: float, left: np.ndarray) -> str:
    if n == 0:
        return "no subject has this value and all confounds"
    if n - 2 - rank < min_dof:
        return f"{n} subjects and {rank} independent confounds leave {n - 2 - rank} degrees of freedom"
    if before == 0:
        return "constant"
    if np.sqrt((left**2).sum()) < 1e-9 * before:
        return "explained by the confounds altogether"
    return ""
