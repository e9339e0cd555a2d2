"""Lesion phenotypes without lesion volume.

The susceptibility and T2* of white matter hyperintensities follow their volume, for large lesions are also severe ones.
The 18th phenotype of each kind is the 17th with the volume regressed out: what the lesions are like, whatever their
size. Fits need both numbers; a subject without one stays missing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class WMHRegression(NamedTuple):
    """Lesion phenotypes that no longer follow the volume, and how they did."""

    values: np.ndarray
    slope: np.ndarray
    r: np.ndarray


def wmh_regression(values: np.ndarray, volume: np.ndarray, *, logarithm: bool = False) -> WMHRegression:
    """Regress the volume of white matter hyperintensities out of phenotypes.

    Parameters
    ----------
    values : (subjects, columns) float array, ppb or ms
        NaN where missing.
    volume : (subjects,) float array, mm3
    logarithm : bool
        Use log(1 + volume), whose distribution is less skewed.

    Returns
    -------
    values : (subjects, columns) float64 array
        In the same unit, with the column's mean kept.
    slope : (columns,) float array
        Per mm3, or per unit of the logarithm.
    r : (columns,) float array
        Correlation with the volume before.

    References
    ----------
    Wang et al. 2022, doi:10.1038/s41593-022-01074-w
    """
    size = np.log1p(volume) if logarithm else np.asarray(volume, np.float64)
    adjusted = np.full(values.shape, np.nan)
    slope, r = np.full(values.shape[1], np.nan), np.full(values.shape[1], np.nan)
    for column in range(values.shape[1]):
        both = ~(np.isnan(values[:, column]) | np.isnan(size))
        y, x = np.asarray(values[both, column], np.float64), size[both]
        if y.size < 3 or np.ptp(x) == 0:
            continue
        x = x - x.mean()
        slope[column] = x @ (y - y.mean()) / (x @ x)
        adjusted[both, column] = y - slope[column] * x
        spread = y.std()
        r[column] = slope[column] * x.std() / spread if spread > 0 else np.nan
    return WMHRegression(adjusted, slope, r)
