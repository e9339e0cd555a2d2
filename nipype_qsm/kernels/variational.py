"""What the inversions that trade data against a penalty share: from volumes and options to a map with its diagnosis.

Each brings the one thing that it is: how the map is found for a given strength of the penalty. The field is made ready
(`WeightedField`), the strength follows the field's error or is chosen among trials, and the map is scaled back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.gradient import difference
from nipype_qsm.kernels.regularisation import SELECTIONS, Trial, noise_energy, selected_weight
from nipype_qsm.kernels.split_bregman import Found, warn_unless_converged
from nipype_qsm.kernels.weighted_field import WeightedField, norm

ERROR_POWER = 3
"""The strength grows with this power of the error's share: the square, as the error's power does, is too little for
much noise and too much for none, where the mask's edge alone makes a share of a quarter."""
TRIAL_TOLERANCE = 0.02
"""Relative change at which a trial of a weight ends."""


class VariationalResult(NamedTuple):
    """Susceptibility [ppm]; iterations; last change; whether it is small enough; error share; weight that was used."""

    chi: np.ndarray
    iterations: list[int]
    residual: list[float]
    converged: bool
    inconsistency: float
    weight: float


@dataclass(frozen=True)
class Settings:
    """Options that all of them have; see `tv`.

    With `support` (None or True) the strength for a field that is whole follows the energy of the noise.
    """

    regularisation: float
    selection: str
    outside_cost: float
    tolerance: float
    pad: int
    support: bool | None = False


Solve = Callable[[WeightedField, float, float], Found]
"""From field, strength of the penalty and tolerance to the map."""


def invert(
    field_local: np.ndarray,
    mask: np.ndarray,
    grid: Grid,
    magnitude_combined: np.ndarray | None,
    solve: Solve,
    *,
    settings: Settings,
    name: str,
) -> VariationalResult:
    """Invert a field with a penalty whose strength follows the field.

    Parameters
    ----------
    field_local : (x, y, z) float array, ppm
    mask : (x, y, z) bool array
    grid : Grid
    magnitude_combined : (x, y, z) float array, any unit, or None
    solve : callable
        Finds the map of a `WeightedField` for a strength and a tolerance.
    settings : Settings
    name : str
        For the warning.

    Returns
    -------
    result : VariationalResult
    """
    require(settings)
    problem = WeightedField.prepare(
        field_local, mask, grid, magnitude_combined, outside_cost=settings.outside_cost, pad=settings.pad
    )
    if problem.scale == 0:
        return VariationalResult(np.zeros_like(field_local), [0], [0.0], True, 0.0, 0.0)
    held = settings.support is not False and problem.whole
    error = noise_energy(problem.field, problem.weight, problem.grid) if held else None
    strength = chosen_strength(problem, solve, settings.regularisation, settings.selection, error=error)
    found = solve(problem, strength, settings.tolerance)
    warn_unless_converged(found, name, settings.tolerance)
    chi = problem.result(found.map, field_local)
    return VariationalResult(
        chi, [found.iterations], [found.change], found.converged, problem.inconsistency, float(strength)
    )


def require(settings: Settings) -> None:
    """Refuse options that make no problem, or one without a solution."""
    if settings.regularisation <= 0 or not 0 < settings.outside_cost <= 1:
        raise QSMError(
            f"regularisation is {settings.regularisation:g} and outside_cost {settings.outside_cost:g}.",
            remedy="Give a regularisation above 0 and an outside_cost above 0 and at most 1.",
        )
    if settings.selection not in SELECTIONS:
        raise QSMError(f"selection is '{settings.selection}'.", remedy=f"Choose one of: {', '.join(SELECTIONS)}.")


def require_positive(**options: float | None) -> None:
    """Refuse options that are zero or negative; None is left to the method."""
    for name, value in options.items():
        if value is not None and value <= 0:
            raise QSMError(f"{name} is {value:g}.", remedy="Give a number above 0.")


def chosen_strength(
    problem: WeightedField,
    solve: Solve,
    regularisation: float,
    selection: str,
    *,
    error: float | None = None,
    trial_tolerance: float = TRIAL_TOLERANCE,
) -> float:
    """Return the strength of the penalty, in units of the field's root mean square.

    Parameters
    ----------
    problem : WeightedField
    solve : callable
    regularisation : float, > 0
    selection : str
        One of `SELECTIONS`.
    error : float, optional
        What the strength follows; without it the cube of the error's share.
    trial_tolerance : float
        Given to `solve` for trials.

    Returns
    -------
    strength : float
    """
    if selection == "fixed":
        return regularisation
    guess = regularisation * (problem.share**ERROR_POWER if error is None else error)
    if selection == "error":
        return guess

    def trial(strength: float) -> Trial:
        found = solve(problem, strength, trial_tolerance)
        inside, whole = problem.inside, np.zeros_like(problem.costs)
        whole[problem.corner] = np.where(inside, found.map - found.map[inside].mean(), 0)
        steps = [difference(whole, axis, problem.grid) * problem.costs for axis in range(3)]
        size = sum(float(np.abs(step[problem.corner][inside]).sum(dtype=np.float64)) for step in steps)
        return Trial(whole[problem.corner], norm(problem.weight * (found.made - problem.field)), size)

    return selected_weight(trial, guess, selection, problem.grid, problem.dipole)
