"""The zero of susceptibility as that of cerebrospinal fluid, freed from what else a ventricle mask holds.

Fluid is pure and the same in everybody, but a ventricle mask also catches choroid plexus, vessels and the wall. The
values in the mask are described as a mixture: a Gaussian for the fluid, and one inverse-Gamma tail on each side for the
rest. Expectation-maximisation finds it; the reference is the centre of the Gaussian.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
from scipy import ndimage
from scipy.special import gammaln

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.neighbours import ball
from nipype_qsm.kernels.reference.zero_level import subtracted, values_in

FEWEST_VOXELS = 50
"""A mixture of eight numbers is not fitted to fewer values."""

SMALLEST_SHARE = 0.5
"""The fluid must be at least this part of the values for its Gaussian to be the reference."""


class CSFReferenced(NamedTuple):
    """The map, the value and how it was found, and the mixture."""

    chi_referenced: np.ndarray
    reference_value: float
    reference_method: str
    n_voxels: int
    fluid_share: float
    iterations: int
    converged: bool


class Mixture(NamedTuple):
    """Centre, width and share of the Gaussian, and how the iteration went."""

    centre: float
    width: float
    share: float
    iterations: int
    converged: bool


def csf(
    chi: np.ndarray,
    mask_tissue: np.ndarray,
    mask_reference: np.ndarray,
    grid: Grid,
    *,
    erosion_mm: float = 0.0,
    max_iterations: int = 500,
    tolerance: float = 1e-6,
) -> CSFReferenced:
    """Subtract the centre of the Gaussian in a mixture fitted to the values in the ventricles.

    Parameters
    ----------
    chi : (x, y, z) float array, ppm
    mask_tissue : (x, y, z) bool array
        Where susceptibility was computed.
    mask_reference : (x, y, z) bool array
        Lateral ventricles; only voxels inside mask_tissue count.
    grid : Grid
    erosion_mm : float, mm, erosion_mm >= 0
        Take this much off the ventricles' surface first, by a sphere on this grid. UK Biobank erodes by 1 mm on its
        1 mm structural grid; on coarse or thick voxels a sphere reaches only the neighbours whose centre it holds.
    max_iterations : int
    tolerance : float
        Stop when the mean log-likelihood of a voxel changes by less.

    Returns
    -------
    chi_referenced : (x, y, z) float array, ppm
        Zero outside the tissue.
    reference_value : float, ppm
        What was subtracted.
    reference_method : str
        "csf", or "median" where the mixture could not be used (fewer than 50 voxels, a fluid share below one half, or
        no convergence), which also warns.
    n_voxels : int
        Voxels of the ventricles that counted.
    fluid_share : float, 0 to 1
        Part of the values that the Gaussian explains; 0 where no mixture was fitted.
    iterations : int
    converged : bool

    References
    ----------
    Wang et al. 2022, doi:10.1038/s41593-022-01074-w; Llera et al. 2016, arXiv:1607.07573
    """
    region = mask_reference
    if erosion_mm > 0:
        region = ndimage.binary_erosion(mask_reference, ball(grid, erosion_mm))
        if not region.any():
            raise QSMError(
                f"Nothing is left of mask_reference after an erosion by {erosion_mm:g} mm.",
                remedy="Use erosion_mm=0, or a larger ventricle mask.",
            )
    values = values_in(chi, region, mask_tissue)
    mixture = fluid_mixture(values, max_iterations=max_iterations, tolerance=tolerance)
    doubt = _doubt(values.size, mixture)
    if doubt:
        warnings.warn(f"The CSF mixture was not used: {doubt}. The median of the region is.", stacklevel=2)
    value, method = (float(np.median(values)), "median") if doubt else (mixture.centre, "csf")
    moved = subtracted(chi, value, mask_tissue)
    return CSFReferenced(moved, value, method, values.size, mixture.share, mixture.iterations, mixture.converged)


def _doubt(n_voxels: int, mixture: Mixture) -> str:
    """Return why the mixture cannot be used; nothing when it can."""
    if n_voxels < FEWEST_VOXELS:
        return f"{n_voxels} voxels are fewer than {FEWEST_VOXELS}"
    if not mixture.converged:
        return f"no convergence in {mixture.iterations} iterations"
    if mixture.share < SMALLEST_SHARE:
        return f"the fluid's share is {mixture.share:.2f}, below {SMALLEST_SHARE}"
    return ""


def fluid_mixture(values: np.ndarray, *, max_iterations: int = 500, tolerance: float = 1e-6) -> Mixture:
    """Fit a Gaussian and two inverse-Gamma tails, p(v) = p0 N(v) + p1 IG(v) [v > 0] + p2 IG(-v) [v < 0].

    Parameters
    ----------
    values : (voxel,) float array
    max_iterations : int
    tolerance : float

    Returns
    -------
    mixture : Mixture
        Centre and width in the unit of the values.
    """
    middle = np.median(values)
    scale = np.median(np.abs(values - middle))
    if values.size < FEWEST_VOXELS or scale == 0:
        return Mixture(float(middle), 0.0, 1.0 if values.size >= FEWEST_VOXELS else 0.0, 0, True)
    v = (values - middle) / scale
    shares = np.array([0.8, 0.1, 0.1])
    centre, width = 0.0, 1.4826
    tails = [(3.0, 1.0), (3.0, 1.0)]
    last, converged, iteration = -np.inf, False, 0
    while iteration < max_iterations and not converged:
        iteration += 1
        densities = np.stack([_gaussian(v, centre, width), _tail(v, *tails[0]), _tail(-v, *tails[1])])
        parts = densities * shares[:, None]
        total = parts.sum(axis=0)
        likelihood = float(np.mean(np.log(np.maximum(total, 1e-300))))
        converged = abs(likelihood - last) < tolerance
        last = likelihood
        parts /= np.maximum(total, 1e-300)
        shares = parts.mean(axis=1)
        centre, width = _moments(v, parts[0])
        tails = [_tail_moments(side * v, part, old) for side, part, old in zip((1, -1), parts[1:], tails, strict=True)]
    return Mixture(float(middle + scale * centre), float(scale * width), float(shares[0]), iteration, converged)


def _gaussian(v: np.ndarray, centre: float, width: float) -> np.ndarray:
    return np.exp(-0.5 * ((v - centre) / width) ** 2) / (width * np.sqrt(2 * np.pi))


def _tail(v: np.ndarray, mean: float, variance: float) -> np.ndarray:
    """Return the inverse-Gamma density of a mean and a variance; zero for v <= 0."""
    shape = mean**2 / variance + 2
    scale = mean * (shape - 1)
    x = np.maximum(v, 1e-12)
    log_density = shape * np.log(scale) - gammaln(shape) - (shape + 1) * np.log(x) - scale / x
    return np.where(v > 0, np.exp(log_density), 0)


def _moments(v: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    centre = float(np.average(v, weights=weights))
    return centre, max(float(np.sqrt(np.average((v - centre) ** 2, weights=weights))), 1e-3)


def _tail_moments(v: np.ndarray, weights: np.ndarray, old: tuple[float, float]) -> tuple[float, float]:
    """Return a tail's weighted mean and variance; the old ones where it has lost its voxels."""
    if weights.sum() < 1e-3:
        return old
    mean = float(np.average(v, weights=weights))
    return mean, max(float(np.average((v - mean) ** 2, weights=weights)), 1e-3)
