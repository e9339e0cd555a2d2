"""Closed-form Tikhonov inversion: the least squares map with a quadratic penalty, in one division in k-space.

Penalising the size of the map (`identity`) damps every component whose dipole kernel is small; penalising its
gradients (`gradient`) damps fine detail more than coarse, so that noise goes before contrast. Either is one pass of
Fourier transforms. The weight follows the error that the field admits on the magic-angle cone, as in a Wiener filter.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.dipole import Waves, dipole_at, dipole_kernel, dipole_waves
from nipype_qsm.kernels.fourier import bounding_box, fast_shape
from nipype_qsm.kernels.gradient import squared_differences
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
    waves = dipole_waves(padded)
    price = _price(padded, penalty)

    def inverted(weight: float) -> np.ndarray:
        share = np.float32(weight)
        found = filtered_pruned(field, lambda plane, j: _damp(plane, waves, j, price, share), padded.shape)
        return np.where(inside, found, 0)

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
        cost = (price.x[:, None, None] + price.y[:, None] + price.z) * price.scale
        cost[0, 0, 0] = 1
        weight = closed_form_weight(power, dipole_kernel(padded) ** 2, cost)
    chi = np.zeros_like(field_local)
    chi[box] = inverted(weight)
    return TikhonovResult(chi, float(weight))


class _Price(NamedTuple):
    """What the penalty asks for a frequency: the sum of a number for each axis, times a scale."""

    x: np.ndarray
    y: np.ndarray
    z: np.ndarray
    scale: np.float32


def _price(grid: Grid, penalty: str) -> _Price:
    x, y, z = (part.ravel() for part in squared_differences(grid))
    if penalty == "gradient":
        return _Price(x, y, z, np.float32(np.prod(grid.voxel_size) ** (2 / 3)))
    return _Price(np.ones_like(x), np.zeros_like(y), np.zeros_like(z), np.float32(1))


@njit(cache=True, nogil=True, error_model="numpy")
def _damp(plane: np.ndarray, waves: Waves, j: int, price: _Price, weight: np.float32) -> None:
    """Turn a plane of the field's spectrum into the map's; 0 at the origin."""
    for i in range(plane.shape[0]):
        for k in range(plane.shape[1]):
            dipole = dipole_at(waves, i, j, k)
            cost = ((price.x[i] + price.y[j]) + price.z[k]) * price.scale
            plane[i, k] *= dipole / (dipole * dipole + weight * cost)
    if j == 0:
        plane[0, 0] = 0


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
