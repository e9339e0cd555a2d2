"""A local field made ready for an inversion that trades data against smoothness.

Voxels count by their signal, the strongest edges of the magnitude are free, and outside the mask smoothness is cheap,
so that the map absorbs there what background removal has left behind. How much to smooth is read from the data: on
the magic-angle cone of k-space the dipole kernel is zero, so whatever the field holds there is error.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numba import njit

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.dipole import dipole_kernel
from nipype_qsm.kernels.fourier import Box, bounding_box, fast_shape, frequencies
from nipype_qsm.kernels.own_harmonic import foreign_share
from nipype_qsm.kernels.pruned import forward_pruned

CONE = 0.05
"""Where the dipole kernel is smaller than this, the field is called error."""
LEAST_SHARE = 0.05
"""Least share of error that is believed, so that the problem stays well-posed."""
SHARE_PAD = 16
"""Voxels of room in which the share of error is measured, whatever the room of the inversion: one weight for all."""
FREE_EDGES = 0.3
"""Part of the mask's voxels, those with the strongest edges of the magnitude, whose gradients cost nothing."""
USUAL, USUAL_PHASE = 0.999, 0.2
"""This share of the voxels has less phase [rad] than that, where nothing is known of the phase."""
FOREIGN = 0.16
"""With less of its harmonic part foreign, a field is called whole: nothing was removed from it."""
HARMONIC_WEIGHT = 1e5
"""Weight [mm4] of the squared Laplacian of a harmonic field that is fitted along with a field that is not whole."""
OUTLIER = 3.0
"""A misfit of more than this many robust standard deviations is an outlier."""


@dataclass(frozen=True)
class WeightedField:
    """The field in the mask's box, in units of its root mean square, with what weighs it on the padded grid.

    `weight` is the trust in each voxel of the box, `costs` the price of a gradient on the whole padded grid, `share`
    the inconsistency that is believed. A `scale` of 0 says that there is no field.
    """

    box: Box
    inside: np.ndarray
    field: np.ndarray
    scale: float
    weight: np.ndarray
    costs: np.ndarray
    dipole: np.ndarray
    grid: Grid
    inconsistency: float

    @classmethod
    def prepare(
        cls,
        field_local: np.ndarray,
        mask: np.ndarray,
        grid: Grid,
        magnitude_combined: np.ndarray | None,
        *,
        outside_cost: float,
        pad: int,
    ) -> WeightedField:
        """Crop, weigh and scale the field, and judge its error."""
        if not mask.any():
            raise QSMError("The mask is empty.", remedy="Give a mask that holds the brain.")
        box = bounding_box(mask)
        inside = mask[box]
        dtype = field_local.dtype
        weight, cost = trust_and_price(inside, None if magnitude_combined is None else magnitude_combined[box], grid)
        weight, cost = weight.astype(dtype, copy=False), cost.astype(dtype, copy=False)
        level = dtype.type(np.average(field_local[box][inside], weights=weight[inside]))
        field = np.where(inside, field_local[box] - level, 0)
        trusted = weight * field
        scale = float(np.sqrt(np.sum(trusted * trusted, dtype=np.float64) / np.sum(weight * weight, dtype=np.float64)))
        padded = grid.resized(fast_shape(field.shape, max(pad, 1)))
        dipole = dipole_kernel(padded)
        error = share_of_error(trusted, grid) if scale else 0.0
        costs = np.full(padded.shape, min(1.0, outside_cost / max(error, LEAST_SHARE)), dtype)
        costs[tuple(slice(n) for n in field.shape)][inside] = cost[inside]
        return cls(box, inside, field / (scale or 1), scale, weight, costs, dipole, padded, error)

    @property
    def share(self) -> float:
        """The inconsistency, but never less than what can be believed."""
        return max(self.inconsistency, LEAST_SHARE)

    @cached_property
    def whole(self) -> bool:
        """Tell whether all of the field is the map's: no background was removed."""
        return foreign_share(self.field, self.inside, self.grid) <= FOREIGN

    @property
    def harmonic_weight(self) -> float:
        """Return the weight [mm4] of a harmonic field to fit along: 0, none, with a field that is whole."""
        return 0.0 if self.whole else HARMONIC_WEIGHT

    @property
    def corner(self) -> Box:
        """Where the box lies in the padded grid."""
        x, y, z = (slice(n) for n in self.field.shape)
        return x, y, z

    def turn(self, radians_per_ppm: float | None) -> float:
        """Return the phase [rad] of a unit of field; without a number that which the field allows."""
        if radians_per_ppm is not None:
            return radians_per_ppm * self.scale
        return allowed_turn(self.field, self.weight > 0)

    def result(self, found: np.ndarray, like: np.ndarray) -> np.ndarray:
        """Return a map of the box in ppm, with zero mean, put back into a volume."""
        chi = np.zeros_like(like)
        mean = found.dtype.type(found[self.inside].mean(dtype=np.float64))
        chi[self.box] = np.where(self.inside, (found - mean) * self.scale, 0)
        return chi


def share_of_error(field: np.ndarray, grid: Grid) -> float:
    """Return the `inconsistency` of a field in the mask's box, on a grid that depends on the box alone."""
    padded = grid.resized(fast_shape(field.shape, SHARE_PAD))
    return inconsistency(field, dipole_kernel(padded), padded)


def inconsistency(field: np.ndarray, dipole: np.ndarray, grid: Grid) -> float:
    """Measure the spectrum where no susceptibility can make a field, relative to equally fine detail.

    Compared within shells of k-space: thick slices keep the cone to coarse detail, which is strong in any field.

    Parameters
    ----------
    field : (x, y, z) float array, any unit
        In a corner of the grid, zero outside the mask.
    dipole : (x, y, z // 2 + 1) float array, dimensionless
        The grid's dipole kernel.
    grid : Grid

    Returns
    -------
    share : float
        Root mean square on the magic-angle cone relative to all of k-space: 0 exact, 1 nothing but noise.
    """
    kx, ky, kz = (k.ravel() for k in frequencies(grid.shape, grid.voxel_size))
    width = np.float32(1 / max(np.multiply(grid.shape, grid.voxel_size)))
    highest = np.sqrt(sum(float(np.abs(k).max()) ** 2 for k in (kx, ky, kz)))
    sums = np.zeros((4, 2 + int(highest / width)))
    _add_shells(forward_pruned(field, grid.shape), dipole, (kx, ky, kz), width, sums)
    # The origin is silent, too, but holds the arbitrary mean: it is a shell of its own.
    power, count, silent, n_silent = sums[:, 1:]
    if not n_silent.any():
        return 1.0
    return float(np.sqrt(silent.sum() / np.sum(power / np.maximum(count, 1) * n_silent)))


@njit(cache=True, nogil=True)
def _add_shells(
    spectrum: np.ndarray,
    dipole: np.ndarray,
    waves: tuple[np.ndarray, np.ndarray, np.ndarray],
    width: np.float32,
    sums: np.ndarray,
) -> None:
    """Add up power and points of each shell of k-space, of all and of those on the magic-angle cone."""
    kx, ky, kz = waves
    for i in range(kx.size):
        for j in range(ky.size):
            for k in range(kz.size):
                # Rounded, not cut: many points lie on whole multiples of the width, and must not fall to either side
                # by rounding.
                shell = int(np.rint(np.sqrt(kx[i] * kx[i] + ky[j] * ky[j] + kz[k] * kz[k]) / width))
                power = spectrum[i, j, k].real ** 2 + spectrum[i, j, k].imag ** 2
                sums[0, shell] += power
                sums[1, shell] += 1
                if abs(dipole[i, j, k]) < np.float32(CONE):
                    sums[2, shell] += power
                    sums[3, shell] += 1


def allowed_turn(field: np.ndarray, trusted: np.ndarray) -> float:
    """Return the phase [rad] of a unit of field for which nearly all of the field is far from a whole turn."""
    largest = float(np.quantile(np.abs(field[trusted]), USUAL)) if trusted.any() else 0.0
    return USUAL_PHASE / largest if largest > 0 else 1.0


def trust_and_price(inside: np.ndarray, magnitude: np.ndarray | None, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Return the trust in each voxel and the price of its gradients, from the magnitude if there is one.

    Parameters
    ----------
    inside : (x, y, z) bool array
    magnitude : (x, y, z) float array, any unit, or None
    grid : Grid
        For its voxel size.

    Returns
    -------
    trust : (x, y, z) float array, 0 to 1
        The magnitude relative to its median, at most 1; 0 outside.
    price : (x, y, z) float array, 0 or 1
        0 on the strongest edges of the magnitude; without magnitude the mask.
    """
    trust = inside.astype(np.float32)
    if magnitude is None or not magnitude[inside].any():
        return trust, trust
    signal = np.where(inside, magnitude, 0)
    middle = float(np.median(signal[inside]))
    trust = np.minimum(signal / signal.dtype.type(middle or signal.max()), 1)
    steepness = np.zeros_like(signal)
    for axis, size in enumerate(grid.voxel_size):
        steepness += ((np.roll(signal, -1, axis) - signal) / signal.dtype.type(size)) ** 2
    flat = steepness <= np.quantile(steepness[inside], 1 - FREE_EDGES)
    return trust, flat.astype(np.float32)


def without_outliers(misfit: np.ndarray, inside: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the weight when voxels with an outlying misfit have theirs reduced in proportion.

    Parameters
    ----------
    misfit, weight : (x, y, z) float array
    inside : (x, y, z) bool array

    Returns
    -------
    weight : (x, y, z) float array
    """
    misfit = np.abs(misfit)
    bound = np.float32(max(OUTLIER * 1.4826 * float(np.median(misfit[inside])), 1e-30))
    return weight * bound / np.maximum(misfit, bound)


def norm(values: np.ndarray) -> float:
    """Return the Euclidean norm, summed in double precision."""
    return float(np.sum(values * values, dtype=np.float64)) ** 0.5
