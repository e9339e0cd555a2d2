"""MEDI: the map explains the field, and has edges only where the magnitude has them.

Gauss-Newton: around the current map the complex exponential of the data term is made linear and the absolute value of
each gradient is replaced by a square with a weight; the linear problem is solved by conjugate gradients. Voxels that
no map explains lose weight after each step ("merit"). With a reference region, its susceptibility is also asked to be
uniform (MEDI+0), which takes shadows out and gives the map its zero.

The published iteration is kept, but its unknown is held as a spectrum: then four transforms make one iteration, and
preconditioning with the inverse of the operator for a uniform brain costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.conjugate_gradients import conjugate_gradients, half_spectrum_product
from nipype_qsm.kernels.fourier import backward, forward
from nipype_qsm.kernels.gradient import squared_gradient
from nipype_qsm.kernels.regularisation import noise_energy
from nipype_qsm.kernels.split_bregman import Found, warn_unless_converged
from nipype_qsm.kernels.variational import Settings, chosen_strength, require
from nipype_qsm.kernels.weighted_field import WeightedField, norm

SMALLEST_GRADIENT = 0.1
"""Gradient [rms of the field per mm] below which the absolute value is rounded off."""
INNER_TOLERANCE, INNER_LIMIT = 0.1, 30
"""Relative residual and number of iterations that end the conjugate gradients of one step."""
OUTLIER = 6.0
"""Misfit, in standard deviations, above which a voxel loses weight."""


class MEDIResult(NamedTuple):
    """Susceptibility [ppm]; outer and inner iterations; last change; is it small enough; error share; weight."""

    chi: np.ndarray
    iterations: list[int]
    residual: list[float]
    converged: bool
    inconsistency: float
    weight: float


def medi(
    field_local: np.ndarray,
    mask: np.ndarray,
    grid: Grid,
    *,
    magnitude_combined: np.ndarray | None = None,
    mask_reference: np.ndarray | None = None,
    regularisation: float = 0.45,
    selection: str = "error",
    radians_per_ppm: float | None = None,
    merit: bool = True,
    reference_weight: float = 0.1,
    outside_cost: float = 0.02,
    tolerance: float = 0.05,
    max_iterations: int = 10,
    pad: int = 16,
) -> MEDIResult:
    """Invert the field by least squares on the complex signal with edges taken from the magnitude.

    Parameters
    ----------
    field_local : (x, y, z) float array, ppm
        Only values inside the mask are used.
    mask : (x, y, z) bool array
    grid : Grid
    magnitude_combined : (x, y, z) float array, any unit, optional
        Gives the weight of each voxel and the edges; without it all voxels weigh the same and no edge is free.
    mask_reference : (x, y, z) bool array, optional
        Region of uniform susceptibility, such as the ventricles: MEDI+0.
    regularisation : float, > 0
        Weight of the gradients, as `selection` says (the inverse of the published lambda). Larger is smoother.
    selection : {"error", "fixed", "l_curve", "frequency"}
        Multiply `regularisation` by the noise's share of the field's energy, take it as it is, or choose among nine
        weights around the first by the corner of the L-curve or by equal strength of the map's spectrum for small and
        large dipole kernels, which takes five times as long.
    radians_per_ppm : float, rad/ppm, >= 0, optional
        Phase that 1 ppm makes in the complex data term: 2 pi gamma B0 TE. By default as large as the field allows: its
        99.9th percentile makes 0.2 rad. 0 takes the linear data term.
    merit : bool
        Take weight from voxels with a misfit of more than six standard deviations.
    reference_weight : float, dimensionless, >= 0
        Weight of a uniform reference region relative to the data.
    outside_cost : float, dimensionless, 0 < outside_cost <= 1
        Weight of the gradients outside the mask relative to inside, for a field that is all error; it is divided by
        the error share. Smaller absorbs more background field.
    tolerance : float, dimensionless, 0 < tolerance < 1
        Stop when a step changes the map by less than this part of it.
    max_iterations : int
        Limit of the steps; reaching it warns.
    pad : int, voxels
        Room on each side of the mask's box.

    Returns
    -------
    chi : (x, y, z) float array, ppm
        Zero outside the mask, and zero on average inside, or in the reference region where one was given.
    iterations : list of two
        Steps, and conjugate-gradient iterations of all steps together.
    residual : list of one
        Last relative change.
    converged : bool
    inconsistency : float
        Root mean square of the field on the magic-angle cone relative to equally fine detail: 0 exact, 1 noise.
    weight : float
        Strength of the gradients that was used.

    References
    ----------
    Liu et al. 2012, doi:10.1016/j.neuroimage.2011.08.082; Liu et al. 2013, doi:10.1002/mrm.24272; Liu et al. 2018
    (reference region), doi:10.1002/mrm.26946
    """
    require(Settings(regularisation, selection, outside_cost, tolerance, pad))
    field = WeightedField.prepare(field_local, mask, grid, magnitude_combined, outside_cost=outside_cost, pad=pad)
    if field.scale == 0:
        return MEDIResult(np.zeros_like(field_local), [0, 0], [0.0], True, 0.0, 0.0)
    reference = None if mask_reference is None else mask_reference[field.box] & field.inside
    inner = [0]

    def solve(field: WeightedField, strength: float, tolerance: float) -> Found:
        problem = _Problem(field, strength, field.turn(radians_per_ppm), reference, reference_weight, merit)
        found, inner[0] = _gauss_newton(problem, tolerance, max_iterations)
        return found

    noise = noise_energy(field.field, field.weight, grid)
    strength = chosen_strength(field, solve, regularisation, selection, error=noise, trial_tolerance=2 * tolerance)
    found = solve(field, strength, tolerance)
    warn_unless_converged(found, "MEDI", tolerance)
    chi = field.result(found.map, field_local)
    if reference is not None and reference.any():
        chi[mask] -= chi.dtype.type(chi[mask & mask_reference].mean(dtype=np.float64))
    iterations = [found.iterations, inner[0]]
    return MEDIResult(chi, iterations, [found.change], found.converged, field.inconsistency, float(strength))


@dataclass(frozen=True)
class _Problem:
    """What is minimised: the field and its weights, strength of smoothing, and the phase of a unit of field."""

    data: WeightedField
    strength: float
    phase: float
    reference: np.ndarray | None
    reference_weight: float
    merit: bool

    def misfit(self, made: np.ndarray) -> np.ndarray:
        """Return the difference of made and measured field as the data term sees it: a sine for complex signals.

        The first step is linear: from an empty map the sine would take strong sources for whole turns.
        """
        difference = made - self.data.field
        return np.sin(self.phase * difference) / self.phase if self.phase and made.any() else difference

    def uniformity(self, x: np.ndarray) -> np.ndarray | None:
        """Return the weighted deviation from its mean inside the reference region."""
        if self.reference is None or not self.reference.any():
            return None
        deviation = x - x[self.reference].mean(dtype=np.float64).astype(x.dtype)
        return np.where(self.reference, deviation * x.dtype.type(self.reference_weight), 0)


def _gauss_newton(problem: _Problem, tolerance: float, max_iterations: int) -> tuple[Found, int]:
    """Minimise |W (exp(i D x) - exp(i f))|^2 / 2 + strength |costs grad x|_1 + |reference - mean|^2 / 2."""
    data = problem.data
    squared = data.weight**2
    spectrum = np.zeros(data.dipole.shape, np.result_type(data.field, np.complex64))
    whole = np.zeros(data.grid.shape, data.field.dtype)
    made, change, inner, n = np.zeros_like(data.field), np.inf, 0, 0
    weight = squared
    while n < max_iterations and change > tolerance:
        n += 1
        stiffness = _stiffness(whole, data, problem.strength)
        slope = _normal(problem, weight * problem.misfit(made), whole, stiffness)
        typical = float(np.mean(stiffness[data.corner][data.inside], dtype=np.float64))
        preconditioner = 1 / (data.dipole**2 + typical * squared_gradient(data.grid))
        preconditioner[0, 0, 0] = 0

        def operate(p: np.ndarray, weight: np.ndarray = weight, stiffness: np.ndarray = stiffness) -> np.ndarray:
            field = backward(data.dipole * p, data.grid.shape)[data.corner]
            return _normal(problem, weight * field, backward(p.copy(), data.grid.shape), stiffness)

        step, count, _, _ = conjugate_gradients(
            operate,
            -slope,
            tolerance=INNER_TOLERANCE,
            max_iterations=INNER_LIMIT,
            name=None,
            preconditioner=preconditioner,
            product=half_spectrum_product(data.grid.shape[2] % 2 == 0),
        )
        inner += count
        spectrum += step
        moved = backward(step, data.grid.shape)
        whole += moved
        made = backward(data.dipole * spectrum, data.grid.shape)[data.corner]
        change = norm(moved[data.corner][data.inside]) / max(norm(whole[data.corner][data.inside]), 1e-30)
        if problem.merit:
            weight = squared * _merit(problem.misfit(made), data)
    return Found(whole[data.corner], made, n, change, change <= tolerance), inner


def _stiffness(whole: np.ndarray, data: WeightedField, strength: float) -> np.ndarray:
    """Return the weight of each squared gradient that stands for strength times the cost of its absolute value."""
    square = np.full_like(whole, SMALLEST_GRADIENT**2)
    for axis, size in enumerate(data.grid.voxel_size):
        square += ((np.roll(whole, -1, axis) - whole) / whole.dtype.type(size)) ** 2
    return whole.dtype.type(strength) * data.costs / np.sqrt(square)


def _normal(problem: _Problem, field: np.ndarray, whole: np.ndarray, stiffness: np.ndarray) -> np.ndarray:
    """Return the spectrum of D field + grad' stiffness grad x, and of the reference region's deviation."""
    data = problem.data
    back = np.zeros_like(whole)
    for axis, size in enumerate(data.grid.voxel_size):
        step = np.roll(whole, -1, axis)
        step -= whole
        step *= stiffness
        step /= size**2
        back -= step
        back += np.roll(step, 1, axis)
    uniform = problem.uniformity(whole[data.corner])
    if uniform is not None:
        back[data.corner] += uniform
    spectrum = forward(back)
    spectrum += data.dipole * forward(field, data.grid.shape)
    return spectrum


def _merit(misfit: np.ndarray, data: WeightedField) -> np.ndarray:
    """Return the factor on the squared weight of voxels with an outlying misfit."""
    misfit = data.weight * misfit
    bound = OUTLIER * float(np.std(misfit[data.inside], dtype=np.float64))
    return (np.float32(bound) / np.maximum(np.abs(misfit), np.float32(max(bound, 1e-30)))) ** 2
