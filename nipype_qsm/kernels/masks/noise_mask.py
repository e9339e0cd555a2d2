"""Wherever there is signal: a mask from the noise of the air.

The darkest part of an image is air, where the magnitude is noise alone. What lies clearly above it is signal, in any
organ and at any contrast; so the mask holds the head and not the brain, unless the skull is dark enough to part them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.masks.pieces import solid_piece

AIR = 5.0
"""Per cent of the smoothed image, its darkest, that are taken for air."""
SMOOTHING_MM = 5.0


class SignalMask(NamedTuple):
    """The mask, and what it was cut by."""

    mask_brain: np.ndarray
    n_voxels: int
    noise_level: float


def noise_mask(
    magnitude_combined: np.ndarray,
    grid: Grid,
    *,
    factor: float = 2.5,
    noise_level: float = 0.0,
    opening_mm: float = 3.0,
    closing_mm: float = 6.0,
) -> SignalMask:
    """Keep the largest piece that is brighter than a multiple of the noise.

    Parameters
    ----------
    magnitude_combined : (x, y, z) float array
        With air around the head, unless `noise_level` is given.
    grid : Grid
    factor : float, > 1
        Signal begins at this multiple of the noise level. Larger loses what decays fast, and leaves bone out.
    noise_level : float, unit of the magnitude, >= 0
        Mean magnitude of noise; 0 takes the darkest twentieth of the image, smoothed by 5 mm.
    opening_mm : float, mm, >= 0
        Bridges thinner than twice this are cut.
    closing_mm : float, mm, >= 0
        Furrows narrower than twice this are closed; holes are filled.

    Returns
    -------
    mask_brain : (x, y, z) bool array
    n_voxels : int
    noise_level : float, unit of the magnitude

    References
    ----------
    Gudbjartsson and Patz 1995, doi:10.1002/mrm.1910340618
    """
    if not magnitude_combined.any():
        raise QSMError("The magnitude is 0 everywhere.", remedy="Give a magnitude image, or a brain mask.")
    level = noise_level if noise_level > 0 else _air(magnitude_combined, grid)
    mask = solid_piece(magnitude_combined > factor * level, grid, opening_mm, closing_mm)
    return SignalMask(mask, int(np.count_nonzero(mask)), level)


def _air(magnitude: np.ndarray, grid: Grid) -> float:
    """Return the mean magnitude of air; 0 where the air was cut off, and signal is whatever is left."""
    smooth = ndimage.gaussian_filter(magnitude.astype(np.float32), [SMOOTHING_MM / size for size in grid.voxel_size])
    return float(np.percentile(smooth, AIR))
