"""Combine coils as their local covariance says: the matched filter of the sensitivities, found from the data.

Within a few millimetres all voxels see the coils in the same proportions. These are the strongest eigenvector of the
local covariance between coils, and weighing the coils by it gives the best signal-to-noise ratio. A phase that all
coils share cancels in a covariance, so it is taken off first: by the unwrapped difference of two echoes where there
are two, so that the coils' own offsets go with it, and otherwise by a virtual reference coil. Signals of one block are
then in phase and can be averaged, and what stays in memory is one number a coil and block.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numba import njit

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.coils.mcpc3ds import placed, unwrapped_difference
from nipype_qsm.kernels.coils.sum_of_squares import CombinedCoils, add_squares, roots
from nipype_qsm.kernels.coils.virtual_reference import reference_signal
from nipype_qsm.kernels.fourier import bounding_box
from nipype_qsm.kernels.resampling import Matrices, linear_matrices, resample
from nipype_qsm.kernels.streaming import Reader, read_ahead
from nipype_qsm.units import checked_echo_times

N_POWER_STEPS = 4
"""Steps of the power iteration; the second eigenvalue is far below the first, so few are enough."""


def adaptive(
    read: Reader,
    n_coils: int,
    grid: Grid,
    *,
    phase_difference: np.ndarray | None = None,
    magnitude_difference: np.ndarray | None = None,
    mask_brain: np.ndarray | None = None,
    echo_times: Sequence[float],
    block_mm: float = 3.0,
) -> CombinedCoils:
    """Combine coils by the strongest eigenvector of their local covariance.

    Parameters
    ----------
    read : callable
        `read(echo, coil)`, both from 0, returns the signal as an (x, y, z) complex64 array.
    n_coils : int
    grid : Grid
    phase_difference : (x, y, z) float array, rad, optional
        Phase between the first two echoes, as `mcpc3ds` takes it. Not used with one echo.
    magnitude_difference : (x, y, z) float array, optional
        Guides ROMEO, where it runs.
    mask_brain : (x, y, z) bool array, optional
        Only its voxels count; phase and magnitude are 0 outside.
    echo_times : (echo,) float, s
        One or more.
    block_mm : float, mm, > 0
        Side of the blocks that are averaged; a covariance is taken over three in each direction. Larger averages more
        noise; smaller follows steeper sensitivities.

    Returns
    -------
    phase : list of (x, y, z) float array, rad
        Wrapped, one an echo. With two echoes or more the coils' offsets are gone; with one the reference coil's stays.
    magnitude : list of (x, y, z) float array
        Magnitude of the combined signal, one an echo: the root sum of squares, but for its noise floor.
    magnitude_sos : list of (x, y, z) float array
        Root sum of squares over coils, one an echo, not masked.
    magnitude_combined : (x, y, z) float array
        Root sum of squares over coils and echoes, not masked.
    echo_times : list of float, s
        As given.

    References
    ----------
    Walsh et al. 2000, doi:10.1002/(SICI)1522-2594(200005)43:5<682::AID-MRM10>3.0.CO;2-G
    """
    times = checked_echo_times(echo_times)
    if not block_mm > 0:
        raise QSMError(f"Blocks of {block_mm:g} mm hold nothing.", remedy="Give a block_mm above 0, e.g. 3.")
    inside = np.ones(grid.shape, bool) if mask_brain is None else np.asarray(mask_brain, bool)
    box = bounding_box(inside)
    if len(times) > 1:
        difference = unwrapped_difference(read, n_coils, inside, phase_difference, magnitude_difference)
        turn_back = np.exp(-1j * difference[box] * np.float32(times[0] / (times[1] - times[0]))).astype(np.complex64)
    else:
        turn_back = np.exp(-1j * np.angle(reference_signal(read, n_coils, inside, grid)[box]))
    turn_back *= inside[box]
    factors = [max(1, round(block_mm / size)) for size in grid.voxel_size]
    first = read_ahead(read, ((0, coil) for coil in range(n_coils)))
    weights = _strongest(np.stack([_block_sums(signal[box] * turn_back, factors) for signal in first], axis=-1))
    shape = weights.shape[:3]
    matrices = linear_matrices(shape, factors, turn_back.shape, (1, 1, 1))
    wanted = [(echo, coil) for coil in range(n_coils) for echo in range(len(times))]
    signals = zip(wanted, read_ahead(read, wanted), strict=True)
    totals, squares = _weighted(signals, len(times), weights, matrices, box)
    return CombinedCoils(
        [placed(np.angle(total), box, inside) for total in totals],
        [placed(np.abs(total), box, inside) for total in totals],
        *roots(squares),
        list(times),
    )


def _block_sums(volume: np.ndarray, factors: Sequence[int]) -> np.ndarray:
    """Add up blocks of voxels; the last ones may be smaller."""
    for axis, factor in enumerate(factors):
        volume = np.add.reduceat(volume, np.arange(0, volume.shape[axis], factor), axis=axis)
    return volume


@njit(cache=True)
def _strongest(vectors: np.ndarray) -> np.ndarray:
    """Return each block's strongest eigenvector of the covariance over its neighbours, in phase with their mean."""
    n_x, n_y, n_z, n_coils = vectors.shape
    found = np.zeros_like(vectors)
    for x in range(n_x):
        for y in range(n_y):
            for z in range(n_z):
                if not np.abs(vectors[x, y, z]).sum() > 0:
                    continue
                near = vectors[max(x - 1, 0) : x + 2, max(y - 1, 0) : y + 2, max(z - 1, 0) : z + 2]
                mean = np.zeros(n_coils, vectors.dtype)
                for place in np.ndindex(near.shape[:3]):
                    mean += near[place]
                vector = mean
                for _ in range(N_POWER_STEPS):
                    vector = _times_covariance(near, vector)
                along = (np.conj(vector) * mean).sum()
                found[x, y, z] = vector * (along / abs(along)) if abs(along) > 0 else vector
    return found


@njit(cache=True)
def _times_covariance(near: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """Return the covariance of the neighbours' vectors times a vector, with length 1; the matrix is never made."""
    product = np.zeros_like(vector)
    for place in np.ndindex(near.shape[:3]):
        along = vector.dtype.type(0)
        for coil in range(vector.size):
            along += np.conj(near[place][coil]) * vector[coil]
        for coil in range(vector.size):
            product[coil] += near[place][coil] * along
    length = np.sqrt((np.abs(product) ** 2).sum())
    return product / length if length > 0 else product


def _weighted(
    signals: Iterable[tuple[tuple[int, int], np.ndarray]],
    n_echoes: int,
    weights: np.ndarray,
    matrices: Matrices,
    box: tuple[slice, slice, slice],
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Visit every coil and echo once; return each echo's weighted sum over coils, and its sum of squares."""
    totals: list[np.ndarray] = []
    squares: list[np.ndarray] = []
    power = np.float32(0)
    for (echo, coil), signal in signals:
        if coil == 0:
            totals.append(np.zeros([matrix.shape[0] for matrix in matrices], np.complex64))
            squares.append(np.zeros(signal.shape, np.float32, order="F"))
        if echo == 0:
            weight = np.conj(resample(weights[..., coil], matrices))
            power = power + weight.real**2 + weight.imag**2
        add_squares(squares[echo], signal)
        totals[echo] += weight * signal[box]
    norm = np.sqrt(np.where(power > 0, power, 1))
    return [total / norm for total in totals], squares
