"""Rank-based inverse normal transform, column by column.

Values are replaced by the normal deviates of their ranks, so that skewed and heavy-tailed measures can be correlated
and their P values believed. Equal values share one score: the mean of the scores that their ranks would have had
(FSL and UK Biobank) or the score of their mean rank (SciPy's and R's convention).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy.special import ndtri


def inverse_normal(
    values: np.ndarray, *, ties: Literal["mean_score", "mean_rank"] = "mean_score", offset: float = 0.375
) -> np.ndarray:
    """Replace every value by the normal deviate of its rank in its column.

    Parameters
    ----------
    values : (subjects, columns) float array
        NaN where missing; stays NaN.
    ties : str
        `mean_score` or `mean_rank`: which mean equal values share.
    offset : float, dimensionless, 0 to 0.5
        c in (rank - c) / (n - 2 c + 1); 3/8 is Blom's.

    Returns
    -------
    values : (subjects, columns) float64 array
        A column of one value becomes zero.

    References
    ----------
    Blom 1958, doi:10.2307/2282098; Beasley et al. 2009, doi:10.1007/s10519-009-9281-0
    """
    normal = np.full(values.shape, np.nan)
    for column in range(values.shape[1]):
        one = np.asarray(values[:, column], np.float64)
        present = np.flatnonzero(~np.isnan(one))
        if present.size:
            normal[present, column] = _scores(one[present], ties, offset)
    return normal


def _scores(present: np.ndarray, ties: str, offset: float) -> np.ndarray:
    n = present.size
    order = np.argsort(present, kind="stable")
    ordered = present[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    sizes = np.diff(np.r_[starts, n])
    ranks = np.arange(1, n + 1, dtype=np.float64) if ties == "mean_score" else starts + (sizes + 1) / 2
    scores = ndtri((ranks - offset) / (n - 2 * offset + 1))
    if ties == "mean_score":
        scores = np.add.reduceat(scores, starts) / sizes
    found = np.empty(n)
    found[order] = np.repeat(scores, sizes)
    return found
