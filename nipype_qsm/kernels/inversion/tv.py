"""Total variation: of all maps that explain the field, the one with the fewest edges.

The data term weighs each voxel by its signal and, once a first map is there, gives less weight to voxels that no
susceptibility explains. The strongest edges of the magnitude are free of charge. Outside the mask the map is free and
cheap, so that it can absorb what background removal has left behind.

How much to smooth is read from the data: on the magic-angle cone of k-space the dipole kernel is zero, so whatever the
field holds there is error. The weight of the total variation follows the power of that error, and one setting serves
exact fields and noisy ones.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.split_bregman import Plan, TotalVariation, linear, split_bregman, warn_unless_converged
from nipype_qsm.kernels.weighted_field import WeightedField


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
    support: bool = False,
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
    penalty = TotalVariation(problem, regularisation * problem.share**2)
    found = split_bregman(problem, penalty, linear, Plan(tolerance, max_iterations, level_outside=support))
    warn_unless_converged(found, "TV", tolerance)
    chi = problem.result(found.map, field_local)
    return TVResult(chi, [found.iterations], [found.change], found.converged, problem.inconsistency)
