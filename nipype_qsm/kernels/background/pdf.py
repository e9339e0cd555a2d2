"""Projection onto dipole fields: explain as much of the field as possible by sources outside the mask.

Inside the mask, the fields of dipoles outside it are nearly orthogonal to those of dipoles inside. So the
least-squares fit of outside sources to the total field is the background, and what it leaves is the local field.
Conjugate gradients carry that remainder itself; the sources are never stored. Smooth background is fitted first,
noise and local field last, so the iteration stops early.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.conjugate_gradients import inner_product
from nipype_qsm.kernels.dipole import dipole_kernel
from nipype_qsm.kernels.fourier import backward, bounding_box, fast_shape, forward
from nipype_qsm.kernels.local_field import IteratedLocalField, local_field


def pdf(
    field_total: np.ndarray,
    mask: np.ndarray,
    grid: Grid,
    *,
    magnitude_combined: np.ndarray | None = None,
    weighted: bool = False,
    tolerance: float = 0.01,
    max_iterations: int = 60,
    pad_mm: float = 24.0,
) -> IteratedLocalField:
    """Subtract from the field what sources outside the mask can explain.

    Minimises `|W (field_total - D x)|^2` over sources x outside the mask; D convolves with a dipole, W weighs voxels.

    Parameters
    ----------
    field_total : (x, y, z) float array, ppm
    mask : (x, y, z) bool array
    grid : Grid
        Its B0 direction turns the dipoles.
    magnitude_combined : (x, y, z) float array, optional
        Used if `weighted`.
    weighted : bool
        Weigh voxels by their magnitude (W) instead of alike; for fields that are noisy where the signal is low.
    tolerance : float, dimensionless, 0 < tolerance < 1
        Stop when an iteration takes less than this share of the remaining field's energy. Smaller takes more background
        out of the rim, and local field with it.
    max_iterations : int
        Limit of the iteration; reaching it warns.
    pad_mm : float, mm
        How far outside the mask's box sources may lie; larger is slower and, beyond 12 mm, hardly better.

    Returns
    -------
    field_local : (x, y, z) float32 array, ppm
        Zero outside `mask_local`.
    mask_local : (x, y, z) bool array
        The mask; if `weighted`, without its voxels of no magnitude.
    n_removed : int
        Voxels of the mask that are not in `mask_local`.
    iterations : int
    residual : float
        Share of the remaining energy that the last iteration took.
    converged : bool

    References
    ----------
    Liu et al. 2011, doi:10.1002/nbm.1670; de Rochefort et al. 2010, doi:10.1002/mrm.22187
    """
    mask = np.asarray(mask, bool)
    box = bounding_box(mask)
    weights = _weights(mask[box], magnitude_combined[box] if magnitude_combined is not None else None, weighted)
    shape = fast_shape(weights.shape, [round(pad_mm / size) for size in grid.voxel_size])
    allowed = np.ones(shape, np.float32)
    allowed[: weights.shape[0], : weights.shape[1], : weights.shape[2]][mask[box]] = 0
    kernel = dipole_kernel(grid.resized(shape))
    remainder = np.where(mask[box], field_total[box], 0).astype(np.float32) * weights
    iterations, residual = fit_sources(remainder, weights, allowed, kernel, tolerance=tolerance, limit=max_iterations)
    converged = residual <= tolerance
    if not converged:
        warnings.warn(
            f"PDF stopped after {iterations} iterations (limit {max_iterations}) while an iteration still took "
            f"{residual:.3g} of the field's energy; {tolerance:g} was asked for.",
            RuntimeWarning,
            stacklevel=2,
        )
    known = weights > 0
    np.divide(remainder, weights, out=remainder, where=known)
    return IteratedLocalField(*local_field(remainder, known, mask, box), iterations, residual, converged)


def _weights(mask: np.ndarray, magnitude: np.ndarray | None, weighted: bool) -> np.ndarray:
    """Return the weights: 0 outside the mask, 1 or the relative magnitude inside."""
    if not weighted:
        return mask.astype(np.float32)
    if magnitude is None or not magnitude[mask].any():
        raise QSMError(
            "PDF is to weigh voxels by their magnitude, and no magnitude inside the mask was given.",
            remedy="Give magnitude_combined, or leave weighted off.",
        )
    weights = np.where(mask, magnitude, 0).astype(np.float32)
    return weights / np.float32(weights[mask].mean(dtype=float))


def fit_sources(
    remainder: np.ndarray,
    weights: np.ndarray,
    allowed: np.ndarray,
    kernel: np.ndarray,
    *,
    tolerance: float,
    limit: int,
    whole: float | None = None,
    sources: np.ndarray | None = None,
) -> tuple[int, float]:
    """Take out of a field what allowed sources explain, in place, by conjugate gradients.

    Parameters
    ----------
    remainder : (x, y, z) float32 array, ppm
        The field times its weights; what is left of it afterwards.
    weights : (x, y, z) float32 array
        Zero where the field is not known.
    allowed : (X, Y, Z) float32 array
        Square of how large a source may be on the padded grid, relative to others; the field lies in its corner.
    kernel : (X, Y, Z // 2 + 1) float32 array, dimensionless
        The padded grid's dipole kernel.
    tolerance : float, dimensionless
        Stop when an iteration takes less than this share of the energy.
    limit : int
        Iterations at most.
    whole : float, optional
        The energy that is meant; what remains of it if left out.
    sources : (X, Y, Z) float32 array, ppm, optional
        To which the sources are added.

    Returns
    -------
    iterations : int
    share : float
        What the last iteration took of the energy.
    """
    direction = np.zeros(allowed.shape, np.float32)
    previous, share, iteration = np.inf, 0.0, 0
    for iteration in range(1, limit + 1):
        spectrum = forward(remainder * weights, allowed.shape)
        spectrum *= kernel
        slope = backward(spectrum, allowed.shape)
        step = slope * allowed
        energy = inner_product(slope, step)
        if energy == 0:
            return iteration - 1, 0.0
        direction *= np.float32(energy / previous)
        direction += step
        previous = energy
        image = field_of_sources(direction, kernel, remainder.shape)
        image *= weights
        length = energy / inner_product(image, image)
        share = length * energy / (whole or inner_product(remainder, remainder))
        image *= np.float32(length)
        remainder -= image
        if sources is not None:
            sources += np.float32(length) * direction
        if share <= tolerance:
            break
    return iteration, share


def field_of_sources(sources: np.ndarray, kernel: np.ndarray, box: Sequence[int]) -> np.ndarray:
    """Return the field [ppm] of sources [ppm] in the corner of their grid."""
    spectrum = forward(sources)
    spectrum *= kernel
    nx, ny, nz = box
    return backward(spectrum, sources.shape)[:nx, :ny, :nz]
