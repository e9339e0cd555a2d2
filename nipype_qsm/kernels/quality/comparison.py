"""Two maps of one subject against each other: by how much they differ, and whether they rise together.

Neither is the truth. Differences are described as Bland and Altman do (bias, and the limits between which 95 % of them
lie); slope and correlation say whether one map is a scaled copy of the other. Every region is compared for itself, and
the medians of regions, which is what phenotypes are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from nipype_qsm.kernels.quality.agreement import FEWEST_VOXELS

WITHIN = 1.96
"""Standard deviations that hold 95 % of normal differences."""


class Comparison(NamedTuple):
    """One row a region, the whole first; and the same over the medians of regions."""

    regions: list[dict[str, Any]]
    medians: dict[str, float]


def comparison(
    ours: np.ndarray,
    theirs: np.ndarray,
    mask: np.ndarray,
    *,
    labels: np.ndarray | None = None,
    names: Mapping[int, str] | None = None,
) -> Comparison:
    """Compare two maps, voxel by voxel and region by region.

    Parameters
    ----------
    ours, theirs : (x, y, z) float arrays
        In one unit, on one grid.
    mask : (x, y, z) bool array
        Where both have a value.
    labels : (x, y, z) int array, optional
        Regions by number; 0 is none.
    names : mapping, optional
        Number to name; a number without one is named by itself.

    Returns
    -------
    Comparison
        Rows hold region, n_voxels, ours and theirs (medians), bias (mean of ours minus theirs), sd, low and high (95 %
        limits of agreement), slope and intercept (ours against theirs, least squares) and r; NaN where fewer than ten
        voxels are left, or all are equal.

    References
    ----------
    Bland and Altman 1986, doi:10.1016/S0140-6736(86)90837-8
    """
    rows = [_row("whole mask", ours[mask], theirs[mask])]
    for number in [] if labels is None else np.unique(labels[mask & (labels != 0)]):
        here = mask & (labels == number)
        rows.append(_row((names or {}).get(int(number), str(int(number))), ours[here], theirs[here]))
    known = [row for row in rows[1:] if row["n_voxels"] >= FEWEST_VOXELS]
    medians = np.array([[row["ours"], row["theirs"]] for row in known], float).reshape(-1, 2)
    return Comparison(rows, agreement_of(medians[:, 0], medians[:, 1], fewest=3))


def agreement_of(ours: np.ndarray, theirs: np.ndarray, *, fewest: int = FEWEST_VOXELS) -> dict[str, float]:
    """Return bias, sd, limits of agreement, slope, intercept and r of paired numbers.

    Parameters
    ----------
    ours, theirs : (n,) float arrays
    fewest : int
        Fewer pairs give NaN.
    """
    found = dict.fromkeys(("bias", "sd", "low", "high", "slope", "intercept", "r"), float("nan"))
    if ours.size < fewest:
        return found
    one, two = ours.astype(np.float64), theirs.astype(np.float64)
    difference = one - two
    bias, sd = float(difference.mean()), float(difference.std(ddof=1))
    found |= {"bias": bias, "sd": sd, "low": bias - WITHIN * sd, "high": bias + WITHIN * sd}
    spread, other = float(two.std()), float(one.std())
    if spread > 0 and other > 0:
        shared = float(((one - one.mean()) * (two - two.mean())).mean())
        slope = shared / spread**2
        found |= {"slope": slope, "intercept": float(one.mean() - slope * two.mean()), "r": shared / (spread * other)}
    return found


def _row(name: str, ours: np.ndarray, theirs: np.ndarray) -> dict[str, Any]:
    medians = [float(np.median(values)) if values.size >= FEWEST_VOXELS else float("nan") for values in (ours, theirs)]
    return {
        "region": name,
        "n_voxels": int(ours.size),
        "ours": medians[0],
        "theirs": medians[1],
        **agreement_of(ours, theirs),
    }
