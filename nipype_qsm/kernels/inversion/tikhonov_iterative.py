"""Iterative Tikhonov inversion: weighted least squares on the mask with a quadratic penalty, by conjugate gradients.

The closed form (`tikhonov`) must trust every voxel alike, and must call the field zero outside the mask. Solved in
image space instead, voxels count by their signal, the field outside the mask is unknown, and the map is zero there.
The normal equations are Hermitian and positive, so conjugate gradients need four transforms an iteration.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.conjugate_gradients import Solution, conjugate_gradients
from nipype_qsm.kernels.dipole import dipole_kernel
from nipype_qsm.kernels.fourier import bounding_box, fast_shape
from nipype_qsm.kernels.pruned import filtered_pruned
from nipype_qsm.kernels.regularisation import SELECTIONS, Trial, noise_energy, selected_weight
from nipype_qsm.kernels.weighted_field import norm, trust_and_price


class TikhonovIterativeResult(NamedTuple):
    """Susceptibility [ppm]; iterations; last relative residual; whether it met the tolerance; weight used."""

    chi: np.ndarray
    iterations: list[int]
    residual: list[float]
    converged: bool
    weight: float


def tikhonov_iterative(
    field_local: np.ndarray,
    mask: np.ndarray,
    grid: Grid,
    *,
    magnitude_combined: np.ndarray | None = None,
    regularisation: float = 0.135,
    selection: str = "error",
    tolerance: float = 0.01,
    max_iterations: int = 60,
    pad: int = 16,
) -> TikhonovIterativeResult:
    """Invert the field by least squares weighted with the signal, with a quadratic penalty on the map.

    Parameters
    ----------
    field_local : (x, y, z) float array, ppm
        Only values inside the mask are used.
    mask : (x, y, z) bool array
    grid : Grid
    magnitude_combined : (x, y, z) float array, any unit, optional
        Gives the weight of each voxel; without it all weigh the same.
    regularisation : float, dimensionless, > 0
        Weight of the penalty, as `selection` says. Larger is smoother and underestimates.
    selection : {"error", "fixed", "l_curve", "frequency"}
        Multiply `regularisation` by the noise's estimated share of the field's energy, take it as it is, or choose
        among nine weights around the first by the corner of the L-curve or by equal strength of the map's spectrum for
        small and large dipole kernels, which takes nine times as long.
    tolerance : float, dimensionless, 0 < tolerance < 1
        Stop when the residual of the normal equations has fallen to this part.
    max_iterations : int
        Limit; reaching it warns.
    pad : int, voxels
        Room on each side of the mask's box against wrap-around.

    Returns
    -------
    chi : (x, y, z) float array, ppm
        Zero outside the mask, and zero on average inside: reference it.
    iterations, residual : lists of one
    converged : bool
    weight : float
        Weight of the penalty that was used.

    References
    ----------
    Kressler et al. 2010, doi:10.1109/TMI.2009.2023787; Karsa et al. 2020, doi:10.1002/mrm.28377
    """
    if not mask.any():
        raise QSMError("The mask is empty.", remedy="Give a mask that holds the brain.")
    if regularisation <= 0 or not 0 < tolerance < 1 or selection not in SELECTIONS:
        raise QSMError(
            f"regularisation is {regularisation:g}, tolerance {tolerance:g} and selection '{selection}'.",
            remedy=f"Give a regularisation above 0, a tolerance below 1, and a selection of {', '.join(SELECTIONS)}.",
        )
    box = bounding_box(mask)
    inside = mask[box]
    trust, _ = trust_and_price(inside, None if magnitude_combined is None else magnitude_combined[box], grid)
    weight = (trust * trust).astype(field_local.dtype, copy=False)
    shape = fast_shape(inside.shape, max(pad, 1))
    dipole = dipole_kernel(grid.resized(shape))
    field = np.where(inside, field_local[box], 0)
    right = np.where(inside, filtered_pruned(weight * field, dipole, shape), 0)

    def solve(cost: float, name: str | None) -> Solution:
        def normal(chi: np.ndarray) -> np.ndarray:
            again = filtered_pruned(weight * filtered_pruned(chi, dipole, shape), dipole, shape)
            return np.where(inside, again + np.float32(cost) * chi, 0)

        return conjugate_gradients(normal, right, tolerance=tolerance, max_iterations=max_iterations, name=name)

    def trial(cost: float) -> Trial:
        chi = solve(cost, None).volume
        misfit = np.sqrt(weight) * (filtered_pruned(chi, dipole, shape) - field)
        return Trial(chi, norm(misfit), norm(chi))

    cost = regularisation * (1 if selection == "fixed" else noise_energy(field, trust, grid))
    if selection in ("l_curve", "frequency"):
        cost = selected_weight(trial, cost, selection, grid.resized(shape), dipole)
    found, n, residual, converged = solve(cost, "Iterative Tikhonov")
    chi = np.zeros_like(field_local)
    chi[box] = np.where(inside, found - found.dtype.type(found[inside].mean(dtype=np.float64)), 0)
    return TikhonovIterativeResult(chi, [n], [residual], converged, float(cost))
