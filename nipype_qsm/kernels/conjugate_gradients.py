"""Conjugate gradients on volumes or their spectra: solve A x = b for a symmetric, positive A, given as a function.

Volumes stay in single precision; the sums that steer the iteration are made in double. A preconditioner, an array that
is nearly the inverse of A, saves iterations; the residual is then measured through it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Solution(NamedTuple):
    """What `conjugate_gradients` returns."""

    volume: np.ndarray
    iterations: int
    residual: float
    converged: bool


def conjugate_gradients(
    apply: Callable[[np.ndarray], np.ndarray],
    right: np.ndarray,
    start: np.ndarray | None = None,
    *,
    tolerance: float,
    max_iterations: int,
    name: str | None,
    preconditioner: np.ndarray | None = None,
    product: Callable[[np.ndarray, np.ndarray], float] | None = None,
) -> Solution:
    """Solve `apply(x) = right`, and warn where the limit came before the tolerance.

    Parameters
    ----------
    apply : callable
        The symmetric, positive operator; returns a new volume.
    right : (x, y, z) float32 array, or a half spectrum
    start : (x, y, z) float32 array, optional
        First guess; zero if left out.
    tolerance : float, dimensionless, 0 < tolerance < 1
        Stop when the residual has fallen to this share of the right-hand side.
    max_iterations : int
    name : str or None
        Whose iteration it is, for the warning; None where stopping early is meant.
    preconditioner : array, optional
        Positive; multiplied with the residual, voxel by voxel.
    product : callable, optional
        Inner product in which A is symmetric, such as `half_spectrum_product`; that of real volumes if left out.

    Returns
    -------
    volume : (x, y, z) float32 array
    iterations : int
    residual : float
        Last residual relative to the right-hand side.
    converged : bool
    """
    dot = product or inner_product
    volume = np.zeros_like(right) if start is None else start.copy()
    residual = right.copy() if start is None else right - apply(start)
    better = residual if preconditioner is None else preconditioner * residual
    direction = better.copy()
    scale = dot(right, right if preconditioner is None else preconditioner * right)
    energy = dot(residual, better)
    for iteration in range(max_iterations + 1):
        relative = 0.0 if scale == 0 else float(np.sqrt(energy / scale))
        if relative <= tolerance or iteration == max_iterations:
            break
        image = apply(direction)
        step = np.float32(energy / dot(direction, image))
        volume += step * direction
        image *= step
        residual -= image
        better = residual if preconditioner is None else preconditioner * residual
        previous, energy = energy, dot(residual, better)
        direction *= np.float32(energy / previous)
        direction += better
    if name is not None:
        warn_of_the_limit(name, iteration, relative, tolerance)
    return Solution(volume, iteration, relative, relative <= tolerance)


def warn_of_the_limit(name: str, iterations: int, residual: float, tolerance: float) -> None:
    """Warn the caller's caller where an iteration stopped before its relative residual met the tolerance."""
    if not residual <= tolerance:  # NaN has not met it, either
        warnings.warn(
            f"{name} stopped after {iterations} iterations (limit {iterations}) at a relative residual of "
            f"{residual:.3g}; {tolerance:g} was asked for.",
            RuntimeWarning,
            stacklevel=4,
        )


def half_spectrum_product(even: bool) -> Callable[[np.ndarray, np.ndarray], float]:
    """Return the inner product of real volumes from their half spectra, but for a constant.

    Parameters
    ----------
    even : bool
        Whether the halved axis has an even length, so that its last frequency stands alone as the first does.

    Returns
    -------
    product : callable
    """

    def product(a: np.ndarray, b: np.ndarray) -> float:
        once = np.vdot(a[..., 0], b[..., 0]).real + (np.vdot(a[..., -1], b[..., -1]).real if even else 0)
        return float(2 * np.vdot(a, b).real - once)

    return product


def inner_product(first: np.ndarray, second: np.ndarray) -> float:
    """Add up the products of two volumes; planes in single precision, their sum in double."""
    return float(sum(float(np.vdot(a, b)) for a, b in zip(first, second, strict=True)))
