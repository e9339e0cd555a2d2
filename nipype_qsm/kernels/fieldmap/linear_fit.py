"""One field from several echoes, as the slope of phase against echo time.

Each voxel's unwrapped phases are fitted by a straight line with weights magnitude^2, the inverse variance of a phase.
Without an intercept the line passes through zero phase at echo time zero, which is right after an offset correction
and the least noisy; with it, the offset is fitted too, at a price in noise. The fit also says how noisy each voxel's
field is, which later steps can weigh by.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nipype_qsm.errors import MetadataError
from nipype_qsm.units import checked_echo_times, radians_per_ppm

LEAST_LEVER = 1e-9
"""Precision relative to that of a line through zero, above which a slope beside an intercept is no rounding."""


class Fit(NamedTuple):
    """Slope, its standard deviation, and intercept."""

    field_total: np.ndarray
    field_noise: np.ndarray
    phase_offset: np.ndarray
    noise_level: float


def linear_fit(
    phase_unwrapped: np.ndarray,
    magnitude: np.ndarray,
    mask: np.ndarray,
    *,
    echo_times: Sequence[float],
    field_strength: float,
    intercept: bool = False,
    noise_level: float = 0.0,
) -> Fit:
    """Fit phase = offset + 2 pi gamma B0 field TE by least squares with weights magnitude^2.

    Parameters
    ----------
    phase_unwrapped : (x, y, z, echo) float array, rad
        The echoes agree on multiples of 2 pi.
    magnitude : (x, y, z, echo) float array
    mask : (x, y, z) bool array
    echo_times : (echo,) float, s
    field_strength : float, T
    intercept : bool
        Fit the phase at echo time zero. Needs two echoes; with two, the noise of the field is that of their difference.
    noise_level : float, units of the magnitude, noise_level >= 0
        Standard deviation of the noise in one channel. 0 estimates it from the finest detail of the last echo, which
        reads too low in images interpolated by the scanner.

    Returns
    -------
    field_total : (x, y, z) float array, ppm
        Zero outside the mask and where no echo (no two with `intercept`) has signal.
    field_noise : (x, y, z) float array, ppm
        Standard deviation of the field. Zero where the field is unknown.
    phase_offset : (x, y, z) float array, rad
        Zero without `intercept`.
    noise_level : float, units of the magnitude
        The one given or estimated.

    References
    ----------
    Gudbjartsson and Patz 1995, doi:10.1002/mrm.1910340618; Donoho and Johnstone 1994, doi:10.1093/biomet/81.3.425
    """
    times = checked(phase_unwrapped, magnitude, echo_times, intercept)
    sigma = noise_level if noise_level > 0 else detail_noise(magnitude[..., -1], mask)
    start = _weighted_mean(times.astype(magnitude.dtype), magnitude) if intercept else np.float32(0)
    slope, precision = _slope(phase_unwrapped, magnitude, times, start)
    usable = mask & (precision > 0)
    if intercept:
        # Where one echo alone has signal, rounding leaves it a lever of nothing, and a slope of anything.
        usable &= precision > LEAST_LEVER * _slope(phase_unwrapped, magnitude, times, np.float32(0))[1]
    slope[~usable] = 0
    noise = np.zeros_like(precision)
    noise[usable] = sigma / np.sqrt(precision[usable])
    offset = np.zeros_like(slope)
    if intercept:
        offset = _weighted_mean(np.moveaxis(phase_unwrapped, -1, 0), magnitude) - slope * start
    offset[~usable] = 0
    scale = phase_unwrapped.dtype.type(1 / radians_per_ppm(1e-3, field_strength))  # times are in ms below
    return Fit(slope * scale, noise * scale, offset, float(sigma))


def detail_noise(magnitude: np.ndarray, mask: np.ndarray) -> float:
    """Estimate the noise's standard deviation from mixed first differences along all three axes, inside the mask."""
    detail = magnitude.astype(np.float32, copy=False)
    inside = mask
    for axis in range(3):
        if magnitude.shape[axis] > 1:
            detail = np.diff(detail, axis=axis) / np.float32(np.sqrt(2))
            inside = np.logical_and(inside.take(range(1, inside.shape[axis]), axis), inside[_without_last(axis)])
    return float(np.median(np.abs(detail[inside])) / 0.6745) if inside.any() else 0.0


def _without_last(axis: int) -> tuple[slice, ...]:
    return tuple(slice(None, -1) if a == axis else slice(None) for a in range(3))


def checked(phase: np.ndarray, magnitude: np.ndarray, echo_times: Sequence[float], intercept: bool) -> np.ndarray:
    """Return the echo times in ms; refuse what cannot be fitted."""
    times = 1e3 * np.asarray(checked_echo_times(echo_times))
    if phase.ndim != 4 or phase.shape != magnitude.shape or phase.shape[3] != len(times):
        raise MetadataError(
            f"phase_unwrapped {phase.shape}, magnitude {magnitude.shape} and {len(times)} echo times do not match.",
            remedy="Give one phase and one magnitude per echo time, in the same order.",
        )
    if intercept and len(times) < 2:
        raise MetadataError("One echo has no slope and intercept.", remedy="Use intercept=False, or give more echoes.")
    return times


def _weighted_mean(values: np.ndarray, magnitude: np.ndarray) -> np.ndarray:
    """Return each voxel's mean over the echoes, `values` having one number or one volume for each."""
    total = np.zeros(magnitude.shape[:3], values.dtype)
    moment = np.zeros_like(total)
    for echo, value in enumerate(values):
        weight = np.square(magnitude[..., echo])
        total += weight
        moment += weight * value
    return np.divide(moment, total, out=moment, where=total > 0)


def _slope(
    phase: np.ndarray, magnitude: np.ndarray, times: np.ndarray, start: np.ndarray | np.float32
) -> tuple[np.ndarray, np.ndarray]:
    """Return the slope [rad/ms] against times measured from `start`, and the sum of weights x time^2."""
    precision = np.zeros(phase.shape[:3], phase.dtype)
    moment = np.zeros_like(precision)
    for echo, time in enumerate(times):
        lever = precision.dtype.type(time) - start
        pull = np.square(magnitude[..., echo]) * lever
        precision += pull * lever
        moment += pull * phase[..., echo]
    return np.divide(moment, precision, out=moment, where=precision > 0), precision
