"""Nonlinear dipole inversion: fit the complex signal's phase by descent, and let an early stop do the smoothing.

The phase of a voxel whose field is wrong by a whole turn is right, so the misfit is measured on the circle: one
wrapped or noisy voxel pulls with bounded force. There is nearly no penalty; components with a small dipole kernel
grow slowest, so that the number of iterations decides how much of the ill-posed cone is filled: fewer for a noisier
field. The published plain gradient descent is accelerated by momentum (Nesterov): fewer steps to the same map.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.dipole import dipole_kernel
from nipype_qsm.kernels.fourier import bounding_box, fast_shape
from nipype_qsm.kernels.pruned import filtered_pruned
from nipype_qsm.kernels.regularisation import noise_energy
from nipype_qsm.kernels.weighted_field import allowed_turn, norm, trust_and_price

STEP = 2.0
"""Length of a step; up to 2 / max(D^2) = 4.5 a plain descent is stable, up to 2.25 an accelerated one."""
TOLERANCE_PER_NOISE = 0.8
"""Relative change that ends the descent, per share of noise in the field's energy."""
TOLERANCES = 0.004, 0.2
"""Least and greatest of what is chosen so."""


class NDIResult(NamedTuple):
    """Susceptibility [ppm]; iterations; last relative change; whether it met the tolerance."""

    chi: np.ndarray
    iterations: list[int]
    residual: list[float]
    converged: bool


def ndi(
    field_local: np.ndarray,
    mask: np.ndarray,
    grid: Grid,
    *,
    magnitude_combined: np.ndarray | None = None,
    radians_per_ppm: float | None = None,
    regularisation: float = 1e-5,
    tolerance: float | None = None,
    max_iterations: int = 100,
    pad: int = 16,
) -> NDIResult:
    """Fit the susceptibility to the phase on the circle, and stop before the noise is fitted.

    Parameters
    ----------
    field_local : (x, y, z) float array, ppm
        Only values inside the mask are used.
    mask : (x, y, z) bool array
    grid : Grid
    magnitude_combined : (x, y, z) float array, any unit, optional
        Gives the weight of each voxel; without it all weigh the same.
    radians_per_ppm : float, rad/ppm, >= 0, optional
        Phase that 1 ppm makes: 2 pi gamma B0 TE, 16 at 3 T and 20 ms. It decides which misfit is large: larger
        mistrusts outliers earlier, but cannot fit a field beyond pi / radians_per_ppm. By default as large as the field
        allows: its 99.9th percentile makes 0.2 rad. 0 fits the field itself.
    regularisation : float, dimensionless, >= 0
        Weight of a quadratic penalty on the map.
    tolerance : float, dimensionless, 0 < tolerance < 1, optional
        Stop when an iteration changes the map by less than this part of it. Smaller sharpens and amplifies noise. By
        default 0.8 times the noise's share of the field's energy.
    max_iterations : int
        Limit; reaching it warns.
    pad : int, voxels
        Room on each side of the mask's box against wrap-around.

    Returns
    -------
    chi : (x, y, z) float array, ppm
        Zero outside the mask, and zero on average inside: reference it.
    iterations, residual : lists of one
        The residual is the last relative change.
    converged : bool

    References
    ----------
    Polak et al. 2020, doi:10.1002/nbm.4271
    """
    if not mask.any():
        raise QSMError("The mask is empty.", remedy="Give a mask that holds the brain.")
    if (radians_per_ppm or 0) < 0 or regularisation < 0 or not (tolerance is None or 0 < tolerance < 1):
        raise QSMError(
            f"radians_per_ppm is {radians_per_ppm}, regularisation {regularisation:g}, tolerance {tolerance}.",
            remedy="Give a tolerance between 0 and 1, the others 0 or more.",
        )
    box = bounding_box(mask)
    inside = mask[box]
    trust, _ = trust_and_price(inside, None if magnitude_combined is None else magnitude_combined[box], grid)
    weight = (trust * trust).astype(field_local.dtype, copy=False)
    field = np.where(inside, field_local[box], 0)
    turn = allowed_turn(field, weight > 0) if radians_per_ppm is None else radians_per_ppm
    if tolerance is None:
        tolerance = float(np.clip(TOLERANCE_PER_NOISE * noise_energy(field, trust, grid), *TOLERANCES))
    found, n, change = _descend(field, weight, grid, (turn, regularisation, tolerance, max_iterations), pad)
    converged = change <= tolerance
    if not converged:
        warnings.warn(
            f"NDI stopped after {n} iterations at a relative change of {change:.3g}; {tolerance:g} was asked for.",
            RuntimeWarning,
            stacklevel=2,
        )
    chi = np.zeros_like(field_local)
    chi[box] = np.where(inside, found - found.dtype.type(found[inside].mean(dtype=np.float64)), 0)
    return NDIResult(chi, [n], [change], converged)


def _descend(
    field: np.ndarray, weight: np.ndarray, grid: Grid, settings: tuple[float, float, float, int], pad: int
) -> tuple[np.ndarray, int, float]:
    """Minimise |W (exp(i s D x) - exp(i s f))|^2 / (2 s^2) + regularisation |x|^2 / 2 by accelerated descent."""
    turn, regularisation, tolerance, max_iterations = settings
    real = field.dtype.type
    shape = fast_shape(field.shape, max(pad, 1))
    dipole = dipole_kernel(grid.resized(shape))
    x, ahead, n, change = np.zeros_like(field), np.zeros_like(field), 0, np.inf
    if not field.any():
        return x, 0, 0.0
    while n < max_iterations and change > tolerance:
        n += 1
        misfit = filtered_pruned(ahead, dipole, shape)
        misfit -= field
        if turn:
            misfit = np.sin(real(turn) * misfit) / real(turn)
        misfit *= weight
        slope = filtered_pruned(misfit, dipole, shape)
        previous, x = x, ahead * real(1 - STEP * regularisation) - real(STEP) * slope
        move = x - previous
        change = norm(move) / norm(x)
        ahead = x + real((n - 1) / (n + 2)) * move
    return x, n, change
