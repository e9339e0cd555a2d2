"""Combine coils after setting the phase of each to that of a virtual reference coil.

Coils that agree in phase at one place add up to a coil that sees the whole head: the virtual reference. Each coil's
phase against it is free of the field, and smooth, so it can be smoothed and taken off, echo by echo. One echo is
enough. What stays in the phase is the reference's own offset, the same in every echo. Coils are read one at a time,
twice: what stays in memory is one sum an echo.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.coils.mcpc3ds import TRUNCATE, placed, smoothing_sigma, streamed
from nipype_qsm.kernels.coils.sum_of_squares import CombinedCoils, roots
from nipype_qsm.kernels.fourier import bounding_box
from nipype_qsm.kernels.streaming import Reader, read_ahead
from nipype_qsm.units import checked_echo_times


def virtual_reference(
    read: Reader,
    n_coils: int,
    grid: Grid,
    *,
    mask_brain: np.ndarray | None = None,
    echo_times: Sequence[float],
    reference_radius_mm: float = 10.0,
    smoothing_voxels: float = 4.0,
    smoothing_mm: Sequence[float] = (),
) -> CombinedCoils:
    """Combine coils echo by echo, each turned to the phase of a virtual reference coil.

    Parameters
    ----------
    read : callable
        `read(echo, coil)`, both from 0, returns the signal as an (x, y, z) complex64 array.
    n_coils : int
    grid : Grid
    mask_brain : (x, y, z) bool array, optional
        Phase and magnitude are 0 outside; its centre is where the coils are made to agree.
    echo_times : (echo,) float, s
        One or more.
    reference_radius_mm : float, mm, > 0
        Radius of the ball, at the centre of the brain, in which the coils are made to agree. Larger averages more
        noise; so large that coils turn against each other inside it, it no longer tells their phase.
    smoothing_voxels : float, voxels
        Standard deviation of the smoothing of each coil's phase against the reference, along every axis.
    smoothing_mm : (1,) or (3,) float, mm, optional
        Largest standard deviation in millimetres, for all axes or for each: the smaller of the two limits holds.

    Returns
    -------
    phase : list of (x, y, z) float array, rad
        Wrapped, one an echo; the field's and the reference coil's offset, which is the same in every echo.
    magnitude : list of (x, y, z) float array
        Square root of the combined signal's magnitude.
    magnitude_sos : list of (x, y, z) float array
        Root sum of squares over coils, one an echo, not masked.
    magnitude_combined : (x, y, z) float array
        Root sum of squares over coils and echoes, not masked.
    echo_times : list of float, s
        As given.

    References
    ----------
    Parker et al. 2014, doi:10.1002/mrm.24932
    """
    times = checked_echo_times(echo_times)
    inside = np.ones(grid.shape, bool) if mask_brain is None else np.asarray(mask_brain, bool)
    reference = reference_signal(read, n_coils, inside, grid, reference_radius_mm)
    sigma = smoothing_sigma(smoothing_voxels, smoothing_mm, grid)
    box = bounding_box(inside, [int(TRUNCATE * s + 0.5) for s in sigma])
    turn_back = np.asfortranarray(np.conj(reference[box]))
    totals, squares, _ = streamed(read, n_coils, len(times), box=box, turn_back=turn_back, sigma=sigma)
    return CombinedCoils(
        [placed(np.angle(total), box, inside) for total in totals],
        [placed(np.sqrt(np.abs(total)), box, inside) for total in totals],
        *roots(squares),
        list(times),
    )


def reference_signal(read: Reader, n_coils: int, inside: np.ndarray, grid: Grid, radius_mm: float = 10.0) -> np.ndarray:
    """Return the first echo of the virtual coil, complex64: all coils, made to agree around the mask's centre."""
    if not radius_mm > 0:
        raise QSMError(
            f"A reference of {radius_mm:g} mm holds no voxel.",
            remedy="Give a reference_radius_mm above 0, e.g. 10.",
        )
    centre = _central_ball(inside, grid, radius_mm)
    reference = np.zeros(grid.shape, np.complex64, order="F")
    for signal in read_ahead(read, ((0, coil) for coil in range(n_coils))):
        reference += signal * np.complex64(np.exp(-1j * np.angle(signal[centre].sum(dtype=complex))))
    return reference


def _central_ball(inside: np.ndarray, grid: Grid, radius_mm: float) -> np.ndarray:
    """Return the voxels around the mask's centre, the nearest one at least."""
    squared = np.zeros(grid.shape)
    for axis, size in enumerate(grid.voxel_size):
        count = inside.sum(axis=tuple(a for a in range(3) if a != axis))
        place = np.arange(grid.shape[axis])
        middle = float((place * count).sum() / count.sum()) if count.any() else (grid.shape[axis] - 1) / 2
        along = [1, 1, 1]
        along[axis] = -1
        squared += ((place - middle) * size).reshape(along) ** 2
    return squared <= max(radius_mm**2, float(squared.min()))
