"""iLSQR: least squares first, then subtract the streaks that the ill-posed cone left (the inversion of UK Biobank).

Step 1 solves the dipole equation by least squares, trusting voxels with a flat field most. Step 2 makes a quick and
nearly streak-free estimate ("fast QSM") by smoothing k-space near the magic-angle cone. Step 3 takes from step 1
whatever lives in the cone and makes gradients where the quick estimate is flat: those are streaks. The published
LSQR iterations are replaced by faster ones on the same equations: conjugate residuals in step 1, where the operator
is Hermitian, and preconditioned conjugate gradients in step 3, where the unknown is held as the spectrum inside the
cone. Each iteration stops by the published rule: step 1 at the published tolerance, step 3 earlier.

Letters as in the paper: D dipole kernel, F Fourier transform, W_I and W_i weights of voxels and of gradients, W_F
weights of k-space, M_IC the cone.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.conjugate_gradients import inner_product
from nipype_qsm.kernels.dipole import dipole_kernel
from nipype_qsm.kernels.fourier import bounding_box, fast_shape
from nipype_qsm.kernels.gradient import squared_gradient
from nipype_qsm.kernels.laplacian import laplacian_inside
from nipype_qsm.kernels.pruned import condensed, condensed_shape, filtered_pruned
from nipype_qsm.kernels.spheres import sphere_spectrum

SMOOTHING_RADIUS = 3.0
"""Radius [mm] of the sphere that smooths k-space in fast QSM."""


class ILSQRResult(NamedTuple):
    """Susceptibility [ppm]; iterations and relative residuals of steps 1 and 3; whether both met their tolerance."""

    chi: np.ndarray
    iterations: list[int]
    residual: list[float]
    converged: bool


def ilsqr(
    field_local: np.ndarray,
    mask: np.ndarray,
    grid: Grid,
    *,
    tolerance: float = 0.01,
    streak_tolerance: float = 0.1,
    max_iterations: int = 100,
    cone_threshold: float = 0.1,
    signed_weights: bool = False,
    pad: int = 64,
) -> ILSQRResult:
    """Invert the field by weighted least squares and remove the streaks of the ill-posed cone.

    Parameters
    ----------
    field_local : (x, y, z) float array, ppm
        Only values inside the mask are used.
    mask : (x, y, z) bool array
    grid : Grid
    tolerance : float, dimensionless, 0 < tolerance < 1
        Step 1 stops when its residual has fallen to this part of the right-hand side. Smaller sharpens and amplifies
        noise.
    streak_tolerance : float, dimensionless, 0 < streak_tolerance < 1
        Step 3 stops by the rule of LSQR and LSMR for equations that contradict each other: when the residual of the
        normal equations is this part of operator times misfit, in the norms that those programs estimate on their
        way. Smaller takes more out of the cone; at the published 0.01, about 22 iterations instead of 3, structure goes
        with the streaks.
    max_iterations : int
        Limit of each of the two iterations; reaching it warns.
    cone_threshold : float, dimensionless, 0 < cone_threshold < 1/3
        Streaks are sought where the dipole kernel is smaller than this. Larger removes more streaks, and more signal.
    signed_weights : bool
        Weigh down rising edges alone, as the published formula says to the letter; which ones these are then depends
        on the sign convention of phase. By default voxels are weighed by the mean for both signs of the Laplacian,
        gradients by their absolute value.
    pad : int, voxels
        Zeros on each side of the volume against wrap-around; larger is slower.

    Returns
    -------
    chi : (x, y, z) float array, ppm
        Zero outside the mask, and zero on average inside: reference it.
    iterations, residual : lists of two
        Of steps 1 and 3.
    converged : bool

    References
    ----------
    Li et al. 2015, doi:10.1016/j.neuroimage.2014.12.043
    """
    _check_options(mask, tolerance, streak_tolerance, cone_threshold)
    box = bounding_box(mask)
    problem = _Problem.cropped(field_local[box], mask[box], grid.resized(fast_shape(grid.shape, max(pad, 1))))
    start, iterations, residual = _least_squares(problem, signed_weights, tolerance, max_iterations)
    guide = _fast_qsm(problem)
    streaks, more_iterations, gradient_residual = _streaks(
        problem, start, guide, cone_threshold, signed_weights, streak_tolerance, max_iterations
    )
    converged = residual <= tolerance and gradient_residual <= streak_tolerance
    if not converged:
        warnings.warn(
            f"iLSQR stopped after {iterations} and {more_iterations} iterations (limit {max_iterations}) at relative "
            f"residuals {residual:.3g} and {gradient_residual:.3g}; {tolerance:g} and {streak_tolerance:g} were asked.",
            RuntimeWarning,
            stacklevel=2,
        )
    chi = np.zeros_like(field_local)
    chi[box] = problem.result(start - streaks)
    return ILSQRResult(chi, [iterations, more_iterations], [residual, gradient_residual], converged)


def _check_options(mask: np.ndarray, tolerance: float, streak_tolerance: float, cone_threshold: float) -> None:
    if not mask.any():
        raise QSMError("The mask is empty.", remedy="Give a mask that holds the brain.")
    for name, value, limit in (
        ("tolerance", tolerance, 1),
        ("streak_tolerance", streak_tolerance, 1),
        ("cone_threshold", cone_threshold, 1 / 3),
    ):
        if not 0 < value < limit:
            raise QSMError(f"{name} is {value:g}.", remedy=f"Give a number between 0 and {limit:.3g}.")


@dataclass(frozen=True)
class _Problem:
    """The field in the mask's box, with a plane of zeros behind it for forward differences, and its kernel.

    Both Krylov spaces are images of volumes on the mask. The grid is that of the whole padded volume: where it samples
    the cone must not depend on the mask's box.
    """

    field: np.ndarray
    inside: np.ndarray
    dipole: np.ndarray
    grid: Grid

    @classmethod
    def cropped(cls, field: np.ndarray, mask: np.ndarray, grid: Grid) -> _Problem:
        inside = np.pad(mask, ((0, 1),) * 3)
        return cls(np.where(inside, np.pad(field, ((0, 1),) * 3), 0), inside, dipole_kernel(grid), grid)

    def result(self, chi: np.ndarray) -> np.ndarray:
        # The data do not know the mean; where an iteration happened to leave it should not be seen.
        mean = chi.dtype.type(chi[self.inside].mean(dtype=np.float64))
        return np.where(self.inside, chi - mean, 0)[:-1, :-1, :-1]

    def filtered(self, volume: np.ndarray, transfer: np.ndarray) -> np.ndarray:
        return filtered_pruned(volume, transfer, self.grid.shape)

    def condensed(self, transfer: np.ndarray) -> np.ndarray:
        return condensed(transfer, self.grid.shape, self.field.shape)

    def filtered_often(self, volume: np.ndarray, transfer: np.ndarray) -> np.ndarray:
        """Filter with a condensed transfer function."""
        return filtered_pruned(volume, transfer, condensed_shape(self.field.shape, self.grid.shape))


def _ramp(values: np.ndarray, inside: np.ndarray, low: float, high: float) -> np.ndarray:
    """Weigh 1 below the low percentile, 0 above the high one, a ramp between; 0 outside."""
    first, last = np.percentile(values[inside], (low, high))
    if last <= first:
        return np.where(inside & (values <= last), values.dtype.type(1), 0)
    return np.where(inside, np.clip((last - values) / values.dtype.type(last - first), 0, 1), 0)


def _trust(problem: _Problem, signed: bool) -> np.ndarray:
    """Weigh voxels by the Laplacian of the field.

    The published formula takes away one sign of it, which is the surface of a strong source on two of its sides. Taken
    by absolute value it takes away all of the surface, and the source is lost; so both signs are averaged.
    """
    curve, inside = laplacian_inside(problem.field, problem.inside, problem.grid.voxel_size), problem.inside
    rising = _ramp(curve, inside, 60, 99.9)
    return rising if signed else (rising + _ramp(-curve, inside, 60, 99.9)) / 2


def _least_squares(
    problem: _Problem, signed: bool, tolerance: float, max_iterations: int
) -> tuple[np.ndarray, int, float]:
    """Step 1: solve D F W_I F^-1 D X = D F W_I f by conjugate residuals, the least residual over each Krylov space.

    Every vector of the Krylov space is D F W_I y with y a volume on the mask. Its image is that of
    T y = F^-1 D^2 F W_I y, and the inner product of two of them is that of W_I y and T y.
    """
    weight = _trust(problem, signed)
    square = problem.condensed(problem.dipole**2)

    def operator(volume: np.ndarray) -> np.ndarray:
        return problem.filtered_often(weight * volume, square)

    solution, residual, n = np.zeros_like(problem.field), problem.field.copy(), 0
    image = operator(residual)
    norm = first = inner_product(weight * residual, image)
    if first <= 0:
        return solution, 0, 0.0
    image_twice = operator(image)
    direction, direction_image, direction_image_twice = residual.copy(), image.copy(), image_twice
    energy = inner_product(weight * image, image)
    for n in range(1, max_iterations + 1):
        length = energy / inner_product(weight * direction_image, direction_image_twice)
        solution += length * direction
        residual -= length * direction_image
        image -= length * direction_image_twice
        norm = inner_product(weight * residual, image)
        if norm <= tolerance**2 * first or n == max_iterations:
            break
        image_twice = operator(image)
        energy, previous = inner_product(weight * image, image), energy
        for vectors in ((direction, residual), (direction_image, image), (direction_image_twice, image_twice)):
            np.multiply(vectors[0], energy / previous, out=vectors[0])
            np.add(*vectors, out=vectors[0])
    return np.where(problem.inside, problem.filtered(weight * solution, problem.dipole), 0), n, (norm / first) ** 0.5


def _fast_qsm(problem: _Problem) -> np.ndarray:
    """Step 2: sign(D) F f, smoothed in k-space where D is small, fitted to the thresholded division."""
    inside, dipole = problem.inside, problem.dipole
    power = np.abs(dipole) ** np.float32(0.001)
    low, high = np.percentile(power, (1, 30))
    weight = np.clip((power - np.float32(low)) / np.float32(high - low), 0, 1)
    smooth = weight + (1 - weight) * sphere_spectrum(problem.grid, SMOOTHING_RADIUS)
    once = np.where(inside, problem.filtered(problem.field, smooth * np.sign(dipole)), 0)
    twice = problem.filtered(once, smooth)
    inverse = 1 / np.where(np.abs(dipole) < 1 / 8, np.copysign(np.float32(1 / 8), dipole), dipole)
    inverse[0, 0, 0] = 0
    divided = problem.filtered(problem.field, inverse)
    slope, intercept = _line(twice[inside], divided[inside])
    return np.where(inside, slope * twice + intercept, 0)


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Least-squares slope and intercept."""
    mean_x, mean_y = float(x.mean(dtype=np.float64)), float(y.mean(dtype=np.float64))
    spread = float(np.sum((x - mean_x) ** 2, dtype=np.float64))
    slope = float(np.sum((x - mean_x) * (y - mean_y), dtype=np.float64)) / spread if spread else 0.0
    return slope, mean_y - slope * mean_x


def _streaks(
    problem: _Problem,
    start: np.ndarray,
    guide: np.ndarray,
    threshold: float,
    signed: bool,
    tolerance: float,
    limit: int,
) -> tuple[np.ndarray, int, float]:
    """Step 3: minimise sum_i |W_i grad_i (chi0 - F^-1 M_IC x)|^2 by preconditioned conjugate gradients.

    Residuals are spectra F r of volumes r on the mask; the preconditioned ones are volumes F^-1 M_IC / |grad|^2 F r.
    The operator's norm is that of LSQR's bidiagonal matrix, read from the lengths of the steps.
    """
    size = problem.grid.voxel_size
    slopes = [_difference(guide, axis) if signed else np.abs(_difference(guide, axis)) for axis in range(3)]
    squares = [_ramp(slopes[a], problem.inside, 50, 70) ** 2 / guide.dtype.type(size[a] ** 2) for a in range(3)]
    cone = problem.condensed(
        np.where(np.abs(problem.dipole) < threshold, 1 / squared_gradient(problem.grid), 0).astype(np.float32)
    )
    residual, solution, n = _normal(start, squares), np.zeros_like(start), 0
    misfit = inner_product(start, residual)
    step = problem.filtered_often(residual, cone)
    direction = step.copy()
    energy, size_squared, reuse, relative = inner_product(residual, step), 0.0, 0.0, 1.0
    if energy <= 0:
        return solution, 0, 0.0
    while n < limit and relative > tolerance:
        n += 1
        image = _normal(direction, squares)
        length = energy / inner_product(direction, image)
        size_squared += 1 / length + reuse
        solution += length * direction
        residual -= length * image
        misfit -= length * energy
        step = problem.filtered_often(residual, cone)
        energy, previous = max(inner_product(residual, step), 0.0), energy
        relative = 0.0 if misfit <= 0 else (energy / (size_squared * misfit)) ** 0.5
        reuse = energy / previous / length
        direction *= energy / previous
        direction += step
    return solution, n, relative


def _difference(volume: np.ndarray, axis: int) -> np.ndarray:
    """Forward difference; the last plane, which is outside the mask, is zero."""
    return np.diff(volume, axis=axis, append=volume.take([-1], axis))


def _normal(volume: np.ndarray, squares: list[np.ndarray]) -> np.ndarray:
    """Apply sum_i grad_i^T W_i^2 grad_i."""
    result = np.zeros_like(volume)
    for axis, square in enumerate(squares):
        flux = square * _difference(volume, axis)
        # The last plane of the flux is outside the mask and zero: nothing wraps around.
        result += np.roll(flux, 1, axis) - flux
    return result
