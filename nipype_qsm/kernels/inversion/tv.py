"""Total variation: of all maps that explain the field, the one with the fewest edges.

The data term weighs each voxel by its signal and, once a first map is there, gives less weight to voxels that no
susceptibility explains. The strongest edges of the magnitude are free of charge. What background removal has left is
harmonic inside the mask: such a field is fitted along with the map's, unless the field shows that nothing was removed;
and outside the mask the map is free and cheap.

How much to smooth is read from the data: on the magic-angle cone of k-space the dipole kernel is zero, so whatever the
field holds there is error. The weight of the total variation follows the power of that error, and one setting serves
exact fields and noisy ones.
"""

from __future__ import annotations

import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels import given_back
from nipype_qsm.kernels.split_bregman import Found, Plan, TotalVariation, linear, split_bregman
from nipype_qsm.kernels.variational import Settings, VariationalResult, invert
from nipype_qsm.kernels.weighted_field import HARMONIC_WEIGHT, WeightedField

ROUGH = 0.01
"""Relative change at which a map ends of which only slow parts are taken."""


def tv(
    field_local: np.ndarray,
    mask: np.ndarray,
    grid: Grid,
    *,
    magnitude_combined: np.ndarray | None = None,
    regularisation: float = 0.4,
    selection: str = "error",
    harmonic_weight: float | None = None,
    give_back: bool = False,
    outside_cost: float = 0.02,
    support: bool | None = None,
    tolerance: float = 0.004,
    max_iterations: int = 100,
    pad: int = 16,
) -> VariationalResult:
    """Invert the field with the least total variation that the error of the field calls for.

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
    harmonic_weight : float, mm4, >= 0, optional
        Weight of the squared Laplacian, inside the mask, of a field that is fitted along with the map's and takes what
        background removal has left; 0 leaves that field out. Smaller takes more of slow fields. By default 1e5, or 0
        for a field whose harmonic part is its own map's, from which nothing was removed.
    give_back : bool
        Invert once more, without that field, after background was removed again from what the first map's field does
        not explain, which gives back what its removal took from the brain's own field. The result is the mean of both
        maps, with the second's polynomials up to degree 4 whose field is harmonic: about these the first map, in want
        of data, was guided by total variation alone. Half the time more. Only for whole brains. By default the first
        map has the harmonic field, then, and neither is held outside.
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
    iterations, residual : lists of one, of two with `give_back`
        The residual is the last relative change.
    converged : bool
    inconsistency : float
        Root mean square of the field on the magic-angle cone relative to equally fine detail: 0 exact, 1 noise.
    weight : float
        Strength of the variation that was used.

    References
    ----------
    Bilgic et al. 2014, doi:10.1002/mrm.25029; Milovic et al. 2018, doi:10.1002/mrm.27073; Milovic et al. 2019
    (harmonic field), doi:10.1002/mrm.27483; Liu et al. 2012 (edges), doi:10.1016/j.neuroimage.2011.08.082
    """

    def solved(field: np.ndarray, harmonic: float | None, until: float) -> VariationalResult:
        settings = Settings(regularisation, selection, outside_cost, until, pad, support)
        plan = Plan(until, max_iterations, harmonic=harmonic, level_outside=support)

        def solve(problem: WeightedField, strength: float, tolerance: float) -> Found:
            return split_bregman(problem, TotalVariation(problem, strength), linear, plan.until(tolerance))

        return invert(field, mask, grid, magnitude_combined, solve, settings=settings, name="TV")

    if give_back:  # something was removed
        harmonic_weight = HARMONIC_WEIGHT if harmonic_weight is None else harmonic_weight
        support = bool(support)
    first = solved(field_local, harmonic_weight, tolerance)
    if not give_back:
        return first
    level = first.chi - given_back.unseen(first.chi, mask, grid, 2)
    second = solved(given_back.give_back(field_local, level, mask, grid), 0.0, max(tolerance, ROUGH))
    return first._replace(
        chi=given_back.both(first.chi, second.chi, mask, grid),
        iterations=first.iterations + second.iterations,
        residual=first.residual + second.residual,
        converged=first.converged and second.converged,
    )
