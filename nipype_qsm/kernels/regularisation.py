"""The weight of a penalty, from the data: by the error that the field admits, the L-curve or equal frequencies.

What the field holds where no susceptibility can make any is error; the Wiener filter's weight is the power of the
error over that of the signal. In fine detail, where background and the mask's edge hardly reach, that error is noise.
The L-curve knows nothing of the dipole: drawn in logarithms, the misfit against the size of the penalty is an L as the
weight grows. Along one arm only noise is smoothed away, along the other only signal, and the corner is where the curve
bends most. In closed-form problems that are diagonal in Fourier space the
whole curve depends on the power of the data at each ratio of penalty to gain: one histogram gives every weight.
Tissue looks alike along every direction of k-space, so a map whose spectrum is weaker where the dipole kernel is small
is smoothed too much, and one where it is stronger too little.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.dipole import dipole_kernel
from nipype_qsm.kernels.fourier import fast_shape, forward, frequencies
from nipype_qsm.kernels.weighted_field import CONE, SHARE_PAD, inconsistency

DECADES = (-5.0, 1.0)
"""Decimal logarithms of the smallest and the largest weight that are tried."""
N_WEIGHTS = 49
"""Weights on the closed-form curve, eight a decade."""
BINS_A_DECADE = 50
"""Bins of the ratio of penalty to gain."""

SELECTIONS = ("error", "fixed", "l_curve", "frequency")
"""How a weight can be chosen: the guess by the field's error, the number as it is given, or among trials."""
TRIALS = 3.0 ** np.arange(-4, 5)
"""Weights that are tried, relative to the guess."""
TRANSITION, WELL_POSED = (0.15, 0.3), (0.35, 0.6)
"""Sizes of the dipole kernel between which a map's spectrum is compared."""

FINE = 0.8
"""Part of the highest frequency of a cubic voxel as large beyond which the error of a field is noise."""
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


def noise_energy(field: np.ndarray, trust: np.ndarray, grid: Grid) -> float:
    """Estimate how much of a field's energy is white noise, by its finest detail on the magic-angle cone.

    Parameters
    ----------
    field, trust : (x, y, z) float array
        Any unit; the weight of each voxel, 0 outside the mask.
    grid : Grid

    Returns
    -------
    share : float, 0 to 1
        About 0.01 for an exact field of a head, 1 for noise alone.
    """
    if not field[trust > 0].any():
        return 1.0
    trusted = trust * (field - field.dtype.type(np.average(field, weights=trust)))
    padded = grid.resized(fast_shape(field.shape, SHARE_PAD))
    kx, ky, kz = frequencies(padded.shape, padded.voxel_size)
    fine = kx * kx + ky * ky + kz * kz > (FINE / 2) ** 2 / np.prod(padded.voxel_size) ** (2 / 3)
    fine &= np.abs(dipole_kernel(padded)) < CONE
    for k, size in zip((kx, ky, kz), padded.voxel_size, strict=True):
        fine &= np.abs(k) * size < 0.499  # the highest frequency of an even axis has one side only
    if not fine.any():
        return 1.0
    # The half spectrum stands for all of it, whichever axis is halved: what has a mirror image counts twice.
    twice = np.where(kz > 0, 2.0, 1.0) * fine
    power = np.average(np.abs(forward(trusted, padded.shape)) ** 2, weights=twice)
    return min(1.0, float(power / np.sum(trusted * trusted, dtype=np.float64)))


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


class Trial(NamedTuple):
    """A map made with one weight; the norm of its misfit; the size of what is penalised, not squared."""

    chi: np.ndarray
    misfit: float
    penalty: float


def selected_weight(
    trial: Callable[[float], Trial], guess: float, selection: str, grid: Grid, dipole: np.ndarray
) -> float:
    """Choose among weights around a guess, by the L-curve or by equal frequencies.

    Parameters
    ----------
    trial : callable
        Makes a map with a weight.
    guess : float, > 0
    selection : {"l_curve", "frequency"}
    grid : Grid
        On which the spectrum is taken, at least as large as the map.
    dipole : (x, y, z // 2 + 1) float array, dimensionless
        The grid's dipole kernel.

    Returns
    -------
    weight : float
        Between 1/81 and 81 times the guess; by the L-curve, which has no corner at its ends, within 9.

    References
    ----------
    Hansen and O'Leary 1993, doi:10.1137/0914086; Milovic et al. 2021, doi:10.1002/mrm.28435
    """
    weights = guess * TRIALS
    made = [trial(float(weight)) for weight in weights]
    if selection == "l_curve":
        floor = 1e-12
        return l_curve(
            weights, np.array([max(t.misfit, floor) for t in made]), np.array([max(t.penalty, floor) for t in made])
        )
    unequal = [spectral_inequality(t.chi, grid, dipole) for t in made]
    return float(weights[int(np.argmin(unequal))])


def spectral_inequality(chi: np.ndarray, grid: Grid, dipole: np.ndarray) -> float:
    """Measure how far a map's spectrum is from being as strong where the dipole kernel is small as where it is large.

    Parameters
    ----------
    chi : (x, y, z) float array, any unit
        In a corner of the grid.
    grid : Grid
    dipole : (x, y, z // 2 + 1) float array, dimensionless
        The grid's dipole kernel.

    Returns
    -------
    inequality : float
        Mean over shells of k-space of the squared relative difference: 0 equal, 1 all of it on one side.

    References
    ----------
    Milovic et al. 2021, doi:10.1002/mrm.28435
    """
    amplitude = np.abs(forward(chi, grid.shape))
    kx, ky, kz = frequencies(grid.shape, grid.voxel_size)
    width = np.float32(1 / max(np.multiply(grid.shape, grid.voxel_size)))
    shell = np.rint(np.sqrt(kx * kx + ky * ky + kz * kz) / width).astype(int)
    size = np.abs(dipole)
    means = []
    for low, high in (TRANSITION, WELL_POSED):
        there = (size > low) & (size < high) & (shell > 0)
        total = np.bincount(shell[there], amplitude[there], minlength=shell.max() + 1)
        count = np.bincount(shell[there], minlength=shell.max() + 1)
        means.append(np.where(count > 0, total / np.maximum(count, 1), np.nan))
    difference = (means[0] - means[1]) / (means[0] + means[1] + np.finfo(np.float32).tiny)
    return float(np.nanmean(difference**2))
