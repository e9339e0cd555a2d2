"""What the macroscopic field gradient does to T2*.

A field that varies across a voxel spreads the phases of its spins, so that the signal decays faster than the tissue
makes it: near air, T2* measures the shape of the head. The gradient is read from the phasor of the echo difference,
neighbour by neighbour, without any unwrapping. For a linear field in a rectangular voxel the signal is multiplied by a
sinc of the phase spread along each axis; the slope of its logarithm over the echoes is the rate that is added to R2*.
Its median over a region is the confound that belongs to that region's T2*.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nipype_qsm.errors import MetadataError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.fourier import bounding_box
from nipype_qsm.kernels.smoothing import gaussian
from nipype_qsm.units import checked_echo_times

LARGEST_SPREAD = 0.95
"""Turns across a voxel at the last echo; the signal vanishes at one."""


class FieldGradient(NamedTuple):
    """The maps, and how far the model holds."""

    field_gradient: np.ndarray
    dephasing_rate: np.ndarray
    t2star_corrected: np.ndarray | None
    n_beyond: int


def field_gradient_confound(
    phase: np.ndarray,
    magnitude: np.ndarray,
    mask_brain: np.ndarray,
    grid: Grid,
    *,
    echo_times: Sequence[float],
    t2star: np.ndarray | None = None,
    smoothing_mm: float = 1.0,
    longest_s: float = 0.5,
) -> FieldGradient:
    """Map the field gradient and the rate that it adds to R2*, and take it off T2*.

    Parameters
    ----------
    phase : (x, y, z, echo) float array, rad
        Wrapped, of combined coils; the first two echoes are used.
    magnitude : (x, y, z, echo) float array
        Weights of the phasors.
    mask_brain : (x, y, z) bool array
    grid : Grid
    echo_times : (echo,) float, s
    t2star : (x, y, z) float array, s, optional
        To be corrected.
    smoothing_mm : float, mm, smoothing_mm >= 0
        Standard deviation of the smoothing of the phasor. Larger lowers noise and blurs the gradients of small veins.
    longest_s : float, s
        Corrected T2* beyond it, or without a positive rate left, becomes 0.

    Returns
    -------
    field_gradient : (x, y, z) float array, Hz/mm
        Length of the gradient; zero outside the mask.
    dephasing_rate : (x, y, z) float array, 1/s
    t2star_corrected : (x, y, z) float array, s
        None without `t2star`.
    n_beyond : int
        Voxels whose spread was held at 0.95 turns: there the signal is nearly gone and the rate too small.

    Notes
    -----
    For small gradients g [Hz/mm] the rate is pi^2 / 6 (TE1 + TE2) sum (g d)^2. Gradients up to half a turn between
    neighbours over the echo difference are told apart: 15.7 Hz/mm for slices of 3 mm and echoes 10.6 ms apart.

    References
    ----------
    Hernando et al. 2012, doi:10.1002/mrm.23306; Wang et al. 2022, doi:10.1038/s41593-022-01074-w
    """
    times = checked_echo_times(echo_times)
    if phase.ndim != 4 or phase.shape[3] < 2 or len(times) != phase.shape[3] or magnitude.shape != phase.shape:
        raise MetadataError(
            f"phase is {phase.shape}, magnitude {magnitude.shape}, with {len(times)} echo times.",
            remedy="Give two echoes or more, with one phase, one magnitude and one echo time each.",
        )
    box = bounding_box(mask_brain, 1)
    inside = mask_brain[box]
    spreads = _turns_per_second(phase[box], magnitude[box], inside, grid, smoothing_mm)
    spreads /= np.float32(times[1] - times[0])
    rate, n_beyond = _rate(spreads, times, inside)
    gradient, dephasing_rate = (np.zeros(mask_brain.shape, np.float32) for _ in range(2))
    sizes = np.asarray(grid.voxel_size, np.float32)[:, None, None, None]
    gradient[box] = np.sqrt(((spreads / sizes) ** 2).sum(axis=0)) * inside
    dephasing_rate[box] = rate
    corrected = None if t2star is None else _corrected(t2star, dephasing_rate, longest_s)
    return FieldGradient(gradient, dephasing_rate, corrected, n_beyond)


def _turns_per_second(
    phase: np.ndarray, magnitude: np.ndarray, inside: np.ndarray, grid: Grid, smoothing_mm: float
) -> np.ndarray:
    """Return the phase difference from voxel to voxel along each axis, in turns over the echo difference, (3, x, y, z).

    The phasors of the steps to both neighbours are added, so that the stronger signal counts more; a neighbour outside
    the mask does not count.
    """
    difference = phase[..., 1] - phase[..., 0]
    weight = magnitude[..., 0] * magnitude[..., 1] * inside
    phasor = (weight * np.exp(1j * difference)).astype(np.complex64)
    if smoothing_mm > 0:
        phasor = gaussian(phasor, [smoothing_mm / size for size in grid.voxel_size]) * inside
    turns = np.zeros((3, *phasor.shape), np.float32)
    for axis in range(3):
        along = np.moveaxis(phasor, axis, 0)
        step = along[1:] * along[:-1].conj()
        both = np.zeros(along.shape, np.complex64)
        both[1:] += step
        both[:-1] += step
        turns[axis] = np.moveaxis(np.angle(both), 0, axis) / np.float32(2 * np.pi)
    return turns


def _rate(spreads: np.ndarray, times: Sequence[float], inside: np.ndarray) -> tuple[np.ndarray, int]:
    """Return the slope over the echoes of the logarithm of the sinc, with its sign changed, and how often it was held.

    `spreads` is the frequency difference across a voxel [Hz] along each axis.
    """
    held = np.abs(spreads)
    limit = np.float32(LARGEST_SPREAD / times[-1])
    n_beyond = int(np.count_nonzero((held > limit).any(axis=0) & inside))
    np.minimum(held, limit, out=held)
    centred = np.asarray(times) - np.mean(times)
    slopes = centred / (centred**2).sum()
    rate = np.zeros(inside.shape, np.float32)
    for time, slope in zip(times, slopes, strict=True):
        for along in held:
            rate -= np.float32(slope) * np.log(np.sinc(np.float32(time) * along)).astype(np.float32)
    return np.maximum(rate, 0) * inside, n_beyond


def _corrected(t2star: np.ndarray, dephasing_rate: np.ndarray, longest_s: float) -> np.ndarray:
    rate = np.zeros_like(t2star)
    np.divide(1, t2star, out=rate, where=t2star > 0)
    rate -= dephasing_rate
    corrected = np.zeros_like(t2star)
    np.divide(1, rate, out=corrected, where=(t2star > 0) & (rate > 1 / longest_s))
    return corrected
