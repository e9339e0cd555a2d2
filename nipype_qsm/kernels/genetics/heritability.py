"""SNP heritability by LD score regression.

A variant that is inherited with many others tags more causes: where a trait has many small ones, the mean chi-square
of variants grows with their LD score, and the slope is the heritability. Stratification lifts all variants alike, and
so goes into the intercept. Variants are weighted by how variable and how repeated their information is; the intercept
is taken from weak variants alone, the slope then from all; the error is a jackknife over blocks of neighbours.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from nipype_qsm.errors import QSMError

MEDIAN_CHI_SQUARE = 0.4549364231195724  # of one degree of freedom


class Heritability(NamedTuple):
    """One trait."""

    h2: float
    h2_se: float
    intercept: float
    intercept_se: float
    lambda_gc: float
    mean_chi2: float
    ratio: float
    n_variants: int


class _Jackknife(NamedTuple):
    estimate: np.ndarray
    deleted: np.ndarray
    edges: np.ndarray


def heritability(
    z: np.ndarray,
    n: np.ndarray,
    ld_score: np.ndarray,
    m: float,
    weights: np.ndarray | None = None,
    *,
    n_blocks: int = 200,
    cutoff: float = 30.0,
) -> Heritability:
    """Regress the chi-square of variants on their LD scores.

    Parameters
    ----------
    z : (variants,) float array
        Effect over its standard error, in the order of the genome.
    n : (variants,) float array
        People.
    ld_score : (variants,) float array
        Sum of squared correlations with neighbours.
    m : float
        Variants that the LD scores sum over, of 5 to 50 % frequency; it multiplies the heritability.
    weights : (variants,) float array, optional
        LD score among the variants of the regression; `ld_score` unless given.
    n_blocks : int
        Of the jackknife.
    cutoff : float, chi-square
        The intercept is taken from variants below it.

    Returns
    -------
    h2, h2_se : float
        Share of the trait's variance, 0 to 1 but for noise.
    intercept, intercept_se : float
        1 without stratification.
    lambda_gc, mean_chi2 : float
    ratio : float
        Share of the inflation that is not heritability; NaN where there is no inflation.
    n_variants : int

    References
    ----------
    Bulik-Sullivan et al. 2015, doi:10.1038/ng.3211
    """
    z, n, score = (np.asarray(one, np.float64) for one in (z, n, ld_score))
    weight = score if weights is None else np.asarray(weights, np.float64)
    if m <= 0:
        raise QSMError("The number of variants behind the LD scores is missing.", remedy="Give the M_5_50 files.")
    if z.size < 3 * n_blocks:
        raise QSMError(
            f"{z.size} variants are too few for a jackknife of {n_blocks} blocks.",
            remedy="Check that identifiers and build of the results are those of the LD scores.",
        )
    chi2, mean_n = z**2, n.mean()
    start = np.clip(m * (chi2.mean() - 1) / (score * n).mean(), 0, 1)
    first = _weights(score, weight, n, start / m, 1.0)
    scaled = n * score / mean_n
    weak = chi2 < cutoff
    n_blocks = min(n_blocks, int(weak.sum()))

    def renewed(slope: float, intercept: float) -> np.ndarray:
        return _weights(scaled[weak], weight[weak], n[weak], np.clip(m * slope / mean_n, 0, 1) / m, intercept)

    design = np.column_stack([scaled[weak], np.ones(int(weak.sum()))])
    edges = np.floor(np.linspace(0, design.shape[0], n_blocks + 1)).astype(int)
    one = _reweighted(design, chi2[weak], first[weak], lambda b: renewed(b[0], b[1]), edges)
    intercept = one.estimate[1]
    edges = np.concatenate([[0], np.flatnonzero(weak)[edges[1:-1]], [z.size]])
    two = _reweighted(
        scaled[:, None],
        chi2 - intercept,
        first,
        lambda b: _weights(score, weight, n, np.clip(m * b[0] / mean_n, 0, 1) / m, intercept),
        edges,
    )
    lever = (first * scaled).sum() / (first * scaled**2).sum()
    deleted = np.column_stack([two.deleted[:, 0] - lever * (one.deleted[:, 1] - intercept), one.deleted[:, 1]])
    error = _standard_error(deleted, np.array([two.estimate[0], intercept]))
    mean = chi2.mean()
    return Heritability(
        float(m / mean_n * two.estimate[0]),
        float(m / mean_n * error[0]),
        float(intercept),
        float(error[1]),
        float(np.median(chi2) / MEDIAN_CHI_SQUARE),
        float(mean),
        float((intercept - 1) / (mean - 1)) if mean > 1 else float("nan"),
        int(z.size),
    )


def _weights(score: np.ndarray, weight: np.ndarray, n: np.ndarray, per_variant: float, intercept: float) -> np.ndarray:
    """Return one over variance and over-counting; LD scores below one count as one."""
    expected = intercept + per_variant * n * np.maximum(score, 1)
    return 1 / (2 * expected**2 * np.maximum(weight, 1))


def _reweighted(
    x: np.ndarray, y: np.ndarray, weight: np.ndarray, renew: Callable[[np.ndarray], np.ndarray], edges: np.ndarray
) -> _Jackknife:
    for _ in range(2):
        gram, right = (x * weight[:, None]).T @ x, (x * weight[:, None]).T @ y
        weight = renew(np.linalg.solve(gram, right))
    weighted = x * (weight / weight.mean())[:, None]
    grams = np.stack([weighted[a:b].T @ x[a:b] for a, b in pairwise(edges)])
    rights = np.stack([weighted[a:b].T @ y[a:b] for a, b in pairwise(edges)])
    estimate = np.linalg.solve(grams.sum(axis=0), rights.sum(axis=0))
    deleted = np.linalg.solve(grams.sum(axis=0) - grams, (rights.sum(axis=0) - rights)[..., None])[..., 0]
    return _Jackknife(estimate, deleted, edges)


def _standard_error(deleted: np.ndarray, estimate: np.ndarray) -> np.ndarray:
    n = deleted.shape[0]
    pseudo = n * estimate - (n - 1) * deleted
    return np.sqrt(pseudo.var(axis=0, ddof=1) / n)
