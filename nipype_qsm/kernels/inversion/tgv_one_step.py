"""One-step TGV: from wrapped phase to susceptibility, without unwrapping or background removal in between.

Only the Laplacian of the field is taken from the phase: it is known in spite of wraps, and the background has none
inside the brain. A field with that Laplacian is inverted with total generalised variation, and a harmonic field, which
the Laplacian leaves open, is found along with the map. A rim of the mask is lost, where the phase is unreliable.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from nipype_qsm.errors import MetadataError, QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.fourier import bounding_box
from nipype_qsm.kernels.inversion.tgv import tgv
from nipype_qsm.kernels.poisson import negative_laplacian_of_phase, solve_poisson
from nipype_qsm.units import checked_echo_times, radians_per_ppm

POISSON = "The field of one-step TGV"
POISSON_TOLERANCE, POISSON_LIMIT = 1e-4, 2000
"""Relative residual and number of iterations that end the solution of Poisson's equation."""


class OneStepResult(NamedTuple):
    """As the results of `tgv`, and the part of the mask that has a map."""

    chi: np.ndarray
    mask_tissue: np.ndarray
    iterations: list[int]
    residual: list[float]
    converged: bool
    inconsistency: float
    weight: float


def tgv_one_step(
    phase: np.ndarray,
    mask: np.ndarray,
    grid: Grid,
    *,
    echo_times: Sequence[float],
    field_strength: float,
    magnitude: np.ndarray | None = None,
    erosions: int = 2,
    regularisation: float = 0.4,
    selection: str = "error",
    second_order_mm: float = 3.0,
    harmonic_weight: float = 1e5,
    tolerance: float = 0.004,
    max_iterations: int = 100,
    pad: int = 16,
) -> OneStepResult:
    """Invert wrapped phase in one step with total generalised variation.

    Parameters
    ----------
    phase : (x, y, z, echo) float array, rad
        Wrapped, its offset at echo time zero removed.
    mask : (x, y, z) bool array
    grid : Grid
    echo_times : (echo,) float, s
    field_strength : float, T
    magnitude : (x, y, z, echo) float array, any unit, optional
        Weighs echoes and voxels; without it echoes count by their time alone.
    erosions : int, >= 1
        Layers taken off the mask. More is safer where the phase at the rim is wrong, and keeps less.
    regularisation : float, > 0
    selection : {"error", "fixed", "l_curve", "frequency"}
    second_order_mm : float, mm, > 0
        These three as in `tgv`.
    harmonic_weight : float, mm4, > 0
        Weight of the squared Laplacian of the harmonic field. Smaller takes more of slow fields.
    tolerance : float, dimensionless, 0 < tolerance < 1
        Stop when an iteration changes the map by less than this part of it.
    max_iterations : int
        Limit of the inversion; reaching it warns, as does a Poisson's equation that does not meet its tolerance.
    pad : int, voxels
        Room on each side of the mask's box.

    Returns
    -------
    chi : (x, y, z) float array, ppm
        Zero outside `mask_tissue`, and zero on average inside: reference it.
    mask_tissue : (x, y, z) bool array
        The mask without its eroded layers.
    iterations, residual : lists of two
        Of Poisson's equation and of the inversion.
    converged : bool
    inconsistency, weight : float
        As `tgv` returns.

    References
    ----------
    Langkammer et al. 2015, doi:10.1016/j.neuroimage.2015.02.041; Bredies et al. 2010 (the penalty),
    doi:10.1137/090769521
    """
    times = checked_echo_times(echo_times)
    phase, magnitude = _checked(phase, magnitude, len(times))
    interior = ndimage.binary_erosion(mask, iterations=max(1, erosions))
    if not interior.any():
        raise QSMError(
            f"The mask of {int(mask.sum())} voxels is empty after {erosions} erosions.",
            remedy="Give the whole brain as mask, or fewer erosions.",
        )
    radians = [radians_per_ppm(time, field_strength) for time in times]
    field, n, residual = _local_field(phase, magnitude, interior, grid, radians)
    found = tgv(
        field,
        interior,
        grid,
        magnitude_combined=None if magnitude is None else np.sqrt(np.sum(magnitude**2, axis=-1)),
        regularisation=regularisation,
        selection=selection,
        second_order_mm=second_order_mm,
        harmonic_weight=harmonic_weight,
        support=False,
        tolerance=tolerance,
        max_iterations=max_iterations,
        pad=pad,
    )
    return OneStepResult(
        found.chi,
        interior,
        [n, *found.iterations],
        [residual, *found.residual],
        found.converged and residual <= POISSON_TOLERANCE,
        found.inconsistency,
        found.weight,
    )


def _checked(phase: np.ndarray, magnitude: np.ndarray | None, n_echoes: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Return both with an axis of echoes, and refuse what does not fit the echo times."""
    phase = phase if phase.ndim == 4 else phase[..., None]
    if magnitude is not None:
        magnitude = magnitude if magnitude.ndim == 4 else magnitude[..., None]
    if phase.shape[3] != n_echoes or (magnitude is not None and magnitude.shape != phase.shape):
        raise MetadataError(
            f"phase has shape {phase.shape}, magnitude {None if magnitude is None else magnitude.shape} for {n_echoes} "
            "echo times.",
            remedy="Give one volume of each per echo time, in the same order.",
        )
    return phase, magnitude


def _local_field(
    phase: np.ndarray, magnitude: np.ndarray | None, interior: np.ndarray, grid: Grid, radians: list[float]
) -> tuple[np.ndarray, int, float]:
    """Return a field [ppm] with the Laplacian that the echoes have, weighted by the variance of each phase."""
    box = bounding_box(interior, 1)
    room = [(1, 1)] * 3
    inside = np.pad(interior[box], room)
    bend, total = np.zeros(inside.shape, np.float32), np.zeros(inside.shape, np.float32)
    for echo, turn in enumerate(radians):
        weight = np.full_like(bend, turn**2)
        if magnitude is not None:
            weight *= np.pad(magnitude[..., echo][box], room) ** 2
        wrapped = np.pad(phase[..., echo][box], room).astype(np.float32, copy=False)
        bend += weight * negative_laplacian_of_phase(wrapped, inside, grid.voxel_size) / np.float32(turn)
        total += weight
    bend = np.divide(bend, total, out=np.zeros_like(bend), where=total > 0)
    found, n, residual, _ = solve_poisson(
        bend, inside, grid.voxel_size, tolerance=POISSON_TOLERANCE, max_iterations=POISSON_LIMIT, name=POISSON
    )
    field = np.zeros(interior.shape, np.result_type(phase, np.float32))
    field[box] = found[1:-1, 1:-1, 1:-1]
    return field, n, residual
