"""High-pass phase by dividing the signal by a blurred copy of itself (homodyne filter).

The signal of each slice is blurred by a window on the centre of its k-space; the phase of the signal relative to the
blurred signal has no slow part and, because it is an angle between complex numbers, needs no unwrapping. Coil offsets
and the background field go with the slow part, and so does part of every structure wider than the blur: the result
is a contrast, not a field.
"""

from __future__ import annotations

import numpy as np
from scipy import fft

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.slices import slice_axis


def filtered_phase(phase: np.ndarray, magnitude: np.ndarray, grid: Grid, *, window: int = 96) -> np.ndarray:
    """Take the slow part out of the phase of each slice.

    Parameters
    ----------
    phase : (x, y, z, echo) float array, rad
        Wrapped or not.
    magnitude : (x, y, z, echo) float array
        Where it is 0, the filtered phase is 0.
    grid : Grid
    window : int, samples of k-space, window >= 2
        Full width of the squared-cosine (Hann) window along both axes of a slice. Larger removes more: what stays is
        finer than the slice's width divided by half the window.

    Returns
    -------
    phase_filtered : (x, y, z, echo) float array, rad
        Between -pi and pi; positive where the field is higher than around.

    References
    ----------
    Haacke et al. 2004, doi:10.1002/mrm.20198; Alfaro-Almagro et al. 2018, doi:10.1016/j.neuroimage.2017.10.034
    """
    axes = tuple(axis for axis in range(3) if axis != slice_axis(grid))
    low_pass = np.ones((1, 1, 1), np.float32)
    for axis in axes:
        along = [1, 1, 1]
        along[axis] = -1
        low_pass = low_pass * _hann(phase.shape[axis], window).reshape(along)
    filtered = np.zeros_like(np.moveaxis(phase, -1, 0), np.float32)
    for echo in range(phase.shape[-1]):
        size = magnitude[..., echo].astype(np.float32)
        signal = size * np.exp(1j * phase[..., echo].astype(np.float32))
        spectrum = fft.fft2(signal, axes=axes)
        spectrum *= low_pass
        signal *= np.conj(fft.ifft2(spectrum, axes=axes, overwrite_x=True))
        # The angle of a signed zero can be pi.
        np.arctan2(signal.imag, signal.real, out=filtered[echo], where=size > 0)
    return np.moveaxis(filtered, 0, -1)


def _hann(n: int, window: int) -> np.ndarray:
    """Return the window over the n samples of an axis, in the order of the transform, float32."""
    sample = np.fft.fftfreq(n, 1 / n)
    weights = np.cos(np.pi * sample / window) ** 2
    return np.where(np.abs(sample) <= window / 2, weights, 0).astype(np.float32)
