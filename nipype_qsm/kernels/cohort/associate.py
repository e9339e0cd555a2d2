"""Correlate every phenotype of the brain with every other phenotype, over the subjects that have both.

Millions of correlations with missing data are a few matrix products, a block of phenotypes at a time, so that memory
does not grow with their number. Pairs where the products would lose digits, because a variable hardly varies over the
common subjects, are computed again one by one. P values use the degrees of freedom that deconfounding left.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.cohort.log_p import mlog10p_from_r
from nipype_qsm.kernels.cohort.pair_sums import Sums, pair_sums, side

REASONS = ("", "fewer subjects than required", "constant over the common subjects", "too few degrees of freedom")
"""What the codes of `reason` mean."""

BLOCK = 192
"""Phenotypes worked on together; a multiple of what matrix products like."""

DOUBTFUL = 1e-3
"""A variance below this share of the raw sum of squares is computed again without cancellation."""


class Associations(NamedTuple):
    """One number for every pair, each (columns of idps, columns of phenotypes)."""

    r: np.ndarray
    n: np.ndarray
    dof: np.ndarray
    mlog10p: np.ndarray
    reason: np.ndarray


def associate(
    idps: np.ndarray,
    phenotypes: np.ndarray,
    rank_idps: np.ndarray | None = None,
    rank_phenotypes: np.ndarray | None = None,
    *,
    dof: Literal["adjusted", "calibrated", "pairwise"] = "adjusted",
    min_subjects: int = 40,
    min_dof: int = 1,
) -> Associations:
    """Correlate all columns of two tables, pairwise complete.

    Parameters
    ----------
    idps : (subjects, idps) float array
        NaN where missing; best with few gaps.
    phenotypes : (subjects, phenotypes) float array
        NaN where missing; float32 is read as it is, all sums are float64. Fastest in Fortran order.
    rank_idps : (idps,) int array, optional
        Confounds that were regressed out of each column; none if left out.
    rank_phenotypes : (phenotypes,) int array, optional
    dof : str
        `adjusted`: n - 2 - rank, the larger of both ranks, exact where both sides were regressed over the pair's rows
        and cautious where not; `calibrated`: what the variance of r asks for when each side was regressed over all
        rows that it has, of which the pair's are a random part; `pairwise`: n - 2, as the UK Biobank papers, which
        overstates P where n is not many times the rank.
    min_subjects : int
        Phenotypes known in fewer subjects, of those that have any of `idps`, are left out.
    min_dof : int
        Pairs with fewer degrees of freedom are left out.

    Returns
    -------
    r : (idps, phenotypes) float64 array
        NaN where the pair was left out.
    n : (idps, phenotypes) int array
    dof : (idps, phenotypes) int array
    mlog10p : (idps, phenotypes) float64 array
    reason : (idps, phenotypes) int8 array
        Why a pair was left out, an index of `REASONS`.

    References
    ----------
    Wang et al. 2022, doi:10.1038/s41593-022-01074-w; Alfaro-Almagro et al. 2021, doi:10.1016/j.neuroimage.2020.117002
    """
    if idps.shape[0] != phenotypes.shape[0]:
        raise QSMError(
            f"idps have {idps.shape[0]} subjects, phenotypes {phenotypes.shape[0]}.",
            remedy="Join the tables by subject first.",
        )
    if dof not in ("adjusted", "calibrated", "pairwise"):
        raise QSMError(f"dof is '{dof}'.", remedy="Choose adjusted, calibrated or pairwise.")
    shape = idps.shape[1], phenotypes.shape[1]
    r, n, reason = np.full(shape, np.nan), np.zeros(shape, np.int64), np.zeros(shape, np.int8)
    n_phenotype = np.zeros(shape[1], np.int64)
    anyone = ~np.isnan(idps).all(axis=1)
    everyone = bool(anyone.all())
    idps = idps if everyone else idps[anyone]
    x = side(idps)
    for start in range(0, shape[1], BLOCK):
        place = slice(start, start + BLOCK)
        block = np.ascontiguousarray(phenotypes[:, place].T if everyone else phenotypes[anyone, place].T)
        sums = pair_sums(block, x)
        r[:, place], reason[:, place] = _correlations(sums, sums.known < min_subjects, idps, block)
        n[:, place] = np.rint(sums.n).T
        n_phenotype[place] = np.count_nonzero(~np.isnan(phenotypes[:, place]), axis=0)
    ranks = np.maximum(_column(rank_idps, shape[0]), _column(rank_phenotypes, shape[1]).T)
    degrees = n - 2 - (0 if dof == "pairwise" else ranks)
    if dof == "calibrated":
        degrees = calibrated(n, np.count_nonzero(~np.isnan(idps), axis=0)[:, None], n_phenotype, ranks)
    too_few = (degrees < min_dof) & (reason == 0)
    reason[too_few] = REASONS.index("too few degrees of freedom")
    r[reason != 0] = np.nan
    return Associations(r, n, degrees, mlog10p_from_r(r, degrees), reason)


def _column(rank: np.ndarray | None, size: int) -> np.ndarray:
    return (np.zeros(size, np.int64) if rank is None else np.asarray(rank))[:, None]


def calibrated(n: np.ndarray, n_idp: np.ndarray, n_phenotype: np.ndarray, rank: np.ndarray) -> np.ndarray:
    """Return the degrees of freedom of a correlation of residuals that were fitted over more rows than the pair's.

    Over a random share `a` of the rows that were fitted, the confounds keep `a` of their hold on the residuals. With
    m = n - 1, the sum of products of two such residuals has the variance m - k + k (1 - a)(1 - b), their squares add
    up to m - k a and m - k b; the variance of r is 1 / (dof + 1). With a = b = 1 that is n - 2 - k.

    Parameters
    ----------
    n : int array
        Of each pair.
    n_idp, n_phenotype : int arrays
        Over which each side was regressed; they broadcast with n.
    rank : int array
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        a, b = n / n_idp, n / n_phenotype
        left, right = n - 1 - rank * a, n - 1 - rank * b
        degrees = left * right / (n - 1 - rank + rank * (1 - a) * (1 - b)) - 1
    allowed = (n - 2 - rank > 0) & np.isfinite(degrees)
    return np.where(allowed, np.floor(np.where(allowed, degrees, 0) + 1e-9), n - 2 - rank).astype(np.int64)


def _correlations(sums: Sums, few: np.ndarray, idps: np.ndarray, block: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return r and reason, (idps, phenotypes of the block)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        xx = sums.xx - sums.x**2 / sums.n
        yy = sums.yy - sums.y**2 / sums.n
        r = (sums.xy - sums.x * sums.y / sums.n) / np.sqrt(xx * yy)
        total = sums.yy.max(axis=1, keepdims=True)
        doubtful = ~((xx > DOUBTFUL * sums.xx) & (yy > DOUBTFUL * total))
    reason = np.zeros(r.shape, np.int8)
    reason[few] = REASONS.index("fewer subjects than required")
    for phenotype, idp in np.argwhere(doubtful & (reason == 0)):
        r[phenotype, idp] = _one(np.asarray(idps[:, idp], np.float64), np.asarray(block[phenotype], np.float64))
        if np.isnan(r[phenotype, idp]):
            reason[phenotype, idp] = REASONS.index("constant over the common subjects")
    return np.clip(r, -1, 1).T, reason.T


def _one(x: np.ndarray, y: np.ndarray) -> float:
    """Correlate one pair without shortcuts; NaN where one of them does not vary."""
    both = ~(np.isnan(x) | np.isnan(y))
    x, y = x[both], y[both]
    if x.size < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return np.nan
    x, y = (x - x.mean()) / np.ptp(x), (y - y.mean()) / np.ptp(y)
    x, y = x - x.mean(), y - y.mean()
    return float(x @ y / np.sqrt((x @ x) * (y @ y)))
