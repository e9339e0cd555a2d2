"""The simplest combination of coils: keep only what changed between two echoes.

The Hermitian product of two echoes is one image free of coil phases, as if it had been acquired at an echo time of
TE2 - TE1. It needs no smoothing and no unwrapping, but throws the first echo's own phase away and takes over its noise.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nipype_qsm.kernels.coils.phase_difference import add_product, require_two
from nipype_qsm.kernels.coils.sum_of_squares import CombinedCoils, add_squares, roots
from nipype_qsm.kernels.streaming import Reader, read_ahead
from nipype_qsm.units import checked_echo_times


def phase_difference_combination(
    read: Reader, n_coils: int, mask_brain: np.ndarray | None = None, *, echo_times: Sequence[float]
) -> CombinedCoils:
    """Combine coils by the Hermitian inner product of the first two echoes.

    Parameters
    ----------
    read : callable
        `read(echo, coil)`, both from 0, returns the signal as an (x, y, z) complex64 array.
    n_coils : int
        1 for combined data.
    mask_brain : (x, y, z) bool array, optional
        Phase and magnitude are 0 outside.
    echo_times : (echo,) float, s

    Returns
    -------
    phase : list of one (x, y, z) float array, rad
        Wrapped.
    magnitude : list of one (x, y, z) float array
        Square root of the product's magnitude.
    magnitude_sos : list of (x, y, z) float array
        Root sum of squares over coils, one an echo, not masked.
    magnitude_combined : (x, y, z) float array
        Root sum of squares over coils and echoes, not masked.
    echo_times : list of one float, s
        TE2 - TE1: the time in which the field made `phase`.

    References
    ----------
    Bernstein et al. 1994, doi:10.1002/mrm.1910320308
    """
    times = checked_echo_times(echo_times)
    require_two(len(times))
    wanted = [(echo, coil) for coil in range(n_coils) for echo in range(len(times))]
    product: np.ndarray | None = None
    squares: list[np.ndarray] = []
    for (echo, _), signal in zip(wanted, read_ahead(read, wanted), strict=True):
        if product is None:
            product = np.zeros(signal.shape, np.complex64, order="F")
            squares = [np.zeros(signal.shape, np.float32, order="F") for _ in times]
        add_squares(squares[echo], signal)
        if echo == 0:
            first = signal
        elif echo == 1:
            add_product(product, first, signal)
    assert product is not None
    if mask_brain is not None:
        product[~mask_brain] = 0
    return CombinedCoils([np.angle(product)], [np.sqrt(np.abs(product))], *roots(squares), [times[1] - times[0]])
