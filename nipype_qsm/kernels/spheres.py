"""Spheres on a voxel grid, with partial volumes, for any voxel size.

The mean over a sphere is the tool of background removal (a harmonic field equals its own mean) and of the phase
reliability. A sphere is rasterised by sub-samples: each voxel's weight is the fraction of its sub-samples inside.
The spectrum of so small a kernel needs no Fourier transform: three thin matrix products make it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.fourier import frequencies


def sphere_weights(
    radius_mm: float,
    voxel_size: Sequence[float],
    *,
    center: Literal["voxel", "corner"] = "voxel",
    subsample_mm: float = 0.1,
) -> np.ndarray:
    """Return the fraction of each voxel that lies inside a sphere.

    Convolving with it is `out[n] = sum_k weights[k] volume[n + shape // 2 - k]` on each axis, `shape` the weights'.

    Parameters
    ----------
    radius_mm : float, mm, > 0
    voxel_size : (3,) float, mm
    center : {"voxel", "corner"}
        "voxel" puts the sphere on a voxel's centre: an odd, symmetric support. "corner" puts it on the lower corner of
        voxel `shape // 2` and samples the lower edges of the sub-voxels: an even support, as UK Biobank's code has it.
    subsample_mm : float, mm, > 0
        Distance of the sub-samples; smaller is more accurate and slower.

    Returns
    -------
    weights : (x, y, z) float32 array, 0 to 1, voxels
        Not normalised: their sum is the sphere's volume in voxels.
    """
    shift, count = (0.5, 1) if center == "voxel" else (0.0, 0)
    positions, steps = [], []
    for size in voxel_size:
        half = int(np.ceil(radius_mm / size - shift - 1e-9))
        step = max(1, round(size / subsample_mm))
        fine = np.arange((2 * half + count) * step) + shift
        positions.append(fine * size / step - (half + shift) * size)
        steps.append(step)
    x, y, z = positions
    inside_squared = radius_mm**2 * (1 + 1e-9) - x[:, None] ** 2 - y[None, :] ** 2
    counts = [_block_sum(inside_squared >= height**2, steps[:2]) for height in z]
    layers = np.stack(counts, axis=2).reshape(*counts[0].shape, -1, steps[2]).sum(axis=3)
    return (layers / np.prod(steps)).astype(np.float32)


def _block_sum(image: np.ndarray, steps: Sequence[int]) -> np.ndarray:
    nx, ny = image.shape[0] // steps[0], image.shape[1] // steps[1]
    return image.reshape(nx, steps[0], ny, steps[1]).sum(axis=(1, 3))


def kernel_spectrum(weights: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """Return the half spectrum, on a large grid, of a small kernel whose origin is voxel `weights.shape // 2`.

    Parameters
    ----------
    weights : (x, y, z) float array
    shape : (3,) int
        The grid; multiply its real spectrum (`fourier.forward`) with the result to convolve.

    Returns
    -------
    spectrum : (X, Y, Z // 2 + 1) float32 array, or complex64 if the kernel is not symmetric on each axis
    """
    symmetric = all(weights.shape[a] % 2 and np.array_equal(weights, np.flip(weights, a)) for a in range(3))
    spectrum = weights.astype(np.float32)
    # Last axis first: the product that fills the whole grid comes at the end, when only one axis is still thin.
    for axis in (2, 1, 0):
        n, n_small = shape[axis], weights.shape[axis]
        n_frequencies = n // 2 + 1 if axis == 2 else n
        turns = np.outer(np.arange(n_frequencies), np.arange(n_small) - n_small // 2) / n
        waves = np.cos(2 * np.pi * turns) if symmetric else np.exp(-2j * np.pi * turns)
        waves = waves.astype(np.float32 if symmetric else np.complex64)
        thin = np.moveaxis(spectrum, axis, 0)
        full = (waves @ thin.reshape(n_small, -1)).reshape(n_frequencies, *thin.shape[1:])
        spectrum = np.moveaxis(full, 0, axis)
    return spectrum


def sphere_spectrum(grid: Grid, radius_mm: float) -> np.ndarray:
    """Return the half spectrum, on a grid's own shape, of a uniform sphere of unit integral that is not rasterised."""
    kx, ky, kz = frequencies(grid.shape, grid.voxel_size)
    q = np.float32(2 * np.pi * radius_mm) * np.sqrt(kx * kx + ky * ky + kz * kz)
    q[0, 0, 0] = 1
    spectrum = 3 * (np.sin(q) - q * np.cos(q)) / q**3
    spectrum[0, 0, 0] = 1
    return spectrum
