"""The phase that the field makes between two echoes, from all coils.

Multiplying the second echo with the conjugate of the first, coil by coil, cancels each coil's own phase; the sum over
coils weights each by its squared magnitude (Hermitian inner product). The sum is made while coils are read one at a
time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from nipype_qsm.errors import MetadataError
from nipype_qsm.kernels.coils.sum_of_squares import add_squares
from nipype_qsm.kernels.streaming import Reader, read_ahead


class PhaseDifferences(NamedTuple):
    """What `phase_difference` returns."""

    phase_difference: np.ndarray
    magnitude_difference: np.ndarray
    magnitude_combined: np.ndarray


def phase_difference(read: Reader, n_coils: int, n_echoes: int = 2) -> PhaseDifferences:
    """Compute the phase between the first two echoes, weighted over coils.

    Parameters
    ----------
    read : callable
        `read(echo, coil)`, both from 0, returns the signal as an (x, y, z) complex64 array.
    n_coils : int
        1 for combined data.
    n_echoes : int
        Only the first two are read.

    Returns
    -------
    phase_difference : (x, y, z) float array, rad
        Wrapped: arg of sum_l S_l2 conj(S_l1).
    magnitude_difference : (x, y, z) float array
        Square root of the sum's magnitude, so that it scales as a signal does.
    magnitude_combined : (x, y, z) float array
        Root sum of squares over coils and the two echoes.

    References
    ----------
    Bernstein et al. 1994, doi:10.1002/mrm.1910320308; Eckstein et al. 2018, doi:10.1002/mrm.26963
    """
    require_two(n_echoes)
    product: np.ndarray | None = None
    signals = read_ahead(read, ((echo, coil) for coil in range(n_coils) for echo in (0, 1)))
    for first, second in zip(signals, signals, strict=True):
        if product is None:
            product = np.zeros(first.shape, np.complex64, order="F")
            squares = np.zeros(first.shape, np.float32, order="F")
        add_product(product, first, second)
        add_squares(squares, first)
        add_squares(squares, second)
    assert product is not None
    return PhaseDifferences(np.angle(product), np.sqrt(np.abs(product)), np.sqrt(squares))


def require_two(n_echoes: int) -> None:
    """Refuse a single echo."""
    if n_echoes < 2:
        raise MetadataError(
            "A phase difference needs two echoes; there is one.",
            remedy="Give both echoes, or a phase combined by the scanner and no coil combination.",
        )


def add_product(total: np.ndarray, first: np.ndarray, second: np.ndarray) -> None:
    """Add second conj(first), voxel by voxel, to Fortran-ordered volumes."""
    _add_product(total.ravel(order="K"), first.ravel(order="K"), second.ravel(order="K"))


@njit(cache=True, nogil=True)
def _add_product(total: np.ndarray, first: np.ndarray, second: np.ndarray) -> None:
    for i in range(total.size):
        total[i] += second[i] * np.conj(first[i])
