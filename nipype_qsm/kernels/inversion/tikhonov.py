"""Closed-form Tikhonov inversion: the least squares map with a quadratic penalty, in one division in k-space.

Penalising the size of the map (`identity`) damps every component whose dipole kernel is small; penalising its
gradients (`gradient`) damps fine detail more than coarse, so that noise goes before contrast. Either is one pass of
Fourier transforms. The weight follows the error that the field admits on the magic-angle cone, as in a Wiener filter.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.dipole import dipole_kernel, dipole_planes
from nipype_qsm.kernels.fourier import bounding_box, fast_shape
from nipype_qsm.kernels.gradient import squared_gradient
from nipype_qsm.kernels.pruned import filtered_pruned, forward_pruned
from nipype_qsm.kernels.regularisation import SELECTIONS, Trial, closed_form_weight, error_to_signal, selected_weight


class TikhonovResult(NamedTuple):
    """Susceptibility [ppm]; weight of the penalty that was used."""

    chi: np.ndarray
    weight: float


def tikhonov(
    field_local: np.ndarray,
    mask: np.ndarray,
    grid: Grid,
    *,
    regularisation: float = 0.04,
    selection: str = "error",
    penalty: str = "identity",
    pad: int = 64,
) -> TikhonovResult:
    """Invert the field by least squares with a quadratic penalty, in closed form.

    Parameters
    ----------
    field_local : (x, y, z) float array, ppm
        Only values inside the mask are used.
    mask : (x, y, z) bool array
    grid : Grid
    regularisation : float, dimensionless, > 0
        Weight of the penalty, as `selection` says. Larger is smoother and underestimates.
    selection : {"error", "fixed", "l_curve", "frequency"}
        Multiply `regularisation` by the field's estimated ratio of error to signal power, take it as it is, take the
        corner of the L-curve instead, which tends to smooth too little, or that of nine weights around the first for
        which the map's spectrum is as strong for small as for large dipole kernels.
    penalty : {"identity", "gradient"}
        What is kept small: the map, or its gradient per voxel (of the geometric mean size).
    pad : int, voxels
        Zeros on each side of the mask's box against wrap-around; larger is slower.

    Returns
    -------
    chi : (x, y, z) float array, ppm
        Zero outside the mask. The mean is not meaningful: reference it.
    weight : float
        Weight of the penalty that was used.

    References
    ----------
    Bilgic et al. 2014, doi:10.1002/jmri.24365; Hansen and O'Leary 1993, doi:10.1137/0914086
    """
    _check_options(mask, regularisation, selection, penalty)
    box = bounding_box(mask)
    inside = mask[box]
    field = np.where(inside, field_local[box], 0)
    padded = grid.resized(fast_shape(field.shape, pad))
    size = np.float32(np.prod(grid.voxel_size) ** (2 / 3))
    one = np.broadcast_to(np.float32(1), (*padded.shape[:2], padded.shape[2] // 2 + 1))
    cost = squared_gradient(padded) * size if penalty == "gradient" else one

    def inverted(weight: float) -> np.ndarray:
        return np.where(inside, filtered_pruned(field, _inverse(padded, cost, weight), padded.shape), 0)

    weight = regularisation
    if selection in ("error", "frequency"):
        weight *= error_to_signal(field, inside, grid)
    if selection == "frequency":
        weight = selected_weight(
            lambda tried: Trial(inverted(tried), 0.0, 0.0), weight, selection, padded, dipole_kernel(padded)
        )
    elif selection == "l_curve":
        power = np.abs(forward_pruned(field, padded.shape)) ** 2
        power[0, 0, 0] = 0
        weight = closed_form_weight(power, dipole_kernel(padded) ** 2, cost)
    chi = np.zeros_like(field_local)
    chi[box] = inverted(weight)
    return TikhonovResult(chi, float(weight))


def _inverse(grid: Grid, cost: np.ndarray, weight: float) -> Iterator[np.ndarray]:
    """Yield what the spectrum of the field is multiplied with, plane by plane."""
    for dipole, price in zip(dipole_planes(grid), np.swapaxes(cost, 0, 1), strict=True):
        yield dipole / (dipole**2 + np.float32(weight) * price)


def _check_options(mask: np.ndarray, regularisation: float, selection: str, penalty: str) -> None:
    if not mask.any():
        raise QSMError("The mask is empty.", remedy="Give a mask that holds the brain.")
    if regularisation <= 0:
        raise QSMError(f"regularisation is {regularisation:g}.", remedy="Give a regularisation above 0, such as 0.04.")
    if selection not in SELECTIONS or penalty not in ("identity", "gradient"):
        raise QSMError(
            f"selection is '{selection}' and penalty '{penalty}'.",
            remedy="Give the selection error, fixed, l_curve or frequency, and the penalty identity or gradient.",
        )
