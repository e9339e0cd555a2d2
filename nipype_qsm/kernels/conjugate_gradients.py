"""Conjugate gradients on volumes: solve A x = b for a symmetric, positive A that is given as a function.

Volumes stay in single precision; the sums that steer the iteration are made in double.
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
) -> Solution:
    """Solve `apply(x) = right`, and warn where the limit came before the tolerance.

    Parameters
    ----------
    apply : callable
        The symmetric, positive operator; returns a new volume.
    right : (x, y, z) float32 array
    start : (x, y, z) float32 array, optional
        First guess; zero if left out.
    tolerance : float, dimensionless, 0 < tolerance < 1
        Stop when the residual has fallen to this share of the right-hand side.
    max_iterations : int
    name : str or None
        Whose iteration it is, for the warning; None where stopping early is meant.

    Returns
    -------
    volume : (x, y, z) float32 array
    iterations : int
    residual : float
        Last residual relative to the right-hand side.
    converged : bool
    """
    volume = np.zeros_like(right) if start is None else start.copy()
    residual = right.copy() if start is None else right - apply(start)
    direction = residual.copy()
    scale, energy = _product(right, right), _product(residual, residual)
    for iteration in range(max_iterations + 1):
        relative = float(np.sqrt(energy / scale)) if scale > 0 else 0.0
        if relative <= tolerance or iteration == max_iterations:
            break
        image = apply(direction)
        step = np.float32(energy / _product(direction, image))
        volume += step * direction
        image *= step
        residual -= image
        previous, energy = energy, _product(residual, residual)
        direction *= np.float32(energy / previous)
        direction += residual
    converged = relative <= tolerance
    if not converged and name is not None:
        warnings.warn(
            f"{name} stopped after {iteration} iterations (limit {max_iterations}) at a relative residual of "
            f"{relative:.3g}; {tolerance:g} was asked for.",
            RuntimeWarning,
            stacklevel=3,
        )
    return Solution(volume, iteration, relative, converged)


def _product(first: np.ndarray, second: np.ndarray) -> float:
    """Add up the products; planes in single precision, their sum in double."""
    return float(sum(float(np.vdot(a, b)) for a, b in zip(first, second, strict=True)))
