"""Which of two modalities sees an association.

Two -log10 P of one phenotype, from susceptibility and from T2* of the same region, are turned into their mean and
their difference. The angle between them is 0 where both see it alike, and plus or minus 63.4 degrees where one alone
does, so that strong and weak associations can be compared.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class BlandAltman(NamedTuple):
    """Mean, difference and angle of every pair."""

    mean: np.ndarray
    difference: np.ndarray
    angle: np.ndarray


def bland_altman(first: np.ndarray, second: np.ndarray) -> BlandAltman:
    """Turn two measures into mean, difference and angle.

    Parameters
    ----------
    first, second : float array
        Of one shape; -log10 P of susceptibility and of T2*, or any two measures in one unit.

    Returns
    -------
    mean : float array
    difference : float array
        First minus second.
    angle : float array, degree
        atan2(difference, mean): 63.43 where the first alone is not zero, 0 where they are equal, -63.43 where the
        second alone is not zero.

    References
    ----------
    Bland and Altman 1986, doi:10.1016/S0140-6736(86)90837-8; Wang et al. 2022, doi:10.1038/s41593-022-01074-w
    """
    mean = (np.asarray(first, np.float64) + second) / 2
    difference = np.asarray(first, np.float64) - second
    return BlandAltman(mean, difference, np.degrees(np.arctan2(difference, mean)))
