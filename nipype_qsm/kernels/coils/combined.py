"""Images that are combined already, taken as they are.

The path for a single echo, and for data whose phase offset was removed before. Phase filtered for
susceptibility-weighted imaging has lost its smooth part, and no field can be made of it: the spread of the smooth part
shows that.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nipype_qsm.errors import MetadataError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.coils.sum_of_squares import roots
from nipype_qsm.kernels.smoothing import gaussian
from nipype_qsm.kernels.streaming import Reader, read_ahead
from nipype_qsm.units import checked_echo_times

FILTERED_BELOW = 0.2
"""Spread of the smooth phase, rad, that no unfiltered head stays below."""
SMOOTH_MM = 10.0
"""Standard deviation of what counts as smooth."""


class AlreadyCombined(NamedTuple):
    """What `combined` returns."""

    phase: list[np.ndarray]
    magnitude: list[np.ndarray]
    magnitude_sos: list[np.ndarray]
    magnitude_combined: np.ndarray
    echo_times: list[float]
    smooth_phase_spread: float


def combined(
    read: Reader, n_coils: int, grid: Grid, mask_brain: np.ndarray | None = None, *, echo_times: Sequence[float]
) -> AlreadyCombined:
    """Pass on images that are combined already; warn if their phase was high-pass filtered.

    Parameters
    ----------
    read : callable
        `read(echo, coil)`, both from 0, returns the signal as an (x, y, z) complex64 array.
    n_coils : int
        1.
    grid : Grid
    mask_brain : (x, y, z) bool array, optional
        Phase and magnitude are 0 outside.
    echo_times : (echo,) float, s
        One or more.

    Returns
    -------
    phase, magnitude : list of (x, y, z) float array
        One an echo; rad, and the unit of the magnitude.
    magnitude_sos : list of (x, y, z) float array
        The magnitudes, not masked.
    magnitude_combined : (x, y, z) float array
        Root sum of squares over echoes, not masked.
    echo_times : list of float, s
        As given.
    smooth_phase_spread : float, rad
        Circular standard deviation, over the brain, of the last echo's phase smoothed by 10 mm. Below 0.2 rad the
        phase was filtered: a field that differs by 16 Hz across the head makes more at an echo time of 20 ms.
    """
    if n_coils != 1:
        raise MetadataError(
            f"There are {n_coils} coils, not one combined image.", remedy="Combine them with mcpc3ds (two echoes)."
        )
    times = checked_echo_times(echo_times)
    inside = np.ones(grid.shape, bool) if mask_brain is None else mask_brain
    phases, magnitudes, squares = [], [], []
    for signal in read_ahead(read, [(echo, 0) for echo in range(len(times))]):
        size = np.abs(signal)
        phases.append(np.angle(signal) * inside)
        magnitudes.append(size * inside)
        squares.append(size * size)
    spread = _smooth_phase_spread(signal * inside, grid)
    if spread < FILTERED_BELOW:
        warnings.warn(
            f"The smooth part of the phase varies by {spread:.2g} rad only: it looks high-pass filtered, as for "
            "susceptibility-weighted imaging. Such phase cannot give a susceptibility map; use the unfiltered phase.",
            stacklevel=2,
        )
    return AlreadyCombined(phases, magnitudes, *roots(squares), list(times), spread)


def _smooth_phase_spread(signal: np.ndarray, grid: Grid) -> float:
    smooth = gaussian(signal, [SMOOTH_MM / d for d in grid.voxel_size])
    weight = float(np.abs(signal).sum(dtype=np.float64))
    if weight == 0:
        return float("inf")
    direction = np.exp(1j * np.angle(smooth)) * np.abs(signal)
    length = abs(complex(direction.sum(dtype=np.complex128))) / weight
    return float(np.sqrt(-2 * np.log(min(length, 1.0))))
