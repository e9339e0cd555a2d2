"""Total variation: of all maps that explain the field, the one with the fewest edges.

The data term weighs each voxel by its signal and, once a first map is there, gives less weight to voxels that no
susceptibility explains. The strongest edges of the magnitude are free of charge. Outside the mask the map is free and
cheap, so that it can absorb what background removal has left behind.

How much to smooth is read from the data: on the magic-angle cone of k-space the dipole kernel is zero, so whatever the
field holds there is error. The weight of the total variation follows the power of that error, and one setting serves
exact fields and noisy ones.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.fourier import backward, forward
from nipype_qsm.kernels.gradient import split_gradient, squared_gradient
from nipype_qsm.kernels.weighted_field import WeightedField, norm, without_outliers

STEP = 1.0
"""Gradient [rms of the field per mm] that one iteration still sets to zero; sets the pace only."""
REWEIGHT_AT = 8
"""Iteration that weighs down the voxels with an outlying misfit."""


class TVResult(NamedTuple):
    """Susceptibility [ppm]; iterations; last change; whether it met the tolerance; error share of the field."""

    chi: np.ndarray
    iterations: list[int]
    residual: list[float]
    converged: bool
    inconsistency: float


def tv(
    field_local: np.ndarray,
    mask: np.ndarray,
    grid: Grid,
    *,
    magnitude_combined: np.ndarray | None = None,
    regularisation: float = 0.1,
    outside_cost: float = 0.02,
    tolerance: float = 0.008,
    max_iterations: int = 60,
    pad: int = 16,
) -> TVResult:
    """Invert the field with the least total variation that the error of the field calls for.

    Parameters
    ----------
    field_local : (x, y, z) float array, ppm
        Only values inside the mask are used.
    mask : (x, y, z) bool array
    grid : Grid
    magnitude_combined : (x, y, z) float array, any unit, optional
        Gives the weight of each voxel and the edges; without it all voxels weigh the same and no edge is free.
    regularisation : float, dimensionless, > 0
        Weight of the total variation relative to the estimated error power. Larger is smoother.
    outside_cost : float, dimensionless, 0 < outside_cost <= 1
        Weight of the total variation outside the mask relative to inside, for a field that is all error; it is
        divided by the error share, for a dirtier field has more to absorb. Smaller absorbs more background field.
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
        Root mean square of the field on the magic-angle cone relative to all of k-space: 0 exact, 1 nothing but noise.

    References
    ----------
    Bilgic et al. 2014, doi:10.1002/mrm.25029; Milovic et al. 2018, doi:10.1002/mrm.27073; Liu et al. 2012 (edges),
    doi:10.1016/j.neuroimage.2011.08.082
    """
    if regularisation <= 0 or not 0 < outside_cost <= 1:
        raise QSMError(
            f"regularisation is {regularisation:g} and outside_cost {outside_cost:g}.",
            remedy="Give a regularisation above 0 and an outside_cost above 0 and at most 1.",
        )
    problem = WeightedField.prepare(field_local, mask, grid, magnitude_combined, outside_cost=outside_cost, pad=pad)
    if problem.scale == 0:
        return TVResult(np.zeros_like(field_local), [0], [0.0], True, 0.0)
    found, n, change = _split_bregman(problem, regularisation * problem.share**2, tolerance, max_iterations)
    converged = change <= tolerance
    if not converged:
        warnings.warn(
            f"TV stopped after {n} iterations at a relative change of {change:.3g}; {tolerance:g} was asked for.",
            RuntimeWarning,
            stacklevel=2,
        )
    return TVResult(problem.result(found, field_local), [n], [change], converged, problem.inconsistency)


def _split_bregman(
    problem: WeightedField, strength: float, tolerance: float, max_iterations: int
) -> tuple[np.ndarray, int, float]:
    """Minimise |W (D x - f)|^2 / 2 + strength |costs grad x|_1 by splitting off D x and grad x; four transforms a step.

    u and p are the scaled multipliers of D x and of grad x; both splits are eliminated, since p is grad x + p clipped
    to the costs and u is the weighted part of D x + u - f.
    """
    field, inside, weight, costs = problem.field, problem.inside, problem.weight, problem.costs
    dipole, grid, corner = problem.dipole, problem.grid, problem.corner
    pace = strength / STEP
    solver = 1 / (dipole**2 + pace * squared_gradient(grid))
    solver[0, 0, 0] = 0
    limit = STEP * costs
    pull = weight**2 / (weight**2 + 1)
    u = np.zeros_like(field)
    p = [np.zeros_like(costs) for _ in range(3)]
    data, gradients = np.zeros_like(costs), np.zeros_like(costs)
    data[corner] = pull * field
    x, change, n = np.zeros_like(field), np.inf, 0
    least = norm(field)
    while n < max_iterations and change > tolerance:
        n += 1
        spectrum = dipole * forward(data)
        spectrum += pace * forward(gradients)
        spectrum *= solver
        data = backward(dipole * spectrum, grid.shape)
        whole = backward(spectrum, grid.shape)
        gradients[:] = 0
        for axis, size in enumerate(grid.voxel_size):
            split_gradient(whole, p[axis], limit, gradients, axis=axis, size=size)
        previous, x = x, whole[corner].copy()
        # The field is the measure where a noisy map shrinks towards nothing.
        change = norm((x - previous)[inside]) / max(norm(x[inside]), least)
        if n == REWEIGHT_AT:
            pull = without_outliers(data[corner] - field, inside, weight)
        data[corner] += u
        u = pull * (data[corner] - field)
        data[corner] -= 2 * u
    return x, n, change
