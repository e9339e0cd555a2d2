"""STAR-QSM: strong sources first, then the rest.

A haemorrhage or a calcification is a hundred times stronger than tissue, and the smoothing that suits the one is wrong
for the other: streaks of the strong source, small beside it, bury the weak. So a first map with strong smoothing finds
the strong sources; their field is taken away; a second map with little smoothing shows the rest; both are added. Each
map is made by `tv`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.dipole import dipole_field
from nipype_qsm.kernels.inversion.tv import tv


class STARResult(NamedTuple):
    """Susceptibility [ppm]; iterations, last changes and convergence of both passes; what was found; last weight."""

    chi: np.ndarray
    iterations: list[int]
    residual: list[float]
    converged: bool
    inconsistency: float
    n_strong: int
    weight: float


def star(
    field_local: np.ndarray,
    mask: np.ndarray,
    grid: Grid,
    *,
    magnitude_combined: np.ndarray | None = None,
    strong_regularisation: float = 2.0,
    regularisation: float = 0.4,
    selection: str = "error",
    strong_factor: float = 10.0,
    tolerance: float = 0.004,
    max_iterations: int = 100,
    pad: int = 16,
) -> STARResult:
    """Invert strong and weak sources apart, each with its own smoothing, and add them.

    Parameters
    ----------
    field_local : (x, y, z) float array, ppm
        Only values inside the mask are used.
    mask : (x, y, z) bool array
    grid : Grid
    magnitude_combined : (x, y, z) float array, any unit, optional
        Gives the weight of each voxel and the edges; without it all voxels weigh the same and no edge is free.
    strong_regularisation : float, dimensionless, > 0
        Weight of the total variation of the first pass relative to the cube of the error's share. Larger finds fewer
        strong sources.
    regularisation : float, dimensionless, > 0
        The same for the second pass; its error is estimated without the strong sources' field. Larger is smoother.
    selection : {"error", "fixed", "l_curve", "frequency"}
        How the weight of the second pass is chosen; see `tv`.
    strong_factor : float, dimensionless, > 0
        A source is strong when it differs from the median by more than this many robust standard deviations of the
        first map. Smaller takes tissue for strong sources.
    tolerance : float, dimensionless, 0 < tolerance < 1
        Each pass stops when an iteration changes its map by less than this part of it.
    max_iterations : int
        Limit of each pass; reaching it warns.
    pad : int, voxels
        Room on each side of the mask's box.

    Returns
    -------
    chi : (x, y, z) float array, ppm
        Zero outside the mask, and zero on average inside: reference it.
    iterations, residual : lists of two
        Of the strong and of the weak pass; the residual is the last relative change.
    converged : bool
    inconsistency : float
        Share of the whole field that no susceptibility can make: 0 exact, 1 noise.
    n_strong : int
        Voxels of strong sources.
    weight : float
        Strength of the variation of the second pass.

    References
    ----------
    Wei et al. 2015, doi:10.1002/nbm.3383
    """
    if strong_factor <= 0:
        raise QSMError(f"strong_factor is {strong_factor:g}.", remedy="Give a number above 0.")
    options = {"tolerance": tolerance, "max_iterations": max_iterations, "pad": pad}
    first = tv(
        field_local,
        mask,
        grid,
        magnitude_combined=magnitude_combined,
        regularisation=strong_regularisation,
        **options,  # type: ignore[arg-type]
    )
    strong = _strong(first.chi, mask, strong_factor)
    rest = field_local - dipole_field(strong, grid, pad=pad)
    second = tv(
        rest,
        mask,
        grid,
        magnitude_combined=magnitude_combined,
        regularisation=regularisation,
        selection=selection,
        **options,  # type: ignore[arg-type]
    )
    chi = strong + second.chi
    chi[mask] -= chi.dtype.type(chi[mask].mean(dtype=np.float64))
    return STARResult(
        chi,
        first.iterations + second.iterations,
        first.residual + second.residual,
        first.converged and second.converged,
        first.inconsistency,
        int(np.count_nonzero(strong)),
        second.weight,
    )


def _strong(chi: np.ndarray, mask: np.ndarray, factor: float) -> np.ndarray:
    """Keep what differs from the median of the mask by more than `factor` robust standard deviations."""
    middle = np.median(chi[mask])
    spread = np.median(np.abs(chi[mask] - middle)) * 1.4826
    return np.where(mask & (np.abs(chi - middle) > factor * spread), chi - middle, 0).astype(chi.dtype)
