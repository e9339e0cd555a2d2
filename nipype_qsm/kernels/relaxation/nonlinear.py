"""T2* from any number of echoes by fitting the decay itself.

The magnitudes are fitted by s0 exp(-r2star TE) in the least-squares sense, which is the most likely answer for
Gaussian noise; a few damped Gauss-Newton steps from the log-linear answer suffice. A magnitude does not fall below its
noise floor, so with a noise level the model is the mean of a Rician magnitude instead, which takes the bias out of fast
decays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import njit

from nipype_qsm.kernels.relaxation.log_linear import checked_decay, echoes_first, finished, line

FALL = 1 / 3
"""How fast the floor's excess falls with the squared signal-to-noise ratio."""


class Relaxation(NamedTuple):
    """The maps, in how many voxels of the mask there is none, and in how many the steps did not settle."""

    t2star: np.ndarray
    r2star: np.ndarray
    s0: np.ndarray
    n_failed: int
    n_unsettled: int


def nonlinear(
    magnitude: np.ndarray,
    mask: np.ndarray,
    *,
    echo_times: Sequence[float],
    longest_s: float = 1.0,
    noise_level: float = 0.0,
    max_iterations: int = 30,
) -> Relaxation:
    """Fit magnitude = s0 exp(-r2star TE) by damped Gauss-Newton steps.

    Parameters
    ----------
    magnitude : (x, y, z, echo) float array
    mask : (x, y, z) bool array
    echo_times : (echo,) float, s
        At least two; with two and no noise level the answer is that of log_linear.
    longest_s : float, s
        Slower decays, and growing signals, have no t2star: it is 0 there. r2star keeps their fitted value.
    noise_level : float, units of the magnitude, noise_level >= 0
        Standard deviation of the noise in one channel; 0 fits without a noise floor.
    max_iterations : int
        Voxels that need more keep their last step, and are counted.

    Returns
    -------
    t2star : (x, y, z) float array, s
    r2star : (x, y, z) float array, 1/s
    s0 : (x, y, z) float array, units of the magnitude
    n_failed : int
        Voxels of the mask where t2star is 0.
    n_unsettled : int
        Voxels of the mask still changing by more than 1e-4 after the last iteration.

    References
    ----------
    Feng et al. 2013, doi:10.1002/mrm.24607; Gudbjartsson and Patz 1995, doi:10.1002/mrm.1910340618
    """
    times = checked_decay(magnitude, echo_times)
    inside = np.ascontiguousarray(mask).ravel()
    r2star, s0, unsettled = _decays(echoes_first(magnitude), inside, times, noise_level, max_iterations)
    t2star, r2star, s0, n_failed = finished(r2star, s0, mask, longest_s)
    return Relaxation(t2star, r2star, s0, n_failed, unsettled)


@njit(cache=True)
def rician_mean(amplitude: float, noise: float) -> tuple[float, float]:
    """Return the mean magnitude of a noisy amplitude and its derivative, to 1 % of the noise.

    The square of the mean exceeds that of the amplitude by noise^2 at high signal and by pi/2 noise^2 without any.
    """
    if noise == 0.0:
        return amplitude, 1.0
    signal = amplitude / noise
    extra = (np.pi / 2 - 1) * np.exp(-FALL * signal * signal)
    mean = np.sqrt(signal * signal + 1 + extra)
    return noise * mean, signal * (1 - FALL * extra) / mean


@njit(cache=True)
def _misfit(signal: np.ndarray, times: np.ndarray, s0: float, rate: float, noise: float) -> float:
    total = 0.0
    for echo in range(len(times)):
        mean, _ = rician_mean(s0 * np.exp(-rate * times[echo]), noise)
        total += (signal[echo] - mean) ** 2
    return total


@njit(cache=True)
def _step(
    signal: np.ndarray, times: np.ndarray, state: tuple[float, float], noise: float, damping: float
) -> tuple[float, float]:
    """Return the change of s0 and of the rate from their present state."""
    s0, rate = state
    aa = ab = bb = ga = gb = 0.0
    for echo in range(len(times)):
        decay = np.exp(-rate * times[echo])
        mean, slope = rician_mean(s0 * decay, noise)
        a, b = slope * decay, -slope * s0 * decay * times[echo]
        residual = signal[echo] - mean
        aa, ab, bb = aa + a * a, ab + a * b, bb + b * b
        ga, gb = ga + a * residual, gb + b * residual
    aa, bb = aa * (1 + damping), bb * (1 + damping)
    determinant = aa * bb - ab * ab
    if not determinant > 1e-12 * aa * bb:
        return 0.0, 0.0
    return (bb * ga - ab * gb) / determinant, (aa * gb - ab * ga) / determinant


@njit(cache=True)
def _decay(signal: np.ndarray, times: np.ndarray, noise: float, iterations: int) -> tuple[float, float, bool]:
    """Fit one voxel: rate, s0, and whether the steps settled."""
    rate, s0 = line(signal, times, 0.0)
    if s0 == 0.0:
        return rate, s0, True
    damping = 1e-3
    misfit = _misfit(signal, times, s0, rate, noise)
    for _ in range(iterations):
        change, turn = _step(signal, times, (s0, rate), noise, damping)
        if abs(change) <= 1e-4 * s0 and abs(turn) <= 1e-4 * (abs(rate) + 1.0):
            return rate + turn, s0 + change, True
        trial = _misfit(signal, times, s0 + change, rate + turn, noise)
        if trial <= misfit and s0 + change > 0:
            s0, rate, misfit = s0 + change, rate + turn, trial
            damping = max(damping / 10, 1e-9)
        else:
            damping *= 10
    return rate, s0, False


@njit(cache=True)
def _decays(
    magnitude: np.ndarray, mask: np.ndarray, times: np.ndarray, noise: float, iterations: int
) -> tuple[np.ndarray, np.ndarray, int]:
    rates = np.zeros(mask.size, magnitude.dtype)
    amplitudes = np.zeros(mask.size, magnitude.dtype)
    signal = np.empty(len(times))
    unsettled = 0
    for voxel in range(mask.size):
        if mask[voxel]:
            for echo in range(len(times)):
                signal[echo] = magnitude[echo, voxel]
            rates[voxel], amplitudes[voxel], settled = _decay(signal, times, noise, iterations)
            unsettled += not settled
    return rates, amplitudes, unsettled
