"""Hybrid data fidelity: first find out which voxels lie, then fit the others by least squares.

The absolute misfit of the first stage lets every voxel pull with the same force at most, so phase errors (haemorrhage,
calcification, vessels) stand out of its map instead of streaking through it. The second stage goes on from there with
the squared misfit, which noise asks for; voxels that the first map left unexplained keep little weight.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.split_bregman import Found, Plan, TotalVariation, absolute, linear, split_bregman
from nipype_qsm.kernels.variational import Settings, VariationalResult, invert, require_positive
from nipype_qsm.kernels.weighted_field import WeightedField, without_outliers


def hdqsm(
    field_local: np.ndarray,
    mask: np.ndarray,
    grid: Grid,
    *,
    magnitude_combined: np.ndarray | None = None,
    regularisation: float = 0.2,
    selection: str = "error",
    rejection: float = 1.0,
    first_iterations: int = 20,
    outside_cost: float = 0.02,
    support: bool = False,
    tolerance: float = 0.004,
    max_iterations: int = 100,
    pad: int = 16,
) -> VariationalResult:
    """Invert the field with the absolute misfit first and the squared one then, and the least total variation.

    Parameters
    ----------
    field_local : (x, y, z) float array, ppm
        Only values inside the mask are used.
    mask : (x, y, z) bool array
    grid : Grid
    magnitude_combined : (x, y, z) float array, any unit, optional
        Gives the weight of each voxel and the edges; without it all voxels weigh the same and no edge is free.
    regularisation : float, > 0
        Weight of the variation, as `selection` says. Larger is smoother.
    selection : {"error", "fixed", "l_curve", "frequency"}
        Multiply `regularisation` by the cube of the field's share of error, take it as it is, or choose among nine
        weights around the first by the corner of the L-curve or by equal strength of the map's spectrum for small and
        large dipole kernels, which takes two to four times as long.
    rejection : float, > 0
        Misfit beyond which a voxel pulls no harder in the first stage, relative to the estimated error. Smaller
        rejects more.
    first_iterations : int, >= 1
        Iterations of the first stage.
    outside_cost : float, dimensionless, 0 < outside_cost <= 1
        Weight of the variation outside the mask relative to inside, for a field that is all error; it is divided by
        the error share, for a dirtier field has more to absorb. Smaller absorbs more background field.
    support : bool
        Hold the map at one value outside the mask. Better for a field without background, harmful for others.
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
    weight : float
        Strength of the variation that was used.

    References
    ----------
    Lambert et al. 2022, doi:10.1002/mrm.29218
    """
    require_positive(rejection=rejection, first_iterations=first_iterations)
    settings = Settings(regularisation, selection, outside_cost, tolerance, pad)
    plan = Plan(tolerance, max_iterations, reweight=False, level_outside=support)

    def solve(problem: WeightedField, strength: float, tolerance: float) -> Found:
        penalty = TotalVariation(problem, strength)
        term = partial(absolute, size=rejection * problem.share)
        first = split_bregman(problem, penalty, term, replace(plan, tolerance=0.0, max_iterations=first_iterations))
        weight = without_outliers(first.made - problem.field, problem.inside, problem.weight)
        found = split_bregman(replace(problem, weight=weight), penalty, linear, plan.until(tolerance), first)
        return found._replace(iterations=first.iterations + found.iterations)

    return invert(field_local, mask, grid, magnitude_combined, solve, settings=settings, name="HD-QSM")
