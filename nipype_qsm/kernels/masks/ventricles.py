"""The lateral ventricles, found without a structural image.

Free fluid decays far more slowly than tissue, so fluid is where R2* is less than half of the brain's median. Among
fluid, the lateral ventricles are what lies deep in the brain and reaches to both sides of the middle: sulci and
cisterns at the base are too shallow, the third ventricle and the cistern behind it, with its large veins, hug the
midline, which is the long axis of the brain's outline in the axial plane. It keeps a safe part of the ventricles rather
than all of them, which is what a reference needs, and refuses when it finds nothing that looks like a pair.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.fourier import bounding_box
from nipype_qsm.kernels.relaxation.log_linear import log_linear
from nipype_qsm.kernels.slices import slice_axis

PLAUSIBLE_ML = (1.0, 150.0)
SMALLEST_PIECE_ML = 0.2
SMALLEST_SIDE = 0.1
"""Each side must hold this part of the whole: a pair, not a cyst or an artefact."""


class Ventricles(NamedTuple):
    """The mask, how it came about, and its size."""

    mask_reference: np.ndarray
    reference_source: str
    n_voxels: int
    volume_ml: float


def ventricles(
    magnitude: np.ndarray,
    mask_brain: np.ndarray,
    grid: Grid,
    *,
    echo_times: Sequence[float],
    fluid_level: float = 0.5,
    depth_mm: float = 25.0,
    midline_mm: float = 3.0,
    reach_mm: float = 10.0,
    smoothing_mm: float = 1.0,
) -> Ventricles:
    """Find the lateral ventricles as deep, slowly decaying voxels on both sides of the middle.

    Parameters
    ----------
    magnitude : (x, y, z, echo) float array
        At least two echoes; the further apart, the surer.
    mask_brain : (x, y, z) bool array
        The whole brain: depth is measured from its surface, the middle from its outline.
    grid : Grid
    echo_times : (echo,) float, s
    fluid_level : float, 0 < fluid_level < 1
        Fluid has an R2* below this part of the brain's median. Smaller is purer and finds less.
    depth_mm : float, mm, >= 0
        Least distance from the brain's surface. Smaller finds more of the horns, and cisterns.
    midline_mm : float, mm, >= 0
        Voxels this near to the middle are left out, which parts the ventricles from midline fluid.
    reach_mm : float, mm, > 0
        A tenth of a piece's voxels must lie further from the middle than this.
    smoothing_mm : float, mm, > 0
        Standard deviation of the smoothing of the magnitudes before the fit.

    Returns
    -------
    mask_reference : (x, y, z) bool array
    reference_source : str
        Says that the region was found automatically; it belongs beside every number that rests on it.
    n_voxels : int
    volume_ml : float, ml

    References
    ----------
    Liu et al. 2018, doi:10.1002/mrm.26946
    """
    box = bounding_box(mask_brain, 1)
    inside = mask_brain[box]
    size = np.asarray(grid.voxel_size)
    rates = _smooth_rates(magnitude[box], inside, echo_times, smoothing_mm / size)
    fluid = inside & (rates < fluid_level * np.median(rates[inside]))
    solid = np.pad(ndimage.binary_fill_holes(inside), 1)
    deep = ndimage.distance_transform_edt(solid, sampling=size)[1:-1, 1:-1, 1:-1] > depth_mm
    lateral = _from_the_middle(inside, grid)
    found = _paired_pieces(fluid & deep & (np.abs(lateral) > midline_mm), lateral, grid.voxel_volume, reach_mm)
    mask = np.zeros(mask_brain.shape, bool)
    mask[box] = found
    n_voxels = int(np.count_nonzero(found))
    volume_ml = n_voxels * grid.voxel_volume / 1000
    left = np.count_nonzero(found & (lateral < 0)) / max(n_voxels, 1)
    if not (PLAUSIBLE_ML[0] <= volume_ml <= PLAUSIBLE_ML[1] and SMALLEST_SIDE <= left <= 1 - SMALLEST_SIDE):
        raise QSMError(
            f"No pair of lateral ventricles was found automatically ({volume_ml:.2f} ml of deep fluid, "
            f"{100 * left:.0f} % of it on one side).",
            remedy="Give a ventricle mask (--reference-mask FILE), choose another zero (--reference brain), or try a "
            "smaller depth_mm or a larger fluid_level and look at the result.",
        )
    return Ventricles(mask, "automatic: deep fluid of low R2*", n_voxels, volume_ml)


def _smooth_rates(
    magnitude: np.ndarray, inside: np.ndarray, echo_times: Sequence[float], sigma: np.ndarray
) -> np.ndarray:
    smooth = [ndimage.gaussian_filter(magnitude[..., echo], sigma) for echo in range(magnitude.shape[3])]
    return log_linear(np.moveaxis(np.stack(smooth), 0, -1), inside, echo_times=echo_times).r2star


def _from_the_middle(mask: np.ndarray, grid: Grid) -> np.ndarray:
    """Return each voxel's signed distance [mm] from the brain's middle plane.

    A brain is longer than wide: the short axis of its outline in the axial plane runs from side to side, however the
    head is turned and the voxel axes are named.
    """
    plane = [axis for axis in range(3) if axis != slice_axis(grid)]
    places = np.argwhere(mask)[:, plane] * np.take(grid.voxel_size, plane)
    middle = places.mean(axis=0)
    across = np.linalg.eigh(np.cov((places - middle).T))[1][:, 0]
    lateral = np.zeros(mask.shape, np.float32)
    for axis, step, start in zip(plane, across, middle, strict=True):
        along = (np.arange(mask.shape[axis]) * grid.voxel_size[axis] - start) * step
        lateral += along.astype(np.float32).reshape([-1 if a == axis else 1 for a in range(3)])
    return lateral


def _paired_pieces(candidates: np.ndarray, lateral: np.ndarray, voxel_volume: float, reach_mm: float) -> np.ndarray:
    """Keep connected pieces that are large enough and reach far enough from the middle."""
    labels, count = ndimage.label(candidates)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    far = np.bincount(labels.ravel(), (np.abs(lateral) > reach_mm).ravel(), minlength=count + 1)
    keep = (sizes * voxel_volume >= 1000 * SMALLEST_PIECE_ML) & (far >= 0.1 * sizes)
    keep[0] = False
    return keep[labels]
