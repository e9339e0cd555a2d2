"""One field from several echoes, by fitting the complex signal.

Each voxel's signals are fitted by their magnitudes times exp(i (offset + frequency TE)). In the complex plane, noise is
Gaussian whatever the signal, and a phase that one echo has unwrapped to the wrong turn is the same point. Gauss-Newton
steps have a closed form of two unknowns. They start from two lines, through all unwrapped phases and through the first
two, and the better end is kept: the unwrapped phases decide on the turn, the complex signals on the rest.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit, prange

from nipype_qsm.kernels.fieldmap.linear_fit import Fit, checked, detail_noise
from nipype_qsm.kernels.parallel import parallel
from nipype_qsm.units import radians_per_ppm


def nonlinear_fit(
    phase_unwrapped: np.ndarray,
    magnitude: np.ndarray,
    mask: np.ndarray,
    *,
    echo_times: Sequence[float],
    field_strength: float,
    intercept: bool = True,
    noise_level: float = 0.0,
    max_iterations: int = 30,
) -> Fit:
    """Fit magnitude exp(i (offset + 2 pi gamma B0 field TE)) to the complex signals by Gauss-Newton.

    Parameters
    ----------
    phase_unwrapped : (x, y, z, echo) float array, rad
        The first two echoes agree on multiples of 2 pi; later ones need not.
    magnitude : (x, y, z, echo) float array
    mask : (x, y, z) bool array
    echo_times : (echo,) float, s
    field_strength : float, T
    intercept : bool
        Fit the phase at echo time zero. Needs two echoes; with two, the field is that of their difference.
    noise_level : float, units of the magnitude, noise_level >= 0
        Standard deviation of the noise in one channel. 0 estimates it from the finest detail of the last echo, which
        reads too low in images interpolated by the scanner.
    max_iterations : int
        Steps a voxel at most; a voxel ends when a step moves no echo's phase by more than 0.0001 rad.

    Returns
    -------
    field_total : (x, y, z) float array, ppm
        Zero outside the mask and where no two echoes (one without `intercept`) have signal.
    field_noise : (x, y, z) float array, ppm
        Standard deviation of the field. Zero where the field is unknown.
    phase_offset : (x, y, z) float array, rad
        Zero without `intercept`.
    noise_level : float, units of the magnitude
        The one given or estimated.

    References
    ----------
    Liu et al. 2013, doi:10.1002/mrm.24272
    """
    times = checked(phase_unwrapped, magnitude, echo_times, intercept)
    sigma = noise_level if noise_level > 0 else detail_noise(magnitude[..., -1], mask)
    inside = np.asarray(mask, bool)
    phases, sizes = phase_unwrapped[inside], magnitude[inside]
    found = _fitted(np.ascontiguousarray(phases), np.ascontiguousarray(sizes), times, intercept, max_iterations)
    ppm = 1 / radians_per_ppm(1e-3, field_strength)  # times are in ms
    slope, spread, offset = (np.zeros(mask.shape, phase_unwrapped.dtype) for _ in range(3))
    for volume, values, scale in zip((slope, spread, offset), found, (ppm, sigma * ppm, 1.0), strict=True):
        volume[inside] = values * scale
    return Fit(slope, spread, offset, float(sigma))


@parallel()
def _fitted(
    phases: np.ndarray, sizes: np.ndarray, times: np.ndarray, intercept: bool, limit: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return each voxel's slope [rad/ms], its standard deviation for noise 1, and its offset; 0 where unknown."""
    slope, spread, offset = np.zeros(len(phases)), np.zeros(len(phases)), np.zeros(len(phases))
    for voxel in prange(len(phases)):
        phase, weight = phases[voxel].astype(np.float64), sizes[voxel].astype(np.float64) ** 2
        total = weight.sum()
        mean = (weight * times).sum() / total if intercept and total > 0 else 0.0
        lever = times - mean
        precision = (weight * lever**2).sum()
        if precision <= 1e-9 * total * times[-1] ** 2:
            continue
        spread[voxel] = 1 / np.sqrt(precision)
        best = np.inf
        for n_used in (min(2, len(times)), len(times)):
            start, through = _line(phase[:n_used], weight[:n_used], times[:n_used], intercept)
            level, rate, cost = _descended(phase, weight, lever, start + through * mean, through, intercept, limit)
            if cost < best:
                best, slope[voxel], offset[voxel] = cost, rate, level - rate * mean
    return slope, spread, offset


@njit(cache=True)
def _line(phase: np.ndarray, weight: np.ndarray, times: np.ndarray, intercept: bool) -> tuple[float, float]:
    """Return offset and slope of the weighted line through the phases; flat where it is not determined."""
    total = weight.sum()
    mean = (weight * times).sum() / total if intercept and total > 0 else 0.0
    middle = (weight * phase).sum() / total if intercept and total > 0 else 0.0
    precision = (weight * (times - mean) ** 2).sum()
    slope = (weight * (times - mean) * phase).sum() / precision if precision > 0 else 0.0
    return middle - slope * mean, slope


@njit(cache=True)
def _descended(
    phase: np.ndarray, weight: np.ndarray, lever: np.ndarray, level: float, rate: float, intercept: bool, limit: int
) -> tuple[float, float, float]:
    """Return level and rate after the Gauss-Newton steps, and the misfit: the sum of w |exp(i phase) - model|^2."""
    # Times are counted from their weighted mean, so level and rate do not depend on each other.
    total, precision = weight.sum(), (weight * lever**2).sum()
    for _ in range(limit):
        pull = weight * np.sin(phase - level - rate * lever)
        up = pull.sum() / total if intercept else 0.0
        along = (pull * lever).sum() / precision
        level, rate = level + up, rate + along
        if abs(up) + abs(along) * np.abs(lever).max() < 1e-4:
            break
    return level, rate, (2 * weight * (1 - np.cos(phase - level - rate * lever))).sum()
