"""How well a phenotype comes back at a second visit.

The correlation over subjects between two visits, with an interval from resampled subjects, says whether people can be
told apart; the intraclass correlations say it in the presence of a shift (agreement) or leaving it out (consistency);
the standard deviation within subjects is the error of one measurement in its own unit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from nipype_qsm.errors import QSMError


class Reproducibility(NamedTuple):
    """One number a column."""

    r: np.ndarray
    low: np.ndarray
    high: np.ndarray
    n: np.ndarray
    icc_agreement: np.ndarray
    icc_consistency: np.ndarray
    shift: np.ndarray
    within_sd: np.ndarray


def reproducibility(
    first: np.ndarray, second: np.ndarray, *, n_bootstrap: int = 2000, level: float = 0.95, seed: int = 0
) -> Reproducibility:
    """Compare two visits of the same subjects, column by column.

    Parameters
    ----------
    first, second : (subjects, columns) float array
        NaN where missing; a subject counts where both visits have the value.
    n_bootstrap : int
        Resamplings of the subjects; more make the interval's ends steadier.
    level : float, 0 to 1
        Of the interval.
    seed : int

    Returns
    -------
    r, low, high : (columns,) float array
        Pearson's correlation, and its bias-corrected and accelerated interval from resampled subjects.
    n : (columns,) int array
    icc_agreement, icc_consistency : (columns,) float array
        ICC(2,1) and ICC(3,1).
    shift : (columns,) float array
        Mean of second minus first.
    within_sd : (columns,) float array
        Standard deviation within subjects, in the unit of the column.

    References
    ----------
    Shrout and Fleiss 1979, doi:10.1037/0033-2909.86.2.420; Efron 1987, doi:10.1080/01621459.1987.10478410
    """
    if first.shape != second.shape:
        raise QSMError(
            f"The first visit has {first.shape} rows and columns, the second {second.shape}.",
            remedy="Join the tables by subject, and give both the same columns.",
        )
    found = np.full((8, first.shape[1]), np.nan)
    for column in range(first.shape[1]):
        both = ~(np.isnan(first[:, column]) | np.isnan(second[:, column]))
        x, y = (np.asarray(values[both, column], np.float64) for values in (first, second))
        found[3, column] = x.size
        if x.size < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
            continue
        found[:3, column] = _correlation(x, y, n_bootstrap, level, np.random.default_rng(seed))
        found[4:, column] = _agreement(x, y)
    fields = dict(zip(Reproducibility._fields, found, strict=True))
    return Reproducibility(**{**fields, "n": found[3].astype(np.int64)})


def _correlation(
    x: np.ndarray, y: np.ndarray, n_bootstrap: int, level: float, rng: np.random.Generator
) -> tuple[float, float, float]:
    x, y = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
    products = np.stack([x, y, x * x, y * y, x * y], axis=1)
    resampled = []
    for start in range(0, n_bootstrap, 200):
        # How often each subject is drawn, instead of drawing the subjects: the same, as a matrix product.
        drawn = rng.multinomial(x.size, np.full(x.size, 1 / x.size), size=min(200, n_bootstrap - start))
        sx, sy, sxx, syy, sxy = (drawn @ products / x.size).T
        with np.errstate(invalid="ignore", divide="ignore"):
            resampled.append((sxy - sx * sy) / np.sqrt((sxx - sx**2) * (syy - sy**2)))
    r = float(x @ y / x.size)
    values = np.concatenate(resampled) if resampled else np.array([np.nan])
    values = values[np.isfinite(values)]
    if not values.size:
        return r, np.nan, np.nan
    low, high = np.quantile(values, _levels(values, r, products, level))
    return r, float(low), float(high)


def _levels(resampled: np.ndarray, r: float, products: np.ndarray, level: float) -> np.ndarray:
    """Return the percentiles that undo the bias and the skewness of resampled correlations (BCa)."""
    n = products.shape[0]
    sx, sy, sxx, syy, sxy = ((products.sum(axis=0) - products) / (n - 1)).T
    with np.errstate(invalid="ignore", divide="ignore"):
        without = (sxy - sx * sy) / np.sqrt((sxx - sx**2) * (syy - sy**2))
    pull = np.nanmean(without) - without
    skewness = np.nansum(pull**3) / (6 * np.nansum(pull**2) ** 1.5 or 1.0)
    below = np.clip((resampled < r).mean(), 1e-3, 1 - 1e-3)
    bias, tail = ndtri(below), ndtri([(1 - level) / 2, (1 + level) / 2])
    return ndtr(bias + (bias + tail) / (1 - skewness * (bias + tail)))


def _agreement(x: np.ndarray, y: np.ndarray) -> tuple[float, float, float, float]:
    n, mean = x.size, (x + y) / 2
    grand = mean.mean()
    between = 2 * ((mean - grand) ** 2).sum() / (n - 1)
    visits = n * ((x.mean() - grand) ** 2 + (y.mean() - grand) ** 2)
    total = ((x - mean) ** 2 + (y - mean) ** 2).sum()
    error = (total - visits) / (n - 1)
    agreement = (between - error) / (between + error + 2 * (visits - error) / n)
    return agreement, (between - error) / (between + error), y.mean() - x.mean(), float(np.sqrt(error))
