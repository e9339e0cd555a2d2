"""T2* from any number of echoes by a straight line through the logarithms.

The logarithm of a mono-exponential decay is a line whose slope is R2*. Noise makes the logarithm of a weak signal
uncertain as 1/magnitude, so each echo is weighted by its magnitude squared. It is fast, exact without noise, and
biased towards a slow decay once late echoes sink into the noise floor, because a magnitude cannot fall to zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import njit

from nipype_qsm.errors import MetadataError
from nipype_qsm.units import checked_echo_times


class Relaxation(NamedTuple):
    """The maps, and in how many voxels of the mask there is none."""

    t2star: np.ndarray
    r2star: np.ndarray
    s0: np.ndarray
    n_failed: int


def log_linear(
    magnitude: np.ndarray,
    mask: np.ndarray,
    *,
    echo_times: Sequence[float],
    longest_s: float = 1.0,
    smallest_signal: float = 0.0,
) -> Relaxation:
    """Fit ln(magnitude) = ln(s0) - r2star TE with weights magnitude^2.

    Parameters
    ----------
    magnitude : (x, y, z, echo) float array
    mask : (x, y, z) bool array
    echo_times : (echo,) float, s
        At least two.
    longest_s : float, s
        Slower decays, and growing signals, have no t2star: it is 0 there. r2star keeps their fitted value.
    smallest_signal : float, units of the magnitude
        Echoes from the first one below it on are left out of a voxel's fit. Choosing by noisy values has a bias of its
        own: where fast decays matter, use `nonlinear` with its noise level.

    Returns
    -------
    t2star : (x, y, z) float array, s
    r2star : (x, y, z) float array, 1/s
        May be negative from noise, so that means over regions stay unbiased.
    s0 : (x, y, z) float array, units of the magnitude
    n_failed : int
        Voxels of the mask where t2star is 0.

    References
    ----------
    Pei et al. 2015, doi:10.1002/mrm.25137
    """
    times = checked_decay(magnitude, echo_times)
    r2star, s0 = _lines(echoes_first(magnitude), np.ascontiguousarray(mask).ravel(), times, smallest_signal)
    return finished(r2star, s0, mask, longest_s)


def finished(r2star: np.ndarray, s0: np.ndarray, mask: np.ndarray, longest_s: float) -> Relaxation:
    """Return flat rates and amplitudes as volumes, with T2* where it has a meaning."""
    t2star = np.zeros_like(r2star)
    np.divide(1, r2star, out=t2star, where=r2star > 1 / longest_s)
    n_failed = int(np.count_nonzero(mask)) - int(np.count_nonzero(t2star))
    return Relaxation(t2star.reshape(mask.shape), r2star.reshape(mask.shape), s0.reshape(mask.shape), n_failed)


def echoes_first(magnitude: np.ndarray) -> np.ndarray:
    """Return the magnitudes as (echo, voxel), without copying where each echo is contiguous."""
    return np.ascontiguousarray(np.moveaxis(magnitude, -1, 0)).reshape(magnitude.shape[3], -1)


def checked_decay(magnitude: np.ndarray, echo_times: Sequence[float]) -> np.ndarray:
    """Return the echo times [s], refusing one echo and another number of volumes."""
    times = checked_echo_times(echo_times)
    if len(times) < 2 or magnitude.ndim != 4 or magnitude.shape[3] != len(times):
        raise MetadataError(
            f"A decay needs two echoes at least; magnitude is {magnitude.shape} with {len(times)} echo times.",
            remedy="Give one magnitude per echo time, in the same order.",
        )
    return np.asarray(times)


@njit(cache=True)
def line(signal: np.ndarray, times: np.ndarray, smallest: float) -> tuple[float, float]:
    """Return R2* [1/s] and S0 of one voxel's magnitudes; zeros where fewer than two echoes can be used."""
    weights = total_time = total_log = 0.0
    used = 0
    for echo in range(len(times)):
        if not signal[echo] > smallest:
            break
        weight = signal[echo] * signal[echo]
        weights += weight
        total_time += weight * times[echo]
        total_log += weight * np.log(signal[echo])
        used += 1
    if used < 2:
        return 0.0, 0.0
    mean_time, mean_log = total_time / weights, total_log / weights
    spread = slope = 0.0
    for echo in range(used):
        lever = signal[echo] * signal[echo] * (times[echo] - mean_time)
        spread += lever * (times[echo] - mean_time)
        slope += lever * (np.log(signal[echo]) - mean_log)
    rate = -slope / spread
    return rate, np.exp(mean_log + rate * mean_time)


@njit(cache=True)
def _lines(
    magnitude: np.ndarray, mask: np.ndarray, times: np.ndarray, smallest: float
) -> tuple[np.ndarray, np.ndarray]:
    rates = np.zeros(mask.size, magnitude.dtype)
    amplitudes = np.zeros(mask.size, magnitude.dtype)
    signal = np.empty(len(times))
    for voxel in range(mask.size):
        if mask[voxel]:
            for echo in range(len(times)):
                signal[echo] = magnitude[echo, voxel]
            rates[voxel], amplitudes[voxel] = line(signal, times, smallest)
    return rates, amplitudes
