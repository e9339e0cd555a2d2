"""The weight of a quadratic penalty, from the data: by the error that the field admits, or by the L-curve.

What the field holds where no susceptibility can make any is error; the Wiener filter's weight is the power of the
error over that of the signal. The L-curve knows nothing of the dipole: drawn in logarithms, the misfit against the
size of the penalty is an L as the weight grows. Along one arm only noise is smoothed away, along the other only
signal, and the corner is where the curve bends most. In closed-form problems that are diagonal in Fourier space the
whole curve depends on the power of the data at each ratio of penalty to gain: one histogram gives every weight.
"""

from __future__ import annotations

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.dipole import dipole_kernel
from nipype_qsm.kernels.fourier import fast_shape
from nipype_qsm.kernels.weighted_field import inconsistency

DECADES = (-5.0, 1.0)
"""Decimal logarithms of the smallest and the largest weight that are tried."""
N_WEIGHTS = 49
"""Weights on the closed-form curve, eight a decade."""
BINS_A_DECADE = 50
"""Bins of the ratio of penalty to gain."""

MOST_ERROR = 0.99
"""Greatest share of error that is believed: beyond it there would be no signal to weigh against."""


def error_to_signal(field: np.ndarray, inside: np.ndarray, grid: Grid, *, pad: int = 16) -> float:
    """Estimate the power of a field's error relative to that of its signal.

    Parameters
    ----------
    field : (x, y, z) float array, any unit
    inside : (x, y, z) bool array
        Only values in here are used.
    grid : Grid
    pad : int, voxels
        Room on each side against wrap-around.

    Returns
    -------
    ratio : float
        s^2 / (1 - s^2), with s the share of the field that no susceptibility can make.
    """
    if not field[inside].any():
        return 1.0
    padded = grid.resized(fast_shape(field.shape, pad))
    level = field.dtype.type(field[inside].mean(dtype=np.float64))
    share = min(inconsistency(np.where(inside, field - level, 0), dipole_kernel(padded), padded), MOST_ERROR)
    return share**2 / (1 - share**2)


def l_curve(weights: np.ndarray, misfits: np.ndarray, penalties: np.ndarray) -> float:
    """Return the weight at the corner of an L-curve.

    Parameters
    ----------
    weights : (n,) float array, > 0, rising, at equal ratios
        At least five.
    misfits, penalties : (n,) float arrays, > 0
        Norms of the misfit and of the penalised quantity for each weight, not their squares.

    Returns
    -------
    weight : float
        The one of `weights`, ends aside, where the curvature of log(penalty) against log(misfit) is greatest.

    References
    ----------
    Hansen and O'Leary 1993, doi:10.1137/0914086
    """
    if len(weights) < 5:
        raise QSMError(f"An L-curve of {len(weights)} points has no corner.", remedy="Give five weights or more.")
    x, y = np.log(np.asarray(misfits, np.float64)), np.log(np.asarray(penalties, np.float64))
    t = np.log(np.asarray(weights, np.float64))
    dx, dy = np.gradient(x, t), np.gradient(y, t)
    bend = dx * np.gradient(dy, t) - dy * np.gradient(dx, t)
    curvature = bend / np.maximum(dx * dx + dy * dy, 1e-12) ** 1.5
    return float(weights[2 + int(np.argmax(curvature[2:-2]))])


def closed_form_weight(power: np.ndarray, gain: np.ndarray, penalty: np.ndarray) -> float:
    """Choose the weight of a quadratic penalty that is diagonal in Fourier space.

    Parameters
    ----------
    power : (x, y, z) float array
        Squared magnitude of the data's spectrum.
    gain, penalty : (x, y, z) float arrays, dimensionless
        Squared transfer functions of the forward model and of the penalty.

    Returns
    -------
    weight : float
        Between 1e-5 and 10, at the corner of the L-curve.

    References
    ----------
    Hansen and O'Leary 1993, doi:10.1137/0914086; Bilgic et al. 2014, doi:10.1002/jmri.24365
    """
    if not power.any():
        return 1.0
    low, high = -8.0, 12.0
    n_bins = int((high - low) * BINS_A_DECADE)
    ratio = np.log10(penalty / np.maximum(gain, np.float32(1e-12)))
    place = np.clip((ratio - low) * BINS_A_DECADE, 0, n_bins - 1).astype(np.int32)
    total = np.bincount(place.ravel(), power.ravel(), n_bins)
    ratios = 10 ** (low + (np.arange(n_bins) + 0.5) / BINS_A_DECADE)
    weights = np.logspace(*DECADES, N_WEIGHTS)
    damped = 1 + weights[:, None] * ratios
    misfits = np.sqrt(np.sum(total * (1 - 1 / damped) ** 2, axis=1))
    penalties = np.sqrt(np.sum(total * ratios / damped**2, axis=1))
    return l_curve(weights, misfits, penalties)
