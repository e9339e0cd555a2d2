"""The scores of the QSM reconstruction challenges, by which methods of the whole field are compared.

Voxel by voxel: error before and after undoing a wrong scale, similarity of structure, error of fine detail. Structure
by structure: how much of the contrast between deep grey nuclei is kept, and how much a calcification streaks. Maps are
taken as they are: dropped voxels count as the zeros that stand there, nothing is demeaned but where it says so.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import ndimage

WINDOW = 5
"""Width of the windows of the structural similarity, in voxels."""
DETAIL = 1.5
"""Standard deviation of the Gaussian whose Laplacian picks out detail, in voxels."""
CUBE, RIM, BEYOND = 3, 4, 4
"""Voxels from the box of the calcification to the cube around it, on to the end of the rim, on to where all ends."""
LEVEL = 0.01
"""Steps in which the level below which the map is called calcified is sought, in ppm."""


class Scores(NamedTuple):
    """What `scores` returns."""

    nrmse: float
    nrmse_detrended: float
    correlation: float
    xsim: float
    hfen: float
    deep_grey_slope: float
    deep_grey_r: float
    calcification_streak: float


def scores(
    value: np.ndarray,
    truth: np.ndarray,
    mask: np.ndarray,
    *,
    deep_grey: np.ndarray | None = None,
    calcification: np.ndarray | None = None,
) -> Scores:
    """Score a map against the truth.

    Parameters
    ----------
    value, truth : (x, y, z) float array, ppm
        Fields are scored like maps.
    mask : (x, y, z) bool array
        Where they are compared; outside, both count as zero.
    deep_grey : (x, y, z) int array, optional
        A number for each nucleus, 0 elsewhere.
    calcification : (x, y, z) bool array, optional

    Returns
    -------
    nrmse : float, percent
        Error over the truth, both without their mean.
    nrmse_detrended : float, percent
        The same after the line that fits the map to the truth was undone: what a wrong scale does not explain.
    correlation : float
        Pearson's, over voxels.
    xsim : float, 0 to 1
        Structural similarity for susceptibility.
    hfen : float, percent
        Error of fine detail: of the Laplacian of a Gaussian of 1.5 voxels, over the truth's.
    deep_grey_slope, deep_grey_r : float
        Of the nuclei's means against the truth's; NaN for fewer than two.
    calcification_streak : float, dimensionless
        What the truth does not explain in the rim around the calcification, relative to the calcification itself; NaN
        where the map shows none.

    References
    ----------
    Langkammer et al. 2018, doi:10.1002/mrm.26830; QSM Challenge 2.0 2021, doi:10.1002/mrm.28754; Milovic et al. 2025
    (XSIM), doi:10.1002/mrm.30271
    """
    value, truth = (np.where(mask, v, 0).astype(np.float64) for v in (value, truth))
    error, detrended, r = _errors(value[mask], truth[mask])
    slope = deep_grey_r = streak = float("nan")
    if deep_grey is not None:
        slope, deep_grey_r = _contrast(value, truth, np.where(mask, deep_grey, 0))
    if calcification is not None and calcification.any():
        streak = _streak(value, truth, calcification)
    return Scores(error, detrended, r, xsim(value, truth, mask), _hfen(value, truth, mask), slope, deep_grey_r, streak)


def xsim(value: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> float:
    """Return the mean structural similarity inside the mask, with the constants for susceptibility in ppm.

    Parameters
    ----------
    value, truth : (x, y, z) float array, ppm
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
    present = _windowed(np.ones_like(a))
    mean_a, mean_b = _windowed(a) / present, _windowed(b) / present
    var_a = _windowed(a * a) / present - mean_a * mean_a
    var_b = _windowed(b * b) / present - mean_b * mean_b
    both = _windowed(a * b) / present - mean_a * mean_b
    similarity = (2 * mean_a * mean_b + c1) * (2 * both + c2)
    similarity /= (mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2)
    return float(similarity[mask].mean())


def _windowed(volume: np.ndarray) -> np.ndarray:
    """Average over windows, whose part beyond the volume counts as zero."""
    return ndimage.uniform_filter(volume, WINDOW, mode="constant")


def _errors(value: np.ndarray, truth: np.ndarray) -> tuple[float, float, float]:
    value, truth = value - value.mean(), truth - truth.mean()
    power, shared, own = float(truth @ truth), float(value @ truth), float(value @ value)
    if power == 0:
        return float("nan"), float("nan"), float("nan")
    error = float(np.linalg.norm(value - truth)) / power**0.5
    if shared == 0:
        return 100 * error, 100 * error, 0.0
    detrended = float(np.linalg.norm(value * (power / shared) - truth)) / power**0.5
    return 100 * error, 100 * detrended, shared / (own * power) ** 0.5


def _hfen(value: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> float:
    detail = [ndimage.gaussian_laplace(v, DETAIL, truncate=5.0)[mask] for v in (value - truth, truth)]
    wrong, right = (float(np.linalg.norm(v)) for v in detail)
    return 100 * wrong / right if right else float("nan")


def _contrast(value: np.ndarray, truth: np.ndarray, deep_grey: np.ndarray) -> tuple[float, float]:
    numbers = np.unique(deep_grey[deep_grey > 0])
    if numbers.size < 2:
        return float("nan"), float("nan")
    found, known = (ndimage.mean(v, deep_grey, numbers) for v in (value, truth))
    r = float(np.corrcoef(known, found)[0, 1]) if np.ptp(found) else float("nan")
    return float(np.polyfit(known, found, 1)[0]), r


def _streak(value: np.ndarray, truth: np.ndarray, calcification: np.ndarray) -> float:
    box = ndimage.find_objects(calcification.astype(np.uint8))[0]
    cube = _grown(box, CUBE)
    rim, beyond = (np.zeros(value.shape, bool) for _ in range(2))
    rim[_grown(box, CUBE + RIM)] = True
    beyond[_grown(box, CUBE + RIM + BEYOND)] = True
    rim[cube] = beyond[cube] = False
    # Calcified is what lies below everything around, on the challenge's scale of levels.
    level = -LEVEL * np.ceil(round(max(0.0, -float(value[beyond].min())) / LEVEL, 9)) if beyond.any() else 0.0
    calcified = value[cube][value[cube] < level]
    if not calcified.size or np.count_nonzero(rim) < 2:
        return float("nan")
    line = np.polyfit(truth[rim], value[rim], 1)
    unexplained = value[rim] - np.polyval(line, truth[rim])
    return float(unexplained.std() / abs(calcified.mean()))


def _grown(box: tuple[slice, ...], voxels: int) -> tuple[slice, ...]:
    return tuple(slice(max(0, side.start - voxels), side.stop + voxels) for side in box)
