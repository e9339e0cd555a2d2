"""The magnitude of all coils together: the root of the sum of their squares, echo by echo.

It needs no phase, keeps the decay over echoes exact, and has a noise floor, because noise in every coil adds up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import njit

from nipype_qsm.kernels.streaming import Reader, read_ahead


class CombinedCoils(NamedTuple):
    """What a coil combination returns: lists have one volume an echo, `echo_times` [s] are those of `phase`."""

    phase: list[np.ndarray]
    magnitude: list[np.ndarray]
    magnitude_sos: list[np.ndarray]
    magnitude_combined: np.ndarray
    echo_times: list[float]


class CombinedMagnitude(NamedTuple):
    """What `sum_of_squares` returns."""

    magnitude_sos: list[np.ndarray]
    magnitude_combined: np.ndarray


def sum_of_squares(read: Reader, n_coils: int, n_echoes: int) -> CombinedMagnitude:
    """Combine the coils' magnitudes by the root of their summed squares.

    Parameters
    ----------
    read : callable
        `read(echo, coil)`, both from 0, returns the signal as an (x, y, z) complex64 array.
    n_coils : int
    n_echoes : int

    Returns
    -------
    magnitude_sos : list of (x, y, z) float array
        One an echo, not masked.
    magnitude_combined : (x, y, z) float array
        Over echoes, too.

    References
    ----------
    Roemer et al. 1990, doi:10.1002/mrm.1910160203
    """
    squares: list[np.ndarray] = []
    wanted = [(echo, coil) for echo in range(n_echoes) for coil in range(n_coils)]
    for (_, coil), signal in zip(wanted, read_ahead(read, wanted), strict=True):
        if coil == 0:
            squares.append(np.zeros(signal.shape, np.float32, order="F"))
        add_squares(squares[-1], signal)
    return CombinedMagnitude(*roots(squares))


def roots(squares: Sequence[np.ndarray]) -> tuple[list[np.ndarray], np.ndarray]:
    """Return the root of each echo's sum of squares, and the root of their sum."""
    total = squares[0].copy()
    for one in squares[1:]:
        total += one
    return [np.sqrt(one) for one in squares], np.sqrt(total)


def add_squares(total: np.ndarray, signal: np.ndarray) -> None:
    """Add |signal|^2, voxel by voxel, to a Fortran-ordered volume."""
    _add_squares(total.ravel(order="K"), signal.ravel(order="K"))


@njit(cache=True, nogil=True)
def _add_squares(total: np.ndarray, signal: np.ndarray) -> None:
    for i in range(total.size):
        total[i] += signal[i].real * signal[i].real + signal[i].imag * signal[i].imag
