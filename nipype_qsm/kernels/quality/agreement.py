"""A map against the truth: errors voxel by voxel, and structure by structure.

Susceptibility has no absolute zero, so both maps are demeaned where errors are counted. Regional medians are what
studies use; their slope against the truth says how much contrast a method loses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from scipy import ndimage

FEWEST_VOXELS = 10
"""A structure with fewer voxels in the mask is not judged."""


class Agreement(NamedTuple):
    """What `agreement` returns."""

    rmse: float
    nrmse: float
    xsim: float
    slope: float
    r: float
    structures: list[dict[str, Any]]


def agreement(
    value: np.ndarray,
    truth: np.ndarray,
    mask: np.ndarray,
    *,
    labels: np.ndarray | None = None,
    names: Mapping[int, str] | None = None,
    slope_over: tuple[str, ...] = (),
) -> Agreement:
    """Compare a map with the truth.

    Parameters
    ----------
    value, truth : (x, y, z) float array, ppm
    mask : (x, y, z) bool array
        Where they are compared.
    labels : (x, y, z) int array, optional
        Structures.
    names : mapping of int to str, optional
        Names of the labels to compare.
    slope_over : tuple of str
        Words that a structure's name must hold (any of them) to count for slope and r; all structures when empty.

    Returns
    -------
    rmse : float, ppm
        After removing each map's mean.
    nrmse : float, dimensionless
        `rmse` over the truth's standard deviation.
    xsim : float, 0 to 1
        Structural similarity for susceptibility (Milovic et al. 2025).
    slope, r : float
        Of regional medians against the truth's; NaN with fewer than three structures.
    structures : list of dict
        name, truth_ppb, measured_ppb, n_voxels.

    References
    ----------
    Milovic et al. 2025, doi:10.1002/mrm.30271; Langkammer et al. 2018, doi:10.1002/mrm.26830
    """
    found = (value - value[mask].mean(dtype=np.float64)).astype(np.float32)
    known = (truth - truth[mask].mean(dtype=np.float64)).astype(np.float32)
    error = (found - known)[mask]
    rmse = float(np.sqrt(np.mean(error.astype(np.float64) ** 2)))
    rows = [] if labels is None else _structures(value, truth, mask, labels, names or {})
    judged = [row for row in rows if not slope_over or any(word in row["name"] for word in slope_over)]
    slope = r = float("nan")
    if len(judged) > 2:
        known_medians = [row["truth_ppb"] for row in judged]
        found_medians = [row["measured_ppb"] for row in judged]
        slope = float(np.polyfit(known_medians, found_medians, 1)[0])
        r = float(np.corrcoef(known_medians, found_medians)[0, 1])
    return Agreement(rmse, rmse / float(known[mask].std(dtype=np.float64)), xsim(found, known, mask), slope, r, rows)


def _structures(
    value: np.ndarray, truth: np.ndarray, mask: np.ndarray, labels: np.ndarray, names: Mapping[int, str]
) -> list[dict[str, Any]]:
    rows = []
    for number, name in names.items():
        here = mask & (labels == number)
        count = int(here.sum())
        if count >= FEWEST_VOXELS:
            true, measured = (1000 * float(np.median(v[here])) for v in (truth, value))
            rows.append({"name": name, "truth_ppb": true, "measured_ppb": measured, "n_voxels": count})
    return rows


def xsim(value: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> float:
    """Return the mean structural similarity inside the mask, with the constants for susceptibility in ppm.

    Parameters
    ----------
    value, truth : (x, y, z) float array, ppm
        Demeaned inside the mask.
    mask : (x, y, z) bool array

    Returns
    -------
    xsim : float, 0 to 1

    References
    ----------
    Milovic et al. 2025, doi:10.1002/mrm.30271: windows of 5 voxels, L = 1, K1 = 0.01, K2 = 0.001.
    """
    a, b = (np.where(mask, v, 0).astype(np.float64) for v in (value, truth))
    c1, c2 = 0.01**2, 0.001**2
    n = 5**3
    mean_a, mean_b = ndimage.uniform_filter(a, 5), ndimage.uniform_filter(b, 5)
    unbias = n / (n - 1)
    var_a = unbias * (ndimage.uniform_filter(a * a, 5) - mean_a * mean_a)
    var_b = unbias * (ndimage.uniform_filter(b * b, 5) - mean_b * mean_b)
    both = unbias * (ndimage.uniform_filter(a * b, 5) - mean_a * mean_b)
    similarity = (2 * mean_a * mean_b + c1) * (2 * both + c2)
    similarity /= (mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2)
    return float(similarity[mask].mean())
