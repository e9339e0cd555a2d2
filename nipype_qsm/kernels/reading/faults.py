"""Scanner faults that turn a susceptibility map upside down or to stripes.

Two are found in the data and never corrected unasked. Some reconstructions flip the sign of phase: then the field that
air and tissue must make anti-correlates with the measured one. Some shift every second slice by pi: then neighbouring
slices point in opposite directions nearly everywhere.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.dipole import dipole_field

AIR_MINUS_TISSUE = 9.4
"""Susceptibility of air relative to soft tissue, ppm (Collins 2002, doi:10.1002/mrm.10236: 0.4 against -9.05)."""


class Faults(NamedTuple):
    """What was found; see `faults`."""

    alternating_slices: bool
    alternation: float
    inverted_sign: bool
    sign_correlation: float


def faults(signal: np.ndarray, echo_product: np.ndarray | None, grid: Grid) -> Faults:
    """Look for alternating slices and for an inverted phase sign.

    Parameters
    ----------
    signal : (x, y, z) complex array
        One coil, or the combined image, of one echo.
    echo_product : (x, y, z) complex array or None
        Hermitian product of a later and an earlier echo; None for a single echo, whose sign is not judged.
    grid : Grid

    Returns
    -------
    alternating_slices : bool
        Whether neighbouring slices along the third axis are opposed.
    alternation : float
        Share of signal-weighted neighbours that are opposed minus share that agree, -1 to 1.
    inverted_sign : bool
        Whether the measured field opposes the field that the head's outline must make.
    sign_correlation : float
        Correlation of measured and modelled field steps along the slices; near 0 says nothing, NaN was not judged.
    """
    pairs = np.sum(signal[:, :, 1:] * signal[:, :, :-1].conj(), axis=(0, 1))
    weight = np.abs(pairs).sum()
    alternation = -float(pairs.real.sum() / weight) if weight else 0.0
    correlation = float("nan") if echo_product is None else _sign_correlation(echo_product, grid)
    return Faults(alternation > 0.5, alternation, correlation < -0.2, correlation)


def _sign_correlation(echo_product: np.ndarray, grid: Grid) -> float:
    magnitude = np.abs(echo_product)
    head = magnitude > 0.05 * np.percentile(magnitude, 98)
    # Air around and inside the head's outline: the outline alone fixes the sign of the field at its border.
    model = dipole_field(AIR_MINUS_TISSUE * (~head).astype(np.float32), grid, pad=8)
    measured, expected, weights = [], [], []
    for axis in range(3):
        ahead = [slice(None)] * 3
        behind = [slice(None)] * 3
        ahead[axis], behind[axis] = slice(1, None), slice(None, -1)
        both = head[tuple(ahead)] & head[tuple(behind)]
        step = echo_product[tuple(ahead)] * echo_product[tuple(behind)].conj()
        measured.append(np.angle(step[both]))
        expected.append((model[tuple(ahead)] - model[tuple(behind)])[both])
        weights.append(np.sqrt(np.abs(step[both])))
    return _weighted_correlation(np.concatenate(measured), np.concatenate(expected), np.concatenate(weights))


def _weighted_correlation(a: np.ndarray, b: np.ndarray, weights: np.ndarray) -> float:
    if not weights.sum():
        return float("nan")
    # Clipped: a few steps beside cavities are larger than all others together, and may be wrapped.
    a, b = (np.clip(v, *np.percentile(v, [2, 98])) for v in (a, b))
    a, b = a - np.average(a, weights=weights), b - np.average(b, weights=weights)
    scale = np.sqrt(np.average(a * a, weights=weights) * np.average(b * b, weights=weights))
    return float(np.average(a * b, weights=weights) / scale) if scale else float("nan")
