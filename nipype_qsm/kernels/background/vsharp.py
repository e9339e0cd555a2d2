"""V-SHARP: the background is harmonic inside the brain, and a harmonic field equals its own mean over any sphere.

Field minus its mean over the largest sphere that still lies in the mask leaves a high-passed local field; dividing by
the spectrum of the largest sphere's high pass gives the rest back. Small spheres keep the voxels of the rim. With
thick slices a small sphere holds no neighbour slice, so the work is done on an isotropic 1 mm grid: there the
background is found, and the background is what is brought back and subtracted on the acquired grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.fourier import bounding_box, fast_shape, filtered
from nipype_qsm.kernels.local_field import LocalField, local_field
from nipype_qsm.kernels.resampling import linear_matrices, resample, resampled_shape
from nipype_qsm.kernels.sphere_means import fitting_spheres, rod_sphere, sphere_means
from nipype_qsm.kernels.spheres import kernel_spectrum


class _Spheres(NamedTuple):
    radii_mm: np.ndarray
    mask_radius_mm: float
    threshold: float | None


def vsharp(
    field_total: np.ndarray,
    mask: np.ndarray,
    grid: Grid,
    *,
    max_radius_mm: float = 12.0,
    min_radius_mm: float = 1.0,
    step_mm: float = 1.0,
    mask_radius_mm: float = 2.0,
    resample_mm: float | None = 1.0,
    deconvolution: bool = True,
    threshold: float = 0.05,
) -> LocalField:
    """Subtract from the field its mean over the largest sphere that fits into the mask, and undo the loss.

    Parameters
    ----------
    field_total : (x, y, z) float array, ppm
    mask : (x, y, z) bool array
    grid : Grid
    max_radius_mm : float, mm
        Largest sphere; larger keeps more of the local field's slow part and lets noise and errors reach further.
    min_radius_mm : float, mm
        Smallest sphere; the radii go down from the largest in steps.
    step_mm : float, mm, > 0
    mask_radius_mm : float, mm
        Voxels whose sphere of this radius leaves the mask are dropped; larger is cleaner at the rim and keeps less.
    resample_mm : float or None, mm
        Voxel size of the isotropic grid on which the background is found; None works on the acquired grid.
    deconvolution : bool
        Divide by the high pass of the largest sphere. Without it the local field is about 10 % too small.
    threshold : float, dimensionless, 0 < threshold < 1
        The high pass is never divided by less; frequencies below it stay zero. Smaller keeps slower local fields and
        amplifies their noise.

    Returns
    -------
    field_local : (x, y, z) float32 array, ppm
        Zero outside `mask_local`.
    mask_local : (x, y, z) bool array
    n_removed : int
        Voxels of the mask that are not in `mask_local`.

    References
    ----------
    Wu et al. 2012, doi:10.1002/mrm.23000; Li et al. 2011, doi:10.1016/j.neuroimage.2010.11.088;
    Schweser et al. 2011, doi:10.1016/j.neuroimage.2010.10.070
    """
    growing = 0 < min_radius_mm <= max_radius_mm and step_mm > 0 and (max_radius_mm - min_radius_mm) / step_mm < 255
    if not growing or mask_radius_mm > max_radius_mm:
        raise QSMError(
            f"Radii from {min_radius_mm:g} to {max_radius_mm:g} mm in steps of {step_mm:g} mm, mask radius "
            f"{mask_radius_mm:g} mm, are not growing spheres.",
            remedy="Choose 0 < min_radius_mm <= max_radius_mm, at most 255 steps, and mask_radius_mm <= max_radius_mm.",
        )
    radii = np.arange(max_radius_mm, min_radius_mm - 1e-6, -step_mm)[::-1]
    spheres = _Spheres(radii, mask_radius_mm, threshold if deconvolution else None)
    mask = np.asarray(mask, bool)
    box = bounding_box(mask)
    inside = np.pad(mask[box], 1)
    field = np.where(inside, np.pad(field_total[box], 1), 0).astype(np.float32)
    # A constant is background; without it the running sums round less.
    field[inside] -= np.float32(field.sum(dtype=float) / max(1, inside.sum()))
    if resample_mm is None:
        local, valid = _high_passed(field, inside, grid.voxel_size, spheres)
    else:
        local, valid = _on_isotropic_grid(field, inside, grid.voxel_size, resample_mm, spheres)
    valid = valid[1:-1, 1:-1, 1:-1]
    if not valid.any():
        raise QSMError(
            f"No sphere of {mask_radius_mm:g} mm fits into the mask of {int(mask.sum())} voxels.",
            remedy="Give the whole brain as mask, or lower mask_radius_mm (--mask-radius-mm).",
        )
    return local_field(local[1:-1, 1:-1, 1:-1], valid, mask, box)


def _on_isotropic_grid(
    field: np.ndarray, inside: np.ndarray, voxel_size: Sequence[float], spacing: float, spheres: _Spheres
) -> tuple[np.ndarray, np.ndarray]:
    """Find the background on an isotropic grid, bring it back and subtract it."""
    fine_size = (spacing,) * 3
    fine_shape = resampled_shape(field.shape, voxel_size, fine_size)
    there = linear_matrices(field.shape, voxel_size, fine_shape, fine_size)
    coverage = resample(inside.astype(np.float32), there)
    fine_inside = coverage > 0.5
    # Divided by the coverage, a voxel of the rim is the mean of its neighbours inside only.
    fine = resample(field, there) / np.maximum(coverage, 0.5)
    fine[~fine_inside] = 0
    local, valid = _high_passed(fine, fine_inside, fine_size, spheres)
    fine -= local
    fine[~valid] = 0
    back = linear_matrices(fine_shape, fine_size, field.shape, voxel_size)
    coverage = resample(valid.astype(np.float32), back)
    background = resample(fine, back) / np.maximum(coverage, 0.5)
    return field - background, inside & (coverage > 0.5)


def _high_passed(
    field: np.ndarray, inside: np.ndarray, voxel_size: Sequence[float], spheres: _Spheres
) -> tuple[np.ndarray, np.ndarray]:
    """Return the local field and where a sphere of the mask radius fits."""
    kernels = [rod_sphere(radius, voxel_size) for radius in spheres.radii_mm]
    level = fitting_spheres(inside, kernels, voxel_size)
    shape = fast_shape(field.shape, [n // 4 for n in kernels[-1].shape])
    mean = kernel_spectrum(kernels[-1] / kernels[-1].sum(dtype=float), shape)
    # The largest sphere fits nearly everywhere: one Fourier transform. Each smaller one is wanted in a thin shell only.
    core = level == len(kernels)
    means = sphere_means(field, np.where(core, np.uint8(0), level), kernels)
    means[core] = filtered(field, mean, shape)[core]
    local = np.where(level > 0, field - means, np.float32(0))
    if spheres.threshold is not None:
        high_pass = 1 - mean
        kept = np.abs(high_pass) > spheres.threshold
        local = filtered(local, np.divide(1, high_pass, out=np.zeros_like(mean), where=kept), shape)
    valid = level > np.searchsorted(spheres.radii_mm, spheres.mask_radius_mm - 1e-6)
    return local, valid
