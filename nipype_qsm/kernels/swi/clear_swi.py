"""CLEAR-SWI: a susceptibility-weighted image from all echoes at once.

Each echo's phase is unwrapped by the Laplacian and loses its slow part inside the mask, so that no wrap and no rim of
the brain is left to darken; the echoes are averaged into one field-like contrast. A smooth step instead of a power
turns it into a mask, with its width taken from the data, and the echoes' combined magnitude is bent so that dark
regions do not hide their veins.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nipype_qsm.errors import MetadataError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.slices import slice_axis
from nipype_qsm.kernels.smoothing import gaussian
from nipype_qsm.kernels.unwrap.laplacian import laplacian
from nipype_qsm.units import checked_echo_times


def clear_swi(
    phase: np.ndarray,
    magnitude: np.ndarray,
    mask: np.ndarray,
    grid: Grid,
    *,
    echo_times: Sequence[float],
    smoothing_voxels: float = 4.0,
    level: float = 4.0,
    softplus: bool = True,
    pad: int = 64,
) -> np.ndarray:
    """Weight the echoes' combined magnitude with their combined high-pass phase.

    Parameters
    ----------
    phase : (x, y, z, echo) float array, rad
    magnitude : (x, y, z, echo) float array
        Corrected for the coils' sensitivity, alike at every echo, if the image is to be looked at.
    mask : (x, y, z) bool array
    grid : Grid
    echo_times : (echo,) float, s
    smoothing_voxels : float, voxels
        Width (sigma) in a slice of the Gaussian whose result is subtracted; slices are not mixed. Larger keeps wider
        structures, and more of the background.
    level : float, level > 0
        Strength of the mask. Larger darkens fainter veins, and noise.
    softplus : bool
        Whether the magnitude is bent: linear above half of its 80th percentile in the mask, compressed below.
    pad : int, voxels
        Zeros on every side of the mask's box while unwrapping.

    Returns
    -------
    swi : (x, y, z) float array, units of the magnitude
        Zero outside the mask.

    References
    ----------
    Eckstein et al. 2021, doi:10.1016/j.neuroimage.2021.118175
    """
    times = checked_echo_times(echo_times)
    if not phase.shape == magnitude.shape == (*mask.shape, len(times)):
        raise MetadataError(
            f"phase is {phase.shape}, magnitude {magnitude.shape}, and there are {len(times)} echo times.",
            remedy="Give one phase and one magnitude per echo time, in the same order.",
        )
    unwrapped = laplacian(phase, mask, grid, pad=pad)
    total, weights = (np.zeros(mask.shape, np.float32) for _ in range(2))
    sigma = [0.0 if axis == slice_axis(grid) else smoothing_voxels for axis in range(3)]
    share = gaussian(mask.astype(np.float32), sigma, truncate=3.0)
    for echo, time in enumerate(times):
        fast = unwrapped[..., echo] - gaussian(unwrapped[..., echo], sigma, truncate=3.0) / np.maximum(share, 1e-6)
        # Phase over echo time, weighted by magnitude times echo time.
        total += magnitude[..., echo] * fast
        weights += magnitude[..., echo] * np.float32(time)
    contrast = np.divide(total, weights, out=np.zeros_like(total), where=mask & (weights > 0))
    size = np.sqrt(np.einsum("...e,...e->...", magnitude, magnitude, dtype=np.float32))
    if softplus:
        size = _softplus(size, mask)
    return np.where(mask, size * _step(contrast, mask, level), np.float32(0))


def _step(contrast: np.ndarray, mask: np.ndarray, level: float) -> np.ndarray:
    """Return the phase mask: near one for negative contrast, near zero for strong positive contrast."""
    positive = contrast[mask & (contrast > 0)]
    width = float(np.median(positive)) * 10 / level if positive.size else 1.0
    return (1 + np.tanh(1 - contrast / np.float32(width))) / 2


def _softplus(size: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the magnitude bent around half of its 80th percentile; zero stays zero."""
    bend = float(np.percentile(size[mask], 80)) / 2 if mask.any() else 0.0
    if bend == 0:
        return size
    sharpness = np.float32(2 / bend)
    bent = np.logaddexp(np.float32(0), sharpness * (size - np.float32(bend)))
    return (bent - np.float32(np.log1p(np.exp(-2.0)))) / sharpness
