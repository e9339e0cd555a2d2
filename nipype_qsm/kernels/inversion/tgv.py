"""Second-order total generalised variation: a map of smooth slopes and few edges, without total variation's steps.

The gradient of the map is split in a sparse part, its edges, and a field of slopes that is itself smooth. Data term,
weights and the choice of strength are those of `tv`, the iteration too.
"""

from __future__ import annotations

import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.generalised_variation import GeneralisedVariation
from nipype_qsm.kernels.split_bregman import Found, Plan, linear, split_bregman
from nipype_qsm.kernels.variational import Settings, VariationalResult, invert, require_positive
from nipype_qsm.kernels.weighted_field import WeightedField


def tgv(
    field_local: np.ndarray,
    mask: np.ndarray,
    grid: Grid,
    *,
    magnitude_combined: np.ndarray | None = None,
    regularisation: float = 0.4,
    selection: str = "error",
    second_order_mm: float = 3.0,
    harmonic_weight: float | None = None,
    outside_cost: float = 0.02,
    support: bool | None = None,
    tolerance: float = 0.004,
    max_iterations: int = 100,
    pad: int = 16,
) -> VariationalResult:
    """Invert the field with the least second-order total generalised variation that its error calls for.

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
        Multiply `regularisation` by the cube of the field's share of error, or by the noise's share of its energy for a
        map that is held outside the mask as nothing was removed; take it as it is; or choose among nine weights around
        the first by the corner of the L-curve or by equal strength of the map's spectrum for small and large dipole
        kernels, which takes two to four times as long.
    second_order_mm : float, mm, > 0
        Weight of the change of slopes relative to that of edges. Large: total variation; small: slopes are free.
    harmonic_weight : float, mm4, >= 0, optional
        Weight of the squared Laplacian, inside the mask, of a field that is fitted along with the map's and takes what
        background removal has left; 0 leaves that field out. Smaller takes more of slow fields. By default 1e5, or 0
        for a field whose harmonic part is its own map's, from which nothing was removed.
    outside_cost : float, dimensionless, 0 < outside_cost <= 1
        Weight of the variation outside the mask relative to inside, for a field that is all error; it is divided by
        the error share, for a dirtier field has more to absorb. Smaller absorbs more background field.
    support : bool, optional
        Hold the map at one value outside the mask. Better for a field without background, harmful for others. By
        default only for a field whose harmonic part is its own map's, from which nothing was removed.
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
    Milovic et al. 2018, doi:10.1002/mrm.27073; Bredies et al. 2010 (the penalty), doi:10.1137/090769521
    """
    require_positive(second_order_mm=second_order_mm)
    settings = Settings(regularisation, selection, outside_cost, tolerance, pad, support)
    plan = Plan(tolerance, max_iterations, harmonic=harmonic_weight, level_outside=support)

    def solve(problem: WeightedField, strength: float, tolerance: float) -> Found:
        penalty = GeneralisedVariation(problem, strength, second_order_mm)
        return split_bregman(problem, penalty, linear, plan.until(tolerance))

    return invert(field_local, mask, grid, magnitude_combined, solve, settings=settings, name="TGV")
