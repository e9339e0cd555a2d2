"""The Laplacian and its inverse on a zero-padded, periodic grid.

In Fourier space the Laplacian multiplies with a sum of one term an axis, so applying it needs one-dimensional
transforms only, of the lines that hold data. Its inverse does not separate: it takes one three-dimensional pair, whose
transforms skip the lines that the pad leaves empty. Two kinds: "continuous" differentiates the band-limited volume,
"discrete" is the seven-point stencil.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import fft

from nipype_qsm.errors import QSMError


def laplacian_spectrum(n: int, spacing: float, kind: str = "continuous", *, half: bool = False) -> np.ndarray:
    """Return one axis's share of the Laplacian's transfer function.

    Parameters
    ----------
    n : int
        Length of the periodic axis.
    spacing : float, mm
    kind : "continuous" or "discrete"
    half : bool
        Only the frequencies of a real transform.

    Returns
    -------
    spectrum : (n,) or (n // 2 + 1,) float32 array, 1/mm2
        Zero or negative.
    """
    frequency = np.fft.rfftfreq(n) if half else np.fft.fftfreq(n)
    if kind == "continuous":
        values = -((2 * np.pi * frequency / spacing) ** 2)
    elif kind == "discrete":
        values = -((2 * np.sin(np.pi * frequency) / spacing) ** 2)
    else:
        raise QSMError(f"There is no Laplacian '{kind}'.", remedy="Choose 'continuous' or 'discrete'.")
    return values.astype(np.float32)


def laplacian(
    volume: np.ndarray, shape: Sequence[int], voxel_size: Sequence[float], *, kind: str = "continuous"
) -> np.ndarray:
    """Apply the Laplacian to a volume padded with zeros to a periodic `shape`; return the part where the volume was.

    Parameters
    ----------
    volume : (x, y, z) float array
    shape : (3,) int
    voxel_size : (3,) float, mm
    kind : "continuous" or "discrete"

    Returns
    -------
    laplacian : (x, y, z) float array, the volume's unit / mm2
    """
    total = np.zeros_like(volume)
    for axis in range(3):
        along = [1, 1, 1]
        along[axis] = -1
        spectrum = fft.rfft(volume, n=shape[axis], axis=axis)
        spectrum *= laplacian_spectrum(shape[axis], voxel_size[axis], kind, half=True).reshape(along)
        lines = fft.irfft(spectrum, n=shape[axis], axis=axis, overwrite_x=True)
        total += lines[tuple(slice(0, n) for n in volume.shape)]
    return total


def inverse_laplacian(
    volume: np.ndarray, shape: Sequence[int], voxel_size: Sequence[float], *, kind: str = "continuous"
) -> np.ndarray:
    """Solve Poisson's equation for a source padded with zeros to a periodic `shape`.

    Parameters
    ----------
    volume : (x, y, z) float array, 1/mm2
        Its mean over the padded grid is left out: a periodic grid has no potential for it.
    shape : (3,) int
    voxel_size : (3,) float, mm
    kind : "continuous" or "discrete"

    Returns
    -------
    potential : (x, y, z) float array
        Zero mean over the padded grid; the part where the volume was.
    """
    nx, ny, nz = volume.shape
    spectrum = fft.rfft(volume, n=shape[2], axis=2)
    spectrum = fft.fft(spectrum, n=shape[1], axis=1, overwrite_x=True)
    spectrum = fft.fft(spectrum, n=shape[0], axis=0, overwrite_x=True)
    x, y, z = (laplacian_spectrum(shape[a], voxel_size[a], kind, half=a == 2) for a in range(3))
    across = y[:, None] + z[None, :]
    for i in range(len(x)):
        transfer = x[i] + across
        if i == 0:
            transfer[0, 0] = 1
        spectrum[i] /= transfer
    spectrum[0, 0, 0] = 0
    spectrum = fft.ifft(spectrum, axis=0, overwrite_x=True)[:nx]
    spectrum = fft.ifft(spectrum, axis=1, overwrite_x=True)[:, :ny]
    return fft.irfft(spectrum, n=shape[2], axis=2, overwrite_x=True)[:, :, :nz]


def laplacian_inside(volume: np.ndarray, inside: np.ndarray, voxel_size: tuple[float, float, float]) -> np.ndarray:
    """Apply second differences inside a mask: central, one-sided at its edge, zero where three voxels do not line up.

    Parameters
    ----------
    volume : (x, y, z) float array
    inside : (x, y, z) bool array
    voxel_size : (3,) float, mm

    Returns
    -------
    curve : (x, y, z) float array, the volume's unit per mm2
        Zero outside the mask.
    """
    total = np.zeros_like(volume)
    for axis, size in enumerate(voxel_size):
        margin = [(2, 2) if a == axis else (0, 0) for a in range(3)]
        v = np.moveaxis(np.pad(volume, margin), axis, 0)
        m = np.moveaxis(np.pad(inside, margin), axis, 0)
        curve = v[:-2] - 2 * v[1:-1] + v[2:]
        whole = m[:-2] & m[1:-1] & m[2:]
        one_sided = np.where(whole[2:], curve[2:], np.where(whole[:-2], curve[:-2], 0))
        second = np.where(whole[1:-1], curve[1:-1], one_sided)
        total += np.moveaxis(second, 0, axis) / volume.dtype.type(size**2)
    return np.where(inside, total, 0)
