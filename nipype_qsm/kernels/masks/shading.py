"""The smooth brightness of an image that belongs to the coils and not to the head.

Its logarithm is a sum of slow cosines, fitted by weighted least squares to blocks of a few millimetres. Cosines follow
what is slow without pulling it towards zero, as smoothing does, and cannot follow what is as fine as the folds.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from nipype_qsm.geometry import Grid

BLOCK_MM = 6.0
RIDGE = 1e-6


class Shading:
    """Slow cosines on a grid, and the blocks that they are fitted on.

    Parameters
    ----------
    shape : (3,) int
        Of the volume, such as the brain's box.
    grid : Grid
        For its voxel size.
    period_mm : float, mm
        Shortest period. Coils vary over more, folds over less.
    """

    def __init__(self, shape: tuple[int, ...], grid: Grid, period_mm: float) -> None:
        size = np.asarray(grid.voxel_size)
        self.factors = tuple(max(1, round(BLOCK_MM / s)) for s in size)
        self.blocks = tuple(-(-n // f) for n, f in zip(shape, self.factors, strict=True))
        counts = np.maximum(1, np.ceil(2 * np.asarray(shape) * size / period_mm)).astype(int)
        self._fine = [_cosines((np.arange(n) + 0.5) / n, c) for n, c in zip(shape, counts, strict=True)]
        middles = [(np.arange(b) + 0.5) * f / n for b, f, n in zip(self.blocks, self.factors, shape, strict=True)]
        x, y, z = (_cosines(at, c) for at, c in zip(middles, counts, strict=True))
        orders = product(*(range(c) for c in counts))
        self._terms = np.stack([np.einsum("x,y,z->xyz", x[:, i], y[:, j], z[:, k]).ravel() for i, j, k in orders], 1)
        self._counts = counts

    def sums(self, volume: np.ndarray) -> np.ndarray:
        """Return the sum of each block of a volume."""
        short = [(0, b * f - n) for b, f, n in zip(self.blocks, self.factors, volume.shape, strict=True)]
        padded = np.pad(volume, short)
        return padded.reshape([n for b, f in zip(self.blocks, self.factors, strict=True) for n in (b, f)]).sum(
            (1, 3, 5)
        )

    def fitted(self, weights: np.ndarray, products: np.ndarray) -> np.ndarray:
        """Return the cosines that lie nearest to values, given block by block.

        Parameters
        ----------
        weights, products : (a, b, c) float array
            Sums over each block of the weights, and of the weights times the values.

        Returns
        -------
        smooth : (x, y, z) float32 array
            Its weighted mean is zero.
        """
        weight, target = weights.ravel().astype(np.float64), products.ravel().astype(np.float64)
        normal = self._terms.T @ (weight[:, None] * self._terms)
        normal += RIDGE * weight.sum() * np.eye(len(normal))
        found = np.linalg.solve(normal, self._terms.T @ target).astype(np.float32)
        found[0] -= weight @ (self._terms @ found) / weight.sum()
        smooth = found.reshape(self._counts)
        for cosines in self._fine:
            smooth = np.tensordot(smooth, cosines, (0, 1))
        return np.ascontiguousarray(smooth)


def _cosines(at: np.ndarray, count: int) -> np.ndarray:
    return np.cos(np.pi * at[:, None] * np.arange(count)).astype(np.float32)
