"""Real Fourier transforms on padded, cropped volumes.

Threads come from the caller (`scipy.fft.set_workers`), precision from the input: float32 in, complex64 spectra, float32
out. Work is done on the mask's bounding box plus a pad, at the next fast length, and put back afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import fft

Box = tuple[slice, slice, slice]


def bounding_box(mask: np.ndarray, margin: Sequence[int] | int = 0) -> Box:
    """Return the slices of the smallest box that holds the mask, widened by `margin` voxels inside the volume."""
    margins = np.broadcast_to(margin, 3)
    box = []
    for axis in range(3):
        hit = np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis)))
        low, high = (hit[0], hit[-1] + 1) if hit.size else (0, mask.shape[axis])
        box.append(slice(max(0, int(low - margins[axis])), min(mask.shape[axis], int(high + margins[axis]))))
    return box[0], box[1], box[2]


def fast_shape(shape: Sequence[int], pad: Sequence[int] | int = 0) -> tuple[int, int, int]:
    """Return the next lengths that are quick to transform and leave at least `pad` voxels on each side."""
    pads = np.broadcast_to(pad, 3)
    x, y, z = (fft.next_fast_len(int(n + 2 * p), real=True) for n, p in zip(shape, pads, strict=True))
    return x, y, z


def frequencies(shape: Sequence[int], voxel_size: Sequence[float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return broadcastable spatial frequencies [1/mm] of a real transform (half of the last axis), float32."""
    kx = np.fft.fftfreq(shape[0], voxel_size[0]).astype(np.float32)[:, None, None]
    ky = np.fft.fftfreq(shape[1], voxel_size[1]).astype(np.float32)[None, :, None]
    kz = np.fft.rfftfreq(shape[2], voxel_size[2]).astype(np.float32)[None, None, :]
    return kx, ky, kz


def forward(volume: np.ndarray, shape: Sequence[int] | None = None) -> np.ndarray:
    """Transform a real volume, zero-padded at its end to `shape`."""
    return fft.rfftn(volume, s=None if shape is None else tuple(shape), axes=(0, 1, 2))


def backward(spectrum: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """Transform a half spectrum back to a real volume of `shape`."""
    return fft.irfftn(spectrum, s=tuple(shape), axes=(0, 1, 2), overwrite_x=True)


def filtered(volume: np.ndarray, transfer: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """Multiply the spectrum of a volume, padded to `shape`, with a half-spectrum transfer function; crop back."""
    spectrum = forward(volume, shape)
    spectrum *= transfer
    nx, ny, nz = volume.shape
    return backward(spectrum, shape)[:nx, :ny, :nz]
