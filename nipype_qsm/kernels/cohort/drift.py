"""Slow changes of phenotypes with the date of the scan, as a few components.

Residual phenotypes are smoothed over the date with a Gaussian, site by site; the smooth curves' principal components
that hold 99 % of their variance become confounds. One weight serves numerator and denominator, so that a gap in a
phenotype does not pull its curve to zero.
"""

from __future__ import annotations

import numpy as np


def drift_components(
    values: np.ndarray, clock: np.ndarray, site: np.ndarray, *, width: float = 0.1, share: float = 0.99
) -> np.ndarray:
    """Return the principal components of what phenotypes do over time.

    Parameters
    ----------
    values : (subjects, columns) float array
        Deconfounded phenotypes; NaN where missing. Columns of which more than half is missing are not used.
    clock : (subjects,) float array
        Date in years, or time of day; NaN where unknown.
    site : (subjects,) array
    width : float, in the clock's unit
        Standard deviation of the smoothing; smaller follows faster changes.
    share : float, 0 to 1
        Of the variance of the smooth curves that is kept.

    Returns
    -------
    components : (subjects, components) float64 array
        Zero for subjects without a clock.

    References
    ----------
    Alfaro-Almagro et al. 2021, doi:10.1016/j.neuroimage.2020.117002
    """
    used = values[:, np.isnan(values).mean(axis=0) <= 0.5]
    smooth = np.zeros(used.shape)
    for one in set(site.tolist()):
        inside = np.flatnonzero((site == one) & ~np.isnan(clock))
        if inside.size > 1:
            smooth[inside] = smoothed(used[inside], clock[inside], width)
            smooth[inside] -= smooth[inside].mean(axis=0)
    spread = smooth.std(axis=0)
    # A site on one day has no drift; what is left there is rounding.
    moving = spread > 1e-9
    if not moving.any():
        return np.zeros((values.shape[0], 0))
    left, singular, _ = np.linalg.svd(smooth[:, moving], full_matrices=False)
    held = np.cumsum(singular**2) / (singular**2).sum()
    count = int(np.searchsorted(held, share - 1e-12)) + 1
    return left[:, :count] * np.sqrt(values.shape[0])


def smoothed(values: np.ndarray, clock: np.ndarray, width: float) -> np.ndarray:
    """Smooth columns over a clock with a Gaussian.

    Parameters
    ----------
    values : (subjects, columns) float array
        NaN where missing.
    clock : (subjects,) float array
    width : float
        Standard deviation, in the clock's unit.
    """
    times, place = np.unique(clock, return_inverse=True)
    known = ~np.isnan(values)
    # Scans of one day share their weights: sums a day first, then days with days.
    count, total = (np.zeros((times.size, values.shape[1])) for _ in range(2))
    np.add.at(count, place, known)
    np.add.at(total, place, np.where(known, values, 0))
    found = np.empty(total.shape)
    for start in range(0, times.size, 1024):
        weight = np.exp(-0.5 * ((times[start : start + 1024, None] - times) / width) ** 2)
        found[start : start + 1024] = (weight @ total) / np.maximum(weight @ count, 1e-12)
    return found[place]
