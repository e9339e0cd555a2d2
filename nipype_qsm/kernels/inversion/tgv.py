"""Second-order total generalised variation: a map of smooth slopes and few edges, without total variation's steps.

The gradient of the map is split in a sparse part, its edges, and a field of slopes that is itself smooth. Data term,
weights and the choice of strength are those of `tv`. Solved by split Bregman: map and slopes together have a closed
form in k-space, for the smoothness of the slopes couples them only along the gradient's own direction there.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.fourier import backward, forward, frequencies
from nipype_qsm.kernels.gradient import squared_gradient
from nipype_qsm.kernels.weighted_field import WeightedField, norm, without_outliers

STEP, SECOND_STEP = 1.0, 0.2
"""Gradient [rms of the field per mm] and slope change [per mm2] that one iteration still sets to zero; the pace."""
REWEIGHT_AT = 8
"""Iteration that weighs down the voxels with an outlying misfit."""


class TGVResult(NamedTuple):
    """Susceptibility [ppm]; iterations; last change; whether it met the tolerance; error share of the field."""

    chi: np.ndarray
    iterations: list[int]
    residual: list[float]
    converged: bool
    inconsistency: float


def tgv(
    field_local: np.ndarray,
    mask: np.ndarray,
    grid: Grid,
    *,
    magnitude_combined: np.ndarray | None = None,
    regularisation: float = 0.1,
    second_order_mm: float = 3.0,
    outside_cost: float = 0.02,
    tolerance: float = 0.008,
    max_iterations: int = 60,
    pad: int = 16,
) -> TGVResult:
    """Invert the field with the least second-order total generalised variation that its error calls for.

    Parameters
    ----------
    field_local : (x, y, z) float array, ppm
        Only values inside the mask are used.
    mask : (x, y, z) bool array
    grid : Grid
    magnitude_combined : (x, y, z) float array, any unit, optional
        Gives the weight of each voxel and the edges; without it all voxels weigh the same and no edge is free.
    regularisation : float, dimensionless, > 0
        Weight of the variation relative to the estimated error power. Larger is smoother.
    second_order_mm : float, mm, > 0
        Weight of the change of slopes relative to that of edges. Large: total variation; small: slopes are free.
    outside_cost : float, dimensionless, 0 < outside_cost <= 1
        Weight of edges outside the mask relative to inside, for a field that is all error; it is divided by the error
        share. Smaller absorbs more background field.
    tolerance : float, dimensionless, 0 < tolerance < 1
        Stop when an iteration changes the map by less than this part of it.
    max_iterations : int
        Limit; reaching it warns.
    pad : int, voxels
        Room on each side of the mask's box.

    Returns
    -------
    chi : (x, y, z) float array, ppm
        Zero outside the mask, and zero on average inside: reference it.
    iterations, residual : lists of one
        The residual is the last relative change.
    converged : bool
    inconsistency : float
        Root mean square of the field on the magic-angle cone relative to equally fine detail: 0 exact, 1 noise.

    References
    ----------
    Milovic et al. 2018, doi:10.1002/mrm.27073; Bredies et al. 2010 (the penalty), doi:10.1137/090769521
    """
    if regularisation <= 0 or second_order_mm <= 0 or not 0 < outside_cost <= 1:
        raise QSMError(
            f"regularisation is {regularisation:g}, second_order_mm {second_order_mm:g}, outside_cost "
            f"{outside_cost:g}.",
            remedy="Give numbers above 0, and an outside_cost of at most 1.",
        )
    problem = WeightedField.prepare(field_local, mask, grid, magnitude_combined, outside_cost=outside_cost, pad=pad)
    if problem.scale == 0:
        return TGVResult(np.zeros_like(field_local), [0], [0.0], True, 0.0)
    strength = regularisation * problem.share**2
    found, n, change = _split_bregman(problem, (strength, second_order_mm * strength), tolerance, max_iterations)
    converged = change <= tolerance
    if not converged:
        warnings.warn(
            f"TGV stopped after {n} iterations at a relative change of {change:.3g}; {tolerance:g} was asked for.",
            RuntimeWarning,
            stacklevel=2,
        )
    return TGVResult(problem.result(found, field_local), [n], [change], converged, problem.inconsistency)


def _split_bregman(
    problem: WeightedField, strengths: tuple[float, float], tolerance: float, max_iterations: int
) -> tuple[np.ndarray, int, float]:
    """Minimise |W (D x - f)|^2 / 2 + s1 |costs (grad x - v)|_1 + s2 |E v|_1 by splitting off D x, grad x - v and E v.

    u, p and q are the scaled multipliers, p and q at the same time what is clipped; ten transforms a step.
    """
    field, inside, corner = problem.field, problem.inside, problem.corner
    paces = strengths[0] / STEP, strengths[1] / SECOND_STEP
    solver = _Solver(problem, paces)
    pull = problem.weight**2 / (problem.weight**2 + 1)
    limit = STEP * problem.costs
    u, data = np.zeros_like(field), np.zeros_like(problem.costs)
    data[corner] = pull * field
    p = [np.zeros_like(data) for _ in range(3)]
    q = {pair: np.zeros_like(data) for pair in PAIRS}
    # The right-hand sides: a, what the gradient less the slopes should be, and b, what the slopes' change should be.
    source, slopes = np.zeros_like(data), [np.zeros_like(data) for _ in range(3)]
    x, change, n, least = np.zeros_like(field), np.inf, 0, norm(field)
    while n < max_iterations and change > tolerance:
        n += 1
        whole, made, slope = solver.solve(data, source, slopes)
        source[:] = 0
        for axis in range(3):
            wanted = _clipped(_difference(whole, axis, problem.grid) - slope[axis], p[axis], limit)
            _add_transpose(source, wanted, axis, problem.grid, paces[0])
            slopes[axis] = -np.float32(paces[0]) * wanted
        for i, j in PAIRS:
            bend = (_difference(slope[i], j, problem.grid) + _difference(slope[j], i, problem.grid)) / 2
            wanted = _clipped(bend, q[i, j], SECOND_STEP)
            _add_transpose(slopes[i], wanted, j, problem.grid, paces[1])
            if i != j:
                _add_transpose(slopes[j], wanted, i, problem.grid, paces[1])
        previous, x = x, whole[corner].copy()
        change = norm((x - previous)[inside]) / max(norm(x[inside]), least)
        if n == REWEIGHT_AT:
            pull = without_outliers(made[corner] - field, inside, problem.weight)
        data = made
        data[corner] += u
        u = pull * (data[corner] - field)
        data[corner] -= 2 * u
    return x, n, change


PAIRS = [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)]
"""Entries of a symmetric matrix."""


class _Solver:
    """The linear step: map and slopes together, in k-space.

    With G the transfer of the gradient, (E'E v)_i = (|G|^2 v_i + G_i G'v) / 2; so x and w = G'v are solved for first.
    """

    def __init__(self, problem: WeightedField, paces: tuple[float, float]) -> None:
        self.grid, self.dipole = problem.grid, problem.dipole
        self.first, self.second = (np.float32(pace) for pace in paces)
        waves = zip(frequencies(self.grid.shape, self.grid.voxel_size), self.grid.voxel_size, strict=True)
        self.gradient = [((np.exp(2j * np.pi * k * size) - 1) / size).astype(np.complex64) for k, size in waves]
        self.square = squared_gradient(self.grid)
        self.square[0, 0, 0] = 0
        self.along = 1 / (self.first + self.second * self.square)
        whole = self.dipole**2 + self.first * self.second * self.square**2 * self.along
        whole[0, 0, 0] = np.inf
        self.inverse = 1 / whole

    def solve(
        self, data: np.ndarray, source: np.ndarray, slopes: list[np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
        """Return map, its field, and slopes."""
        shape = self.grid.shape
        right = [forward(slope) for slope in slopes]
        together = sum(np.conj(g) * r for g, r in zip(self.gradient, right, strict=True))
        x = self.dipole * forward(data) + forward(source) + self.first * self.along * together
        x *= self.inverse
        w = (together + self.first * self.square * x) * self.along
        drive = self.first * x - (self.second / 2) * w
        across = 1 / (self.first + (self.second / 2) * self.square)
        found = [backward((r + g * drive) * across, shape) for g, r in zip(self.gradient, right, strict=True)]
        made = backward(self.dipole * x, shape)
        return backward(x, shape), made, found


def _difference(volume: np.ndarray, axis: int, grid: Grid) -> np.ndarray:
    """Return periodic forward differences."""
    step = np.roll(volume, -1, axis)
    step -= volume
    step /= grid.voxel_size[axis]
    return step


def _add_transpose(total: np.ndarray, step: np.ndarray, axis: int, grid: Grid, pace: float) -> None:
    """Add pace times the transposed forward difference."""
    scaled = step * total.dtype.type(pace / grid.voxel_size[axis])
    total -= scaled
    total += np.roll(scaled, 1, axis)


def _clipped(value: np.ndarray, multiplier: np.ndarray, limit: np.ndarray | float) -> np.ndarray:
    """Clip value + multiplier to the limit, which becomes the multiplier; return the value wanted next."""
    value += multiplier
    np.clip(value, -limit, limit, out=multiplier)
    value -= 2 * multiplier
    return value
