"""A map against the truth: errors voxel by voxel, and structure by structure.

Susceptibility has no absolute zero, so both maps are demeaned where errors are counted. Regional medians are what
studies use; their slope against the truth says how much contrast a method loses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from nipype_qsm.kernels.quality.scores import xsim

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
