"""P values as -log10 P, computed in log space.

A correlation of -0.446 in 35,000 subjects has P = 10^-1700, far below the smallest number a computer holds, so P itself
is never formed. With x = r^2 = t^2 / (t^2 + dof), P is an incomplete beta integral. Near r = 0 its complement is a
series of positive terms, exact where P is nearly 1; in the tail its continued fraction is, and its front factor is
taken as a logarithm.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from scipy.special import gammaln

SWITCH = 3.0
"""|t| where series and continued fraction meet: both are exact to 1e-13 of -log10 P there."""


def mlog10p_from_r(r: np.ndarray | float, dof: np.ndarray | float) -> np.ndarray:
    """Return -log10 of the two-sided P of a correlation.

    Parameters
    ----------
    r : float array, dimensionless, -1 to 1
    dof : float array
        Degrees of freedom of the t that belongs to r; n - 2 without confounds. Broadcasts with r.

    Returns
    -------
    mlog10p : float64 array
        NaN where r is not a number or dof is below 1; infinite where |r| = 1.

    References
    ----------
    Student 1908, doi:10.1093/biomet/6.1.1; DiDonato and Morris 1992, doi:10.1145/131766.131776
    """
    r, dof = np.broadcast_arrays(np.asarray(r, np.float64), np.asarray(dof, np.float64))
    # Both squares without cancellation: 1 - r^2 near |r| = 1 keeps its digits.
    return _from_squares(r * r, (1 - r) * (1 + r), dof)


def mlog10p_from_t(t: np.ndarray | float, dof: np.ndarray | float) -> np.ndarray:
    """Return -log10 of the two-sided P of Student's t.

    Parameters
    ----------
    t : float array, dimensionless
    dof : float array
        Broadcasts with t.

    Returns
    -------
    mlog10p : float64 array
        NaN where t is not a number or dof is below 1.
    """
    t, dof = np.broadcast_arrays(np.asarray(t, np.float64), np.asarray(dof, np.float64))
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        ratio = t * t / dof
        return _from_squares(np.where(np.isinf(ratio), 1.0, ratio / (1 + ratio)), 1 / (1 + ratio), dof)


def _from_squares(x: np.ndarray, complement: np.ndarray, dof: np.ndarray) -> np.ndarray:
    degrees, place = np.unique(dof, return_inverse=True)
    with np.errstate(invalid="ignore"):
        log_beta = np.where(degrees >= 1, _log_beta(degrees / 2), np.nan)
    found = np.empty(x.size)
    _fill(x.ravel(), complement.ravel(), dof.ravel(), log_beta[place.ravel()], found)
    return found.reshape(x.shape)


def _log_beta(half: np.ndarray) -> np.ndarray:
    """Return log B(half, 1/2); a difference of two log-gammas would lose nine digits at half a million."""
    large = np.maximum(half, 15.0)
    series = [-1 / 8, 1 / 192, -1 / 640, 17 / 14336, -31 / 18432]
    ratio = 0.5 * np.log(large) + sum(factor / large ** (2 * n + 1) for n, factor in enumerate(series))
    small = gammaln(np.minimum(half, 15.0) + 0.5) - gammaln(np.minimum(half, 15.0))
    return 0.5 * np.log(np.pi) - np.where(half < 15, small, ratio)


@numba.njit(cache=True)
def _fill(x: np.ndarray, complement: np.ndarray, dof: np.ndarray, log_beta: np.ndarray, found: np.ndarray) -> None:
    for index in range(x.size):
        if not (dof[index] >= 1 and x[index] >= 0 and complement[index] >= 0):
            found[index] = np.nan
        elif x[index] * dof[index] < SWITCH * SWITCH * complement[index]:
            found[index] = _near_zero(x[index], complement[index], dof[index] / 2, log_beta[index])
        elif complement[index] == 0:
            found[index] = np.inf
        else:
            found[index] = _tail(x[index], complement[index], dof[index] / 2, log_beta[index])


@numba.njit(cache=True)
def _log(x: float, complement: float) -> float:
    """Return log(x), from its complement to 1 where that is the smaller one."""
    return math.log1p(-complement) if complement < 0.5 else math.log(x)


@numba.njit(cache=True)
def _near_zero(x: float, complement: float, half: float, log_beta: float) -> float:
    """Sum the series of 1 - P = I_x(1/2, half)."""
    term, total, n = 1.0, 1.0, 0
    while term > 1e-17 * total:
        term *= (0.5 + half + n) / (1.5 + n) * x
        total += term
        n += 1
    inside = 2 * math.sqrt(x) * math.exp(half * _log(complement, x) - log_beta) * total
    return -math.log1p(-min(inside, 1.0)) / math.log(10.0)


@numba.njit(cache=True)
def _tail(x: float, complement: float, half: float, log_beta: float) -> float:
    """Evaluate the continued fraction of P = I_complement(half, 1/2), in a form that stays exact where x is tiny."""
    excess = half * x - 0.5 * complement + 1
    c = (half / (half + 1)) * excess
    d, value, n = 0.0, c, 1
    while n < 10000:
        alpha = (half + n - 1) * (half + n - 0.5) * n * (0.5 - n) * (complement / (half + 2 * n - 1)) ** 2
        beta = n + n * (0.5 - n) * complement / (half + 2 * n - 1)
        beta += (half + n) / (half + 2 * n + 1) * (excess + n * (1 + x))
        d = 1 / (beta + alpha * d)
        c = beta + alpha / c
        value *= c * d
        if abs(c * d - 1) < 3e-16:
            break
        n += 1
    log_p = half * _log(complement, x) + 0.5 * math.log(x) - log_beta - math.log(value)
    return -log_p / math.log(10.0)
