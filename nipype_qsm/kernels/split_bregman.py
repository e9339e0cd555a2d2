"""Split Bregman (ADMM) for dipole inversions: one iteration for every data term and every penalty of the family.

What makes the problem hard is split off: the field that the map makes, and the differences that are to be sparse.
What is left is quadratic and diagonal in k-space, one division; each part that was split off is a function of one
voxel. A data term is such a function, a penalty brings its division and its shrinking. Over-relaxed steps save a third
of the iterations. Two extras: a harmonic field that explains what background removal left, and a map that is level
outside the mask.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import numpy as np

from nipype_qsm.kernels.fourier import backward, forward
from nipype_qsm.kernels.gradient import split_gradient, squared_gradient
from nipype_qsm.kernels.pruned import backward_pruned, forward_pruned
from nipype_qsm.kernels.weighted_field import WeightedField, norm, without_outliers

STEP = 1.0
"""Gradient [rms of the field per mm] that one iteration still sets to zero; sets the pace only."""
RELAXATION = 1.7
"""How far each step goes beyond what it found: 1 is plain, below 2 converges."""
NEWTON_STEPS = 3
"""Steps for the phase of one voxel."""
REWEIGHT_AT = 8
"""Iteration that weighs down the voxels with an outlying misfit."""
LEVEL_PACE = 0.002
"""Pull on the map outside the mask towards its level there, where it has to be level; the pace."""
HARMONIC_LENGTH_MM = 2.0
"""Wave length over 2 pi at which data and harmonic field share a misfit evenly in one iteration; the pace."""

DataTerm = Callable[[np.ndarray], Callable[[np.ndarray], np.ndarray]]
"""From the weight of each voxel to a function of field made + multiplier - measured field: the new multiplier."""


class Penalty(Protocol):
    """What is kept small, and its share in the division in k-space."""

    def prepare(self, gain: np.ndarray) -> None:
        """Set up the division for data with this gain, the squared transfer from map to field."""

    def solve(self, drive: np.ndarray) -> np.ndarray:
        """Return the spectrum of the map for the spectrum of what drives it."""

    def shrink(self, whole: np.ndarray) -> None:
        """Shrink the map's differences."""


@dataclass(frozen=True)
class Plan:
    """When to stop, and what to do besides: reweigh outliers, a harmonic field, a map that is level outside.

    `harmonic` is the weight [mm4] of the harmonic field's Laplacian; 0: no such field. It and `level_outside` may be
    None: as the data ask for.
    """

    tolerance: float
    max_iterations: int
    reweight: bool = True
    harmonic: float | None = 0.0
    level_outside: bool | None = False

    def until(self, tolerance: float) -> Plan:
        """Return the plan with another tolerance."""
        return replace(self, tolerance=tolerance)


class Found(NamedTuple):
    """Map and field of the box in units of the field's root mean square; iterations; last change; is it small."""

    map: np.ndarray
    made: np.ndarray
    iterations: int
    change: float
    converged: bool


def linear(weight: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Return the data term |W (D x - f)|^2 / 2."""
    pull = weight**2 / (weight**2 + 1)
    return lambda difference: pull * difference


def nonlinear(weight: np.ndarray, *, turn: float) -> Callable[[np.ndarray], np.ndarray]:
    """Return the data term |W (exp(i a D x) - exp(i a f))|^2 / (2 a^2), with `turn` a in rad per unit of field."""
    square, a = weight**2, weight.dtype.type(turn)

    def term(difference: np.ndarray) -> np.ndarray:
        rest = difference / (1 + square)
        for _ in range(NEWTON_STEPS):
            slope = 1 + square * np.maximum(np.cos(a * rest), 0)
            rest -= (rest + square / a * np.sin(a * rest) - difference) / slope
        return difference - rest

    return term


def absolute(weight: np.ndarray, *, size: float) -> Callable[[np.ndarray], np.ndarray]:
    """Return the data term size |W (D x - f)|_1; `size` is the misfit beyond which no voxel pulls harder."""
    limit = weight * weight.dtype.type(size)
    return lambda difference: np.clip(difference, -limit, limit)


def split_bregman(
    problem: WeightedField, penalty: Penalty, term: DataTerm, plan: Plan, start: Found | None = None
) -> Found:
    """Find the map that makes the field, with the least penalty.

    Parameters
    ----------
    problem : WeightedField
    penalty : Penalty
        Such as `TotalVariation`. It keeps its state: the same one goes on where its last call ended.
    term : callable
        `linear`, `nonlinear` or `absolute`, their options bound.
    plan : Plan
    start : Found, optional
        A result to go on from, of the same penalty.

    Returns
    -------
    map, made : (x, y, z) float array, units of the field's root mean square
        `made` is the field that the map makes, the harmonic part included.
    iterations : int
    change : float
        Last change relative to the map, or to the field where that is larger.
    converged : bool
    """
    field, inside, corner, dipole = problem.field, problem.inside, problem.corner, problem.dipole
    weight = problem.harmonic_weight if plan.harmonic is None else plan.harmonic
    harmonic = _Harmonic(problem, weight) if weight else None
    level = _Level(problem) if (problem.whole if plan.level_outside is None else plan.level_outside) else None
    penalty.prepare(dipole**2 * (harmonic.gain if harmonic else 1) + (LEVEL_PACE if level else 0))
    misfit = term(problem.weight)
    multiplier = np.zeros_like(field)
    kept = -misfit(-field) if start is None else start.made
    data = np.zeros(problem.grid.shape, field.dtype)
    data[corner] = kept
    x = np.zeros_like(field) if start is None else start.map
    change, n, least = np.inf, 0, norm(field)
    while n < plan.max_iterations and change > plan.tolerance:
        n += 1
        wanted = forward(data)
        drive = dipole * (harmonic.left(wanted) if harmonic else wanted)
        if level:
            drive += level.drive()
        spectrum = penalty.solve(drive)
        field_spectrum = dipole * spectrum
        if harmonic:
            field_spectrum += harmonic.found(wanted - field_spectrum)
        data = backward(field_spectrum, problem.grid.shape)
        whole = backward(spectrum, problem.grid.shape)
        penalty.shrink(whole)
        if level:
            level.shrink(whole)
        previous, x = x, whole[corner].copy()
        # The field is the measure where a noisy map shrinks towards nothing.
        change = norm((x - previous)[inside]) / max(norm(x[inside]), least)
        made = data[corner].copy()
        if n == REWEIGHT_AT and plan.reweight:
            misfit = term(without_outliers(made - field, inside, problem.weight))
        reached = RELAXATION * made + (1 - RELAXATION) * kept + multiplier
        multiplier = misfit(reached - field)
        kept = reached - multiplier
        data[corner] = kept - multiplier
    return Found(x, made, n, change, change <= plan.tolerance)


class TotalVariation:
    """Strength times the absolute gradient, each voxel at its price."""

    def __init__(self, problem: WeightedField, strength: float) -> None:
        self.grid, self.pace = problem.grid, np.float32(strength / STEP)
        self.limit = STEP * problem.costs
        self.reached = np.zeros((3, *self.limit.shape), self.limit.dtype)
        self.source = np.zeros_like(problem.costs)

    def prepare(self, gain: np.ndarray) -> None:
        """Set up the division."""
        self.inverse = 1 / (gain + self.pace * squared_gradient(self.grid))
        self.inverse[0, 0, 0] = 0

    def solve(self, drive: np.ndarray) -> np.ndarray:
        """Return the map's spectrum."""
        spectrum = forward(self.source)
        spectrum *= self.pace
        spectrum += drive
        spectrum *= self.inverse
        return spectrum

    def shrink(self, whole: np.ndarray) -> None:
        """Shrink the gradient."""
        split_gradient(whole, self.reached, self.limit, self.source, grid=self.grid, relaxation=RELAXATION)


class _Harmonic:
    """A field h with little Laplacian inside the mask, which takes its part of the data.

    For given data q the best h is (q - D x + c L z) / (1 + c L^2), L the Laplacian and z what L h is split off to, less
    the multiplier, so that the map sees the data less z / L through a high-pass with the gain c L^2 / (1 + c L^2).
    """

    def __init__(self, problem: WeightedField, weight: float) -> None:
        self.grid = problem.grid
        self.laplacian = -squared_gradient(self.grid)
        self.laplacian[0, 0, 0] = 0
        self.pace = np.float32(HARMONIC_LENGTH_MM**4)
        self.inverse = 1 / (1 + self.pace * self.laplacian**2)
        self.gain, self.pull = 1 - self.inverse, self.pace * self.laplacian * self.inverse
        self.damping = np.where(problem.inside, np.float32(weight / (weight + self.pace)), 0)
        # Laplacian plus multiplier, and the part that is the multiplier.
        self.reached = np.zeros(self.gain.shape, np.result_type(problem.field, np.complex64))
        self.multiplier = np.zeros_like(self.reached)

    def left(self, wanted: np.ndarray) -> np.ndarray:
        """Return the part of the data that the map is to explain."""
        bend = backward_pruned(self.reached.copy(), self.grid.shape, self.damping.shape)
        bend *= self.damping
        self.multiplier = forward_pruned(bend, self.grid.shape)
        self.split = self.reached - self.multiplier
        self.split -= self.multiplier
        self.split *= self.pull
        return self.gain * wanted - self.split

    def found(self, rest: np.ndarray) -> np.ndarray:
        """Return the spectrum of the harmonic field, for what the map leaves; bring its Laplacian up to date."""
        rest *= self.inverse
        rest += self.split
        self.reached -= self.multiplier
        self.reached *= 1 - RELAXATION
        self.reached += self.multiplier
        self.reached += RELAXATION * self.laplacian * rest
        return rest


class _Level:
    """A map that has one value outside the mask."""

    def __init__(self, problem: WeightedField) -> None:
        self.outside = np.ones(problem.grid.shape, bool)
        self.outside[problem.corner] = ~problem.inside
        self.multiplier = np.zeros(problem.grid.shape, problem.field.dtype)
        self.wanted = np.zeros_like(self.multiplier)

    def drive(self) -> np.ndarray:
        """Return the spectrum of the pull towards what is wanted."""
        return np.float32(LEVEL_PACE) * forward(self.wanted)

    def shrink(self, whole: np.ndarray) -> None:
        """Take the mean outside for the level there."""
        reached = whole + self.multiplier
        level = whole.dtype.type(reached[self.outside].mean(dtype=np.float64))
        self.multiplier = np.where(self.outside, reached - level, 0)
        self.wanted = np.where(self.outside, level, reached) - self.multiplier


def warn_unless_converged(found: Found, name: str, tolerance: float) -> None:
    """Warn where the limit of iterations came before the tolerance."""
    if not found.converged:
        warnings.warn(
            f"{name} stopped after {found.iterations} iterations at a relative change of {found.change:.3g}; "
            f"{tolerance:g} was asked for.",
            RuntimeWarning,
            stacklevel=3,
        )
