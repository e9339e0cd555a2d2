"""A mask from the quality of the phase, for images whose magnitude tells little.

Where phase runs straight from voxel to voxel there is signal; in air and bone it jumps. Two measures rate that: the
weights by which ROMEO unwraps, or the second differences by which the best-path method does. The cut between good and
bad is read from the histogram.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from scipy import ndimage

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.masks.pieces import otsu, solid_piece
from nipype_qsm.kernels.region_growing import NOTHING, edge_costs, voxel_quality


class QualityMask(NamedTuple):
    """The mask, the quality that it is cut from, and where."""

    mask_brain: np.ndarray
    quality: np.ndarray
    n_voxels: int
    threshold: float


def phase_quality_mask(
    phase_difference: np.ndarray,
    grid: Grid,
    magnitude_difference: np.ndarray | None = None,
    *,
    measure: Literal["romeo", "second_difference"] = "romeo",
    level: float = 0.0,
    smoothing_mm: float = 2.0,
    opening_mm: float = 5.0,
    closing_mm: float = 6.0,
) -> QualityMask:
    """Keep the largest piece in which the phase runs straight.

    Parameters
    ----------
    phase_difference : (x, y, z) float array, rad
        Wrapped; free of coil phases, such as the difference of two echoes.
    grid : Grid
    magnitude_difference : (x, y, z) float array, optional
        ROMEO trusts edges between unlike magnitudes less.
    measure : {"romeo", "second_difference"}
        The mean weight of a voxel's edges, or 1 minus the mean second difference of the phase over pi.
    level : float, 0 to 1
        Least quality of a voxel. 0 takes the cut that parts the histogram best.
    smoothing_mm : float, mm, >= 0
        Standard deviation of the quality's smoothing: a single voxel of noise can look straight by chance.
    opening_mm : float, mm, >= 0
        Bridges thinner than twice this are cut; 0 keeps the whole head.
    closing_mm : float, mm, >= 0
        Furrows narrower than twice this are closed; holes are filled.

    Returns
    -------
    mask_brain : (x, y, z) bool array
    quality : (x, y, z) float array, 0 to 1
    n_voxels : int
    threshold : float
        The least quality that was asked for or found.

    References
    ----------
    Dymerska et al. 2021, doi:10.1002/mrm.28563; Abdul-Rahman et al. 2007, doi:10.1364/AO.46.006623;
    Stewart et al. 2022, doi:10.1002/mrm.29048
    """
    phase = phase_difference.astype(np.float32, copy=False)
    quality = _romeo_quality(phase, magnitude_difference) if measure == "romeo" else _straightness(phase)
    smooth = ndimage.gaussian_filter(quality, [smoothing_mm / size for size in grid.voxel_size])
    threshold = level if level > 0 else otsu(smooth)
    mask = solid_piece(smooth > threshold, grid, opening_mm, closing_mm)
    return QualityMask(mask, smooth, int(np.count_nonzero(mask)), float(threshold))


def _romeo_quality(phase: np.ndarray, magnitude: np.ndarray | None) -> np.ndarray:
    inside = np.pad(np.ones(phase.shape, bool), 1)
    size = NOTHING if magnitude is None else np.pad(magnitude.astype(np.float32, copy=False), 1)
    costs = edge_costs(inside, np.pad(phase, 1), NOTHING, np.float32(1), size)
    return voxel_quality(inside, costs)[1:-1, 1:-1, 1:-1]


def _straightness(phase: np.ndarray) -> np.ndarray:
    """Return 1 minus the mean wrapped second difference along the axes, over pi; ends repeat their neighbours."""
    bend = np.zeros_like(phase)
    for axis in range(3):
        steps = np.diff(np.pad(phase, [(int(a == axis),) * 2 for a in range(3)], mode="reflect"), axis=axis)
        second = np.diff(steps, axis=axis)
        bend += np.abs(second - np.float32(2 * np.pi) * np.rint(second * np.float32(0.5 / np.pi)))
    return 1 - bend / np.float32(3 * np.pi)
