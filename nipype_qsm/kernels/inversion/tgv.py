"""Second-order total generalised variation: a map of smooth slopes and few edges, without total variation's steps.

The gradient of the map is split in a sparse part, its edges, and a field of slopes that is itself smooth. Data term,
weights and the choice of strength are those of `tv`. Solved by split Bregman: map and slopes together have a closed
form in k-space, for the smoothness of the slopes couples them only along the gradient's own direction there.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.generalised_variation import GeneralisedVariation
from nipype_qsm.kernels.split_bregman import Plan, linear, split_bregman, warn_unless_converged
from nipype_qsm.kernels.weighted_field import WeightedField


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
    support: bool = False,
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
    penalty = GeneralisedVariation(problem, regularisation * problem.share**2, second_order_mm)
    found = split_bregman(problem, penalty, linear, Plan(tolerance, max_iterations, level_outside=support))
    warn_unless_converged(found, "TGV", tolerance)
    chi = problem.result(found.map, field_local)
    return TGVResult(chi, [found.iterations], [found.change], found.converged, problem.inconsistency)
