"""Fourier transforms of a small box on a large grid, without transforming the zeros.

A volume in a corner of a zero-padded grid needs its last axis transformed only inside the box, its second axis only
where the first is inside; the way back is cropped after each axis. With a pad of half the box on each side this
halves the work and the memory of `fourier.filtered`, with the same result.

Filtering the box never looks further than the box is long. An iteration that filters it many times therefore
condenses the transfer function of the large grid once, to the smallest grid that still gives the same result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy import fft

from nipype_qsm.kernels.fourier import fast_shape


def forward_pruned(volume: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """Return the half spectrum of a real volume, zero-padded at its end to `shape`."""
    spectrum = fft.rfft(volume, shape[2], axis=2)
    spectrum = fft.fft(spectrum, shape[1], axis=1, overwrite_x=True)
    return fft.fft(spectrum, shape[0], axis=0, overwrite_x=True)


def backward_pruned(spectrum: np.ndarray, shape: Sequence[int], box: Sequence[int]) -> np.ndarray:
    """Transform a half spectrum of a real volume of `shape` back, destroying it, and keep the first `box` voxels."""
    return _cropped_back(fft.ifft(spectrum, axis=0, overwrite_x=True)[: box[0]], shape, box)


def _cropped_back(spectrum: np.ndarray, shape: Sequence[int], box: Sequence[int]) -> np.ndarray:
    """Transform the last two axes back."""
    spectrum = fft.ifft(spectrum, axis=1, overwrite_x=True)[:, : box[1]]
    return fft.irfft(spectrum, shape[2], axis=2)[:, :, : box[2]]


def filtered_pruned(
    volume: np.ndarray, transfer: np.ndarray | Callable[[np.ndarray, int], None], shape: Sequence[int]
) -> np.ndarray:
    """Multiply the spectrum of a volume, padded to `shape`, with a half-spectrum transfer function; crop back.

    The first axis goes there and back plane by plane, in the processor's cache: the whole spectrum never exists. Nor
    need the transfer function: it may be a function that filters an (x, z // 2 + 1) plane of the spectrum in place,
    given the plane and its number along the second axis.
    """
    spectrum = fft.rfft(volume, shape[2], axis=2)
    spectrum = fft.fft(spectrum, shape[1], axis=1, overwrite_x=True)
    for j in range(shape[1]):
        plane = fft.fft(spectrum[:, j], shape[0], axis=0)
        if callable(transfer):
            transfer(plane, j)
        else:
            plane *= transfer[:, j]
        spectrum[:, j] = fft.ifft(plane, axis=0, overwrite_x=True)[: len(volume)]
    return _cropped_back(spectrum, shape, volume.shape)


def condensed_shape(box: Sequence[int], shape: Sequence[int]) -> tuple[int, int, int]:
    """Return the lengths, quick to transform, that hold every displacement within a box: never more than `shape`."""
    x, y, z = (min(few, n) for few, n in zip(fast_shape([2 * n - 1 for n in box]), shape, strict=True))
    return x, y, z


def condensed(transfer: np.ndarray, shape: Sequence[int], box: Sequence[int]) -> np.ndarray:
    """Sample a real, even transfer function of `shape` anew, on `condensed_shape(box, shape)`.

    It filters volumes not larger than the box as the original does on its own grid, to rounding.
    """
    few = condensed_shape(box, shape)
    response = transfer.astype(np.complex64) if transfer.dtype == np.float32 else transfer.astype(complex)
    for axis in range(2):
        response = _near(fft.ifft(response, axis=axis, overwrite_x=True), axis, few[axis])
    response = _near(fft.irfft(response, shape[2], axis=2), 2, few[2])
    return fft.rfftn(response, overwrite_x=True).real.copy()


def _near(response: np.ndarray, axis: int, n: int) -> np.ndarray:
    """Keep `n` displacements of an axis, those next to zero; negative ones stand at its end."""
    half = (n + 1) // 2
    last = response.shape[axis]
    return np.take(response, np.r_[:half, last - (n - half) : last], axis=axis)
