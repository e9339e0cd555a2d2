"""Combine coils after removing each coil's own, smooth phase (MCPC-3D-S).

The unwrapped phase between two echoes, extrapolated to echo time zero, tells how much of the first echo's phase is
field; what is left is the coil's offset. It is smooth, so smoothing it as a complex number takes its noise away. Every
echo of every coil, turned back by its offset, adds up in phase. Coils are read one at a time: what stays in memory is
one sum an echo. With a single coil (combined data) the same steps remove the offset that the combination left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import njit

from nipype_qsm.errors import MetadataError, QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.coils.phase_difference import phase_difference as coil_phase_difference
from nipype_qsm.kernels.coils.sum_of_squares import add_squares, roots
from nipype_qsm.kernels.fourier import Box, bounding_box
from nipype_qsm.kernels.smoothing import gaussian
from nipype_qsm.kernels.streaming import Reader, read_ahead
from nipype_qsm.kernels.trend import quadratic_trend, turned
from nipype_qsm.kernels.unwrap.romeo import romeo
from nipype_qsm.units import checked_echo_times

TRUNCATE = 2.0
"""Where the Gaussian is cut, in standard deviations: 17 taps at sigma 4."""


class MCPC3DSCoils(NamedTuple):
    """What `mcpc3ds` returns."""

    phase: list[np.ndarray]
    magnitude: list[np.ndarray]
    magnitude_sos: list[np.ndarray]
    magnitude_combined: np.ndarray
    echo_times: list[float]
    phase_offset: np.ndarray | None


def mcpc3ds(
    read: Reader,
    n_coils: int,
    grid: Grid,
    *,
    phase_difference: np.ndarray | None = None,
    magnitude_difference: np.ndarray | None = None,
    mask_brain: np.ndarray | None = None,
    echo_times: Sequence[float],
    smoothing_voxels: float = 4.0,
    smoothing_mm: Sequence[float] = (),
    smoothing_finest_mm: float = np.inf,
    smooth_in_mask: bool = False,
    level_combined: bool = True,
    bipolar: bool = False,
) -> MCPC3DSCoils:
    """Combine coils echo by echo, each turned back by its smooth phase offset.

    Parameters
    ----------
    read : callable
        `read(echo, coil)`, both from 0, returns the signal as an (x, y, z) complex64 array.
    n_coils : int
        1 for combined data.
    grid : Grid
    phase_difference : (x, y, z) float array, rad, optional
        Phase between the first two echoes, unwrapped, 0 outside the mask. One that nowhere leaves -pi..pi is taken for
        wrapped, and unwrapped with ROMEO; left out, it is computed. An error of 2 pi everywhere is harmless; in a part
        of the brain it makes a seam.
    magnitude_difference : (x, y, z) float array, optional
        Guides ROMEO, where it runs.
    mask_brain : (x, y, z) bool array, optional
        Phase and magnitude are 0 outside.
    echo_times : (echo,) float, s
        At least two.
    smoothing_voxels : float, voxels
        Standard deviation of the offset's smoothing along every axis. Larger removes more noise, and with it true
        changes of the offset, which then stay in the phase.
    smoothing_mm : (1,) or (3,) float, mm, optional
        Largest standard deviation in millimetres, for all axes or for each: the smaller of the two limits holds, so
        that a setting made for one voxel size does not blur the offsets of another.
    smoothing_finest_mm : float, mm
        Largest standard deviation along the axis with the smallest voxels; the other axes get the same number of
        voxels, so that equal voxels are smoothed equally and thick slices over few of them.
    smooth_in_mask : bool
        Leave the signal outside the brain out of the smoothing. UK Biobank does not.
    level_combined : bool
        With one coil, smooth in the mask and with the offset's quadratic trend taken off meanwhile: the slope of an
        offset else turns into false phase along the rim.
    bipolar : bool
        Remove the phase that readout gradients of alternating sign add; needs three echoes.

    Returns
    -------
    phase : list of (x, y, z) float array, rad
        Wrapped, one an echo; the field's alone up to a constant.
    magnitude : list of (x, y, z) float array
        Square root of the combined signal's magnitude.
    magnitude_sos : list of (x, y, z) float array
        Root sum of squares over coils, one an echo, not masked.
    magnitude_combined : (x, y, z) float array
        Root sum of squares over coils and echoes, not masked.
    echo_times : list of float, s
        As given.
    phase_offset : (x, y, z) float array, rad, or None
        What was removed, if there is one coil.

    References
    ----------
    Eckstein et al. 2018, doi:10.1002/mrm.26963
    """
    times = _checked_times(echo_times, bipolar)
    inside = np.ones(grid.shape, bool) if mask_brain is None else mask_brain
    phase_difference = unwrapped_difference(read, n_coils, inside, phase_difference, magnitude_difference)
    sigma = smoothing_sigma(smoothing_voxels, smoothing_mm, grid, smoothing_finest_mm)
    box = bounding_box(inside, [int(TRUNCATE * s + 0.5) for s in sigma])
    predicted = phase_difference[box] * np.float32(times[0] / (times[1] - times[0]))
    level = np.asfortranarray(inside[box]) if level_combined and n_coils == 1 else None
    seen = inside[box] if smooth_in_mask or level is not None else np.float32(1)
    turn_back = np.asfortranarray(np.exp(-1j * predicted) * seen)
    totals, squares, offset = streamed(
        read, n_coils, len(times), box=box, turn_back=turn_back, sigma=sigma, level=level
    )
    phases = [np.angle(total) for total in totals]
    if bipolar:
        _remove_bipolar_phase(phases, totals, phase_difference[box], inside[box], times, sigma)
    return MCPC3DSCoils(
        [placed(phase, box, inside) for phase in phases],
        [placed(np.sqrt(np.abs(total)), box, inside) for total in totals],
        *roots(squares),
        list(times),
        placed(np.angle(offset), box, inside) if n_coils == 1 else None,
    )


def unwrapped_difference(
    read: Reader,
    n_coils: int,
    inside: np.ndarray,
    phase_difference: np.ndarray | None = None,
    magnitude_difference: np.ndarray | None = None,
) -> np.ndarray:
    """Return the unwrapped phase between two echoes: as given, unwrapped if it may be wrapped, computed if missing."""
    if phase_difference is None:
        phase_difference, magnitude_difference, _ = coil_phase_difference(read, n_coils)
    if np.abs(phase_difference[inside]).max(initial=0) > np.pi * (1 + 1e-6):
        return phase_difference
    # It may be wrapped; if it is not, this leaves it as it is.
    return romeo(phase_difference, inside, magnitude_difference).phase_unwrapped


def smoothing_sigma(voxels: float, millimetres: Sequence[float], grid: Grid, finest_mm: float = np.inf) -> list[float]:
    """Return the smoothing along each axis in voxels: the smallest of the limits."""
    if len(millimetres) not in (0, 1, 3) or min(voxels, *millimetres, finest_mm) <= 0:
        raise QSMError(
            f"Smoothing of {voxels:g} voxels, {list(millimetres)} mm and {finest_mm:g} mm cannot be applied.",
            remedy="Give positive numbers: one for all axes, or one for each of the three.",
        )
    largest = list(millimetres) * (3 if len(millimetres) == 1 else 1) or [np.inf] * 3
    voxels = min(voxels, finest_mm / min(grid.voxel_size))
    return [float(min(voxels, mm / size)) for mm, size in zip(largest, grid.voxel_size, strict=True)]


def _checked_times(echo_times: Sequence[float], bipolar: bool) -> tuple[float, ...]:
    times = checked_echo_times(echo_times)
    if len(times) < 2:
        raise MetadataError(
            "MCPC-3D-S tells field from coil offset by two echoes; there is one.",
            remedy="Give both echoes, or a phase combined by the scanner and no coil combination.",
        )
    if bipolar and len(times) < 3:
        raise MetadataError(
            f"The bipolar correction needs three echoes; there are {len(times)}.",
            remedy="Leave bipolar out, or acquire with monopolar readouts.",
        )
    return times


def streamed(
    read: Reader,
    n_coils: int,
    n_echoes: int,
    *,
    box: Box,
    turn_back: np.ndarray,
    sigma: Sequence[float],
    level: np.ndarray | None = None,
) -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray]:
    """Visit every coil and echo once; return each echo's sum, its sum of squares, and the last coil's offset phasor."""
    wanted = [(echo, coil) for coil in range(n_coils) for echo in range(n_echoes)]
    totals = [np.zeros(turn_back.shape, np.complex64, order="F") for _ in range(n_echoes)]
    squares: list[np.ndarray] = []
    offset = turn_back
    for (echo, coil), signal in zip(wanted, read_ahead(read, wanted), strict=True):
        if coil == 0:
            squares.append(np.zeros(signal.shape, np.float32, order="F"))
        add_squares(squares[echo], signal)
        part = np.asfortranarray(signal[box])
        if echo == 0:
            # Volumes are Fortran-ordered, the smoothing wants C order: it is given the transpose.
            offset = _smoothed((part * turn_back).T, sigma[::-1], None if level is None else level.T).T
        _add_turned_back(totals[echo].ravel(order="K"), part.ravel(order="K"), offset.ravel(order="K"))
    return totals, squares, offset


def _smoothed(offset: np.ndarray, sigma: Sequence[float], level: np.ndarray | None) -> np.ndarray:
    if level is None:
        return gaussian(offset, sigma, truncate=TRUNCATE)
    trend = quadratic_trend(offset, level)
    return turned(gaussian(turned(offset, trend, -1), sigma, truncate=TRUNCATE), trend, 1)


@njit(cache=True, nogil=True)
def _add_turned_back(total: np.ndarray, signal: np.ndarray, offset: np.ndarray) -> None:
    """Add |S| S conj(u), u the offset's unit phasor; nothing where the offset is unknown."""
    for i in range(total.size):
        length = np.sqrt(offset[i].real * offset[i].real + offset[i].imag * offset[i].imag)
        if length > 0:
            size = np.sqrt(signal[i].real * signal[i].real + signal[i].imag * signal[i].imag)
            total[i] += np.float32(size / length) * (signal[i] * np.conj(offset[i]))


def placed(part: np.ndarray, box: Box, inside: np.ndarray) -> np.ndarray:
    """Return a whole volume, 0 outside the mask."""
    whole = np.zeros(inside.shape, np.float32, order="F")
    whole[box] = part
    whole *= inside
    return whole


def _remove_bipolar_phase(
    phases: list[np.ndarray],
    totals: list[np.ndarray],
    difference: np.ndarray,
    inside: np.ndarray,
    times: Sequence[float],
    sigma: Sequence[float],
) -> None:
    """Subtract, in place, what readouts of alternating sign add.

    An extra phase e of the even echoes puts m e into the odd and (m + 1) e into the even ones, because the offset was
    taken from the difference of an odd and an even echo; theta_1 + theta_3 - k theta_2 holds f e and no field.
    """
    m = times[0] / (times[1] - times[0])
    k = (times[0] + times[2]) / times[1]
    f = (2 - k) * m - k
    # k need not be an integer, so echo 2 has to be free of jumps; the unwrapped difference says on which turn it is.
    predicted = difference * np.float32(m + 1)
    second = predicted + _wrapped(phases[1] - predicted)
    weight = np.sqrt(np.abs(totals[0])) * inside
    extra = gaussian(weight * np.exp(1j * (phases[0] + phases[2] - np.float32(k) * second)), sigma, truncate=TRUNCATE)
    turns = romeo(np.angle(extra), inside, np.abs(extra)).phase_unwrapped / np.float32(f)
    for number, phase in enumerate(phases, start=1):
        phase[...] = _wrapped(phase - np.float32(m if number % 2 else m + 1) * turns)


def _wrapped(phase: np.ndarray) -> np.ndarray:
    return phase - np.float32(2 * np.pi) * np.rint(phase * np.float32(0.5 / np.pi))
