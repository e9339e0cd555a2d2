"""Nonlinear total variation (FANSI): the data are phases on a circle, the map has few edges.

The misfit of a voxel is the distance of two phases on the circle, so that a whole turn costs nothing and one bad voxel
pulls with bounded force. Each voxel's phase is solved for by Newton's method inside the iteration of `tv`, whose
weights, edges and choice of strength are used.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.split_bregman import Found, Plan, TotalVariation, nonlinear, split_bregman
from nipype_qsm.kernels.variational import Settings, VariationalResult, invert, require_positive
from nipype_qsm.kernels.weighted_field import WeightedField


def nltv(
    field_local: np.ndarray,
    mask: np.ndarray,
    grid: Grid,
    *,
    magnitude_combined: np.ndarray | None = None,
    regularisation: float = 0.4,
    selection: str = "error",
    radians_per_ppm: float | None = None,
    outside_cost: float = 0.02,
    support: bool = False,
    tolerance: float = 0.004,
    max_iterations: int = 100,
    pad: int = 16,
) -> VariationalResult:
    """Invert the phase on the circle with the least total variation that the error of the field calls for.

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
    radians_per_ppm : float, rad/ppm, > 0, optional
        Phase that 1 ppm makes: 2 pi gamma B0 TE. Larger mistrusts outliers earlier. By default as large as the field
        allows: its 99.9th percentile makes 0.2 rad.
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
    Milovic et al. 2018, doi:10.1002/mrm.27073
    """
    require_positive(radians_per_ppm=radians_per_ppm)
    settings = Settings(regularisation, selection, outside_cost, tolerance, pad)
    plan = Plan(tolerance, max_iterations, level_outside=support)

    def solve(problem: WeightedField, strength: float, tolerance: float) -> Found:
        term = partial(nonlinear, turn=problem.turn(radians_per_ppm))
        return split_bregman(problem, TotalVariation(problem, strength), term, plan.until(tolerance))

    return invert(field_local, mask, grid, magnitude_combined, solve, settings=settings, name="Nonlinear TV")
