"""Rapid two-step inversion: solve what is well-posed, then fill the cone with the fewest edges.

A few steps of conjugate gradients on the least squares problem recover the components with a large dipole kernel
and hardly touch the others. The second step keeps those components and chooses the ones inside the cone so that the
total variation of the map is least. Each of its iterations is one division in k-space and a shrinking of gradients.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.conjugate_gradients import conjugate_gradients
from nipype_qsm.kernels.dipole import dipole_kernel
from nipype_qsm.kernels.fourier import backward, bounding_box, fast_shape, filtered, forward
from nipype_qsm.kernels.gradient import difference, split_gradient, squared_gradient
from nipype_qsm.kernels.weighted_field import norm

FIDELITY = 100.0
"""Weight of what is well-posed relative to a squared gradient of 1/mm2: large, so that it is kept."""


class RTSResult(NamedTuple):
    """Susceptibility [ppm]; iterations of both steps; last relative change; whether step 2 met the tolerance."""

    chi: np.ndarray
    iterations: list[int]
    residual: list[float]
    converged: bool


def rts(
    field_local: np.ndarray,
    mask: np.ndarray,
    grid: Grid,
    *,
    threshold: float = 0.15,
    first_iterations: int = 6,
    shrinking: float = 1.0,
    tolerance: float = 0.01,
    max_iterations: int = 40,
    pad: int = 16,
) -> RTSResult:
    """Invert what is well-posed by least squares, and fill the ill-posed cone with the least total variation.

    Parameters
    ----------
    field_local : (x, y, z) float array, ppm
        Only values inside the mask are used.
    mask : (x, y, z) bool array
    grid : Grid
    threshold : float, dimensionless, 0 < threshold < 1/3
        The dipole kernel is ill-posed below this. Larger is smoother and underestimates.
    first_iterations : int, >= 1
        Of step 1. More sharpens and amplifies noise.
    shrinking : float, dimensionless, > 0
        Gradient that one iteration of step 2 still sets to zero, relative to the root mean square gradient of step 1.
        It sets the pace; larger comes nearer to the least total variation, in more iterations.
    tolerance : float, dimensionless, 0 < tolerance < 1
        Stop step 2 when an iteration changes the map by less than this part of it.
    max_iterations : int
        Limit of step 2; reaching it warns.
    pad : int, voxels
        Room on each side of the mask's box against wrap-around.

    Returns
    -------
    chi : (x, y, z) float array, ppm
        Zero outside the mask, and zero on average inside: reference it.
    iterations, residual : lists of two
        Relative residual of the normal equations after step 1, last relative change of step 2.
    converged : bool
        Whether step 2 met its tolerance; step 1 is stopped early on purpose.

    References
    ----------
    Kames et al. 2018, doi:10.1016/j.neuroimage.2017.11.018
    """
    _check_options(mask, threshold, shrinking, tolerance)
    box = bounding_box(mask)
    inside = mask[box]
    field = np.where(inside, field_local[box], 0)
    padded = grid.resized(fast_shape(field.shape, max(pad, 1)))
    dipole = dipole_kernel(padded)
    start, n_first, residual = _well_posed(field, inside, dipole, padded, first_iterations)
    found, n, change = _fill(start, np.abs(dipole) >= threshold, padded, (shrinking, tolerance, max_iterations))
    converged = change <= tolerance
    if not converged:
        warnings.warn(
            f"RTS stopped after {n} iterations at a relative change of {change:.3g}; {tolerance:g} was asked for.",
            RuntimeWarning,
            stacklevel=2,
        )
    x, y, z = field.shape
    found = found[:x, :y, :z]
    chi = np.zeros_like(field_local)
    chi[box] = np.where(inside, found - found.dtype.type(found[inside].mean(dtype=np.float64)), 0)
    return RTSResult(chi, [n_first, n], [residual, change], converged)


def _check_options(mask: np.ndarray, threshold: float, shrinking: float, tolerance: float) -> None:
    if not mask.any():
        raise QSMError("The mask is empty.", remedy="Give a mask that holds the brain.")
    if not 0 < threshold < 1 / 3 or shrinking <= 0 or not 0 < tolerance < 1:
        raise QSMError(
            f"threshold is {threshold:g}, shrinking {shrinking:g}, tolerance {tolerance:g}.",
            remedy="Give a threshold between 0 and 1/3, a shrinking above 0 and a tolerance between 0 and 1.",
        )


def _well_posed(
    field: np.ndarray, inside: np.ndarray, dipole: np.ndarray, grid: Grid, iterations: int
) -> tuple[np.ndarray, int, float]:
    """Solve D M D x = D M f on the padded grid, where x is free outside the mask, and stop early."""
    room = [(0, whole - part) for whole, part in zip(grid.shape, field.shape, strict=True)]
    known = np.pad(inside, room)

    def normal(chi: np.ndarray) -> np.ndarray:
        return filtered(np.where(known, filtered(chi, dipole, grid.shape), 0), dipole, grid.shape)

    right = filtered(np.pad(field, room), dipole, grid.shape)
    found = conjugate_gradients(normal, right, tolerance=1e-6, max_iterations=iterations, name=None)
    return found.volume, found.iterations, found.residual


def _fill(
    start: np.ndarray, well: np.ndarray, grid: Grid, settings: tuple[float, float, int]
) -> tuple[np.ndarray, int, float]:
    """Minimise the total variation with the well-posed part of the spectrum kept, by split Bregman."""
    shrinking, tolerance, max_iterations = settings
    kept = np.float32(FIDELITY) * well
    solver = 1 / (kept + squared_gradient(grid))
    kept = kept * forward(start)
    steepness = sum(np.mean(difference(start, axis, grid) ** 2, dtype=np.float64) for axis in range(3))
    limit = np.full_like(start, shrinking * np.sqrt(steepness))
    reached, gradients = np.zeros((3, *start.shape), start.dtype), np.zeros_like(start)
    x, change, n = start, np.inf, 0
    while n < max_iterations and change > tolerance and steepness > 0:
        n += 1
        split_gradient(x, reached, limit, gradients, grid=grid)
        spectrum = forward(gradients)
        spectrum += kept
        spectrum *= solver
        previous, x = x, backward(spectrum, grid.shape)
        change = norm(x - previous) / norm(x)
    return x, n, change if n else 0.0
