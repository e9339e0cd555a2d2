"""The mean over one sphere, the same everywhere it fits: what SHARP, RESHARP and iSMV share.

A harmonic field equals its mean over a sphere, so the field minus that mean (its high pass) holds no background. The
mean is a convolution, made by two real Fourier transforms on the mask's box. Where the sphere leaves the mask nothing
is known, and nothing is said.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.fourier import Box, bounding_box, fast_shape, filtered
from nipype_qsm.kernels.sphere_means import fitting_spheres
from nipype_qsm.kernels.spheres import kernel_spectrum, sphere_weights


class FixedSphere(NamedTuple):
    """A field on its mask's box, with the sphere that is to be averaged over."""

    field: np.ndarray
    fits: np.ndarray
    high_pass: np.ndarray
    shape: tuple[int, int, int]
    box: Box

    def passed(self, volume: np.ndarray) -> np.ndarray:
        """Return a volume of the box minus its mean over the sphere."""
        return filtered(volume, self.high_pass, self.shape)

    def passed_inside(self, volume: np.ndarray) -> np.ndarray:
        """Return the same, and 0 where the sphere does not fit."""
        return np.where(self.fits, self.passed(volume), np.float32(0))

    def undone(self, passed: np.ndarray, threshold: float) -> np.ndarray:
        """Divide by the high pass, where it is larger than the threshold."""
        kept = np.abs(self.high_pass) > threshold
        inverse = np.divide(1, self.high_pass, out=np.zeros_like(self.high_pass), where=kept)
        return filtered(passed, inverse, self.shape)


def fixed_sphere(field_total: np.ndarray, mask: np.ndarray, grid: Grid, radius_mm: float) -> FixedSphere:
    """Crop a field to its mask and find where a sphere fits.

    Parameters
    ----------
    field_total : (x, y, z) float array, ppm
    mask : (x, y, z) bool array
    grid : Grid
    radius_mm : float, mm, > 0

    Returns
    -------
    field : float32 array, ppm
        On the mask's box; zero outside the mask, and of zero mean, for a constant is background.
    fits : bool array
        Where the whole sphere lies in the mask.
    high_pass : float32 array
        Half spectrum of "minus the sphere's mean".
    shape : (3,) int
        The padded shape of the transforms.
    box : slices
        Where the box stands in the volume.
    """
    if not radius_mm > 0:
        raise QSMError(f"A sphere of {radius_mm:g} mm has no inside.", remedy="Give a radius_mm above 0, e.g. 6.")
    mask = np.asarray(mask, bool)
    box = bounding_box(mask)
    inside = mask[box]
    field = np.where(inside, field_total[box], 0).astype(np.float32)
    field[inside] -= np.float32(field.sum(dtype=float) / max(1, np.count_nonzero(inside)))
    # Not the rods of V-SHARP: their unequal second moments let quadratic backgrounds pass (iSMV: 3.9, not 2.5 ppb).
    sphere = sphere_weights(radius_mm, grid.voxel_size, subsample_mm=0.2)
    fits = fitting_spheres(inside, [sphere], grid.voxel_size) > 0
    if not fits.any():
        raise QSMError(
            f"No sphere of {radius_mm:g} mm fits into the mask of {np.count_nonzero(mask)} voxels.",
            remedy="Give the whole brain as mask, or lower radius_mm (--radius-mm).",
        )
    shape = fast_shape(field.shape, [n // 4 for n in sphere.shape])
    high_pass = 1 - kernel_spectrum(sphere / sphere.sum(dtype=float), shape)
    return FixedSphere(field, fits, high_pass, shape, box)
