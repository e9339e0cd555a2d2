"""Outliers of a table, column by column.

A value further from the median than a number of median absolute deviations is called missing. The deviation is not
scaled to a standard deviation, as in UK Biobank: six of them are about four standard deviations of a Gaussian. Where
more than half of the values are equal the deviation is zero and the standard deviation stands in, and variables of few
levels (yes or no, a score of five) are left alone, for their rare answers are not errors.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Outliers(NamedTuple):
    """A table without outliers, and how many each column lost."""

    values: np.ndarray
    n_removed: np.ndarray


def outliers(values: np.ndarray, *, factor: float = 6.0, mad_scale: float = 1.0, min_levels: int = 10) -> Outliers:
    """Set values far from their column's median to missing.

    Parameters
    ----------
    values : (subjects, columns) float array
        NaN where missing.
    factor : float, dimensionless
        Deviations from the median that are still believed; smaller removes more.
    mad_scale : float, dimensionless
        1 counts plain median absolute deviations, as UK Biobank; 1.4826 counts standard deviations of a Gaussian.
    min_levels : int
        Columns of fewer distinct values are left as they are.

    Returns
    -------
    values : (subjects, columns) float64 array
    n_removed : (columns,) int array

    References
    ----------
    Alfaro-Almagro et al. 2021, doi:10.1016/j.neuroimage.2020.117002; Wang et al. 2022, doi:10.1038/s41593-022-01074-w
    """
    cleaned = np.array(values, np.float64)
    n_removed = np.zeros(cleaned.shape[1], np.int64)
    for column in range(cleaned.shape[1]):
        one = cleaned[:, column]
        far = _far(one[~np.isnan(one)], factor * mad_scale, min_levels)
        if far is not None:
            with np.errstate(invalid="ignore"):
                beyond = np.abs(one - far[0]) > far[1]
            n_removed[column] = beyond.sum()
            one[beyond] = np.nan
    return Outliers(cleaned, n_removed)


def _far(present: np.ndarray, factor: float, min_levels: int) -> tuple[float, float] | None:
    """Return the median and the largest distance from it that is believed; none where all is."""
    if np.unique(present).size < max(min_levels, 2):
        return None
    middle = float(np.median(present))
    deviation = float(np.median(np.abs(present - middle)))
    return middle, factor * (deviation if deviation > 0 else float(np.std(present)) / 1.48)
