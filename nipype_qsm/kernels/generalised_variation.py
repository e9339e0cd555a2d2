"""Second-order total generalised variation as a penalty of split Bregman.

The gradient of the map is split in a sparse part, its edges, and a field of slopes that is itself smooth. Map and
slopes together have a closed form in k-space, for the smoothness of the slopes couples them only along the gradient's
own direction there.
"""

from __future__ import annotations

import numpy as np

from nipype_qsm.kernels.fourier import backward, forward, frequencies
from nipype_qsm.kernels.gradient import add_transpose, difference, squared_gradient
from nipype_qsm.kernels.split_bregman import RELAXATION, STEP
from nipype_qsm.kernels.weighted_field import WeightedField

SECOND_STEP = 0.2
"""Change of slopes [rms of the field per mm2] that one iteration still sets to zero; sets the pace only."""
PAIRS = [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)]
"""Entries of a symmetric matrix."""


class GeneralisedVariation:
    """Strength times (|costs (grad x - v)| + second_order_mm |E v|), with E v = (grad v + grad v') / 2.

    With G the transfer of the gradient, (E'E v)_i = (|G|^2 v_i + G_i G'v) / 2; so x and w = G'v are solved for first.

    Parameters
    ----------
    problem : WeightedField
    strength : float
    second_order_mm : float, mm
    """

    def __init__(self, problem: WeightedField, strength: float, second_order_mm: float) -> None:
        self.grid, costs = problem.grid, problem.costs
        self.limit = STEP * costs
        self.first, self.second = np.float32(strength / STEP), np.float32(strength * second_order_mm / SECOND_STEP)
        waves = zip(frequencies(self.grid.shape, self.grid.voxel_size), self.grid.voxel_size, strict=True)
        self.gradient = [((np.exp(2j * np.pi * k * size) - 1) / size).astype(np.complex64) for k, size in waves]
        self.square = squared_gradient(self.grid)
        self.square[0, 0, 0] = 0
        self.along = 1 / (self.first + self.second * self.square)
        # The right-hand sides: what the gradient less the slopes, and what the slopes' change should be.
        self.source, self.slopes = np.zeros_like(costs), [np.zeros_like(costs) for _ in range(3)]
        self.edges = [np.zeros_like(costs) for _ in range(3)]
        self.bends = {pair: np.zeros_like(costs) for pair in PAIRS}

    def prepare(self, gain: np.ndarray) -> None:
        """Set up the division."""
        whole = gain + self.first * self.second * self.square**2 * self.along
        whole[0, 0, 0] = np.inf
        self.inverse = 1 / whole

    def solve(self, drive: np.ndarray) -> np.ndarray:
        """Return the map's spectrum, and keep the slopes."""
        right = [forward(slope) for slope in self.slopes]
        together = sum(np.conj(g) * r for g, r in zip(self.gradient, right, strict=True))
        x = drive + self.first * (forward(self.source) + self.along * together)
        x *= self.inverse
        w = (together + self.first * self.square * x) * self.along
        pull = self.first * x - (self.second / 2) * w
        across = 1 / (self.first + (self.second / 2) * self.square)
        self.slopes = [
            backward((r + g * pull) * across, self.grid.shape) for g, r in zip(self.gradient, right, strict=True)
        ]
        return x

    def shrink(self, whole: np.ndarray) -> None:
        """Shrink edges and bends."""
        found = self.slopes
        self.source[:] = 0
        self.slopes = [np.zeros_like(whole) for _ in range(3)]
        for axis in range(3):
            step = difference(whole, axis, self.grid) - found[axis]
            relaxed_shrink(step, self.edges[axis], self.limit)
            self.slopes[axis] -= self.first * step
            add_transpose(self.source, step, axis, self.grid)
        for i, j in PAIRS:
            bend = (difference(found[i], j, self.grid) + difference(found[j], i, self.grid)) / 2
            relaxed_shrink(bend, self.bends[i, j], SECOND_STEP)
            bend *= self.second
            if i != j:
                add_transpose(self.slopes[j], bend.copy(), i, self.grid)
            add_transpose(self.slopes[i], bend, j, self.grid)


def relaxed_shrink(step: np.ndarray, reached: np.ndarray, limit: np.ndarray | float) -> None:
    """Shrink a difference, as `split_gradient` does for the total variation.

    `reached`, what is kept plus the multiplier, is brought up to date; `step` becomes what is kept less the multiplier.
    """
    multiplier = np.clip(reached, -limit, limit)
    step -= reached
    step += multiplier
    step *= RELAXATION
    reached += step
    np.clip(reached, -limit, limit, out=multiplier)
    multiplier *= 2
    np.subtract(reached, multiplier, out=step)
