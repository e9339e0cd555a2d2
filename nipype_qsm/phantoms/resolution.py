"""From the fine grid of the simulation to the acquired one.

A scanner samples a finite block of k-space, which is the Dirichlet kernel along each axis: the signal is brought down
with it, ringing included. Truth is the plain average over each acquired voxel. Both are one small matrix an axis.
"""

from __future__ import annotations

import numpy as np

from nipype_qsm.kernels.fourier import bounding_box


def cropping(n_fine: int, n: int) -> np.ndarray:
    """Return the matrix that keeps the `n` lowest spatial frequencies of an axis, (n, n_fine) float32.

    Voxel centres keep their places: acquired voxel j is centred on (j + 1/2) / n of the axis.
    """
    x = ((np.arange(n) + 0.5) / n)[:, None] - ((np.arange(n_fine) + 0.5) / n_fine)[None, :]
    sine = np.sin(np.pi * x)
    peak = np.abs(sine) < 1e-12
    sine[peak] = 1
    kernel = np.sin(np.pi * n * x) / sine
    if n % 2 == 0:
        kernel *= np.cos(np.pi * x)
    kernel[peak] = n
    return (kernel / n_fine).astype(np.float32)


def averaging(n_fine: int, n: int) -> np.ndarray:
    """Return the matrix that averages an axis over each acquired voxel, partial overlaps included, (n, n_fine)."""
    edges = np.arange(n + 1) * (n_fine / n)
    fine = np.arange(n_fine)
    overlap = np.minimum(edges[1:, None], fine[None] + 1) - np.maximum(edges[:-1, None], fine[None])
    return (np.clip(overlap, 0, None) * (n / n_fine)).astype(np.float32)


def reduced(volume: np.ndarray, operators: tuple[np.ndarray, np.ndarray, np.ndarray]) -> np.ndarray:
    """Apply one matrix along each axis, the last axis first.

    Parameters
    ----------
    volume : (x, y, z) array, float32 or complex64
    operators : three (n, n_fine) arrays
    """
    along_x, along_y, along_z = (operator.astype(volume.dtype) for operator in operators)
    volume = np.matmul(along_y, volume @ along_z.T)
    return (along_x @ volume.reshape(volume.shape[0], -1)).reshape(len(along_x), *volume.shape[1:])


def averaged(volume: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Average a fine volume over the acquired voxels, float32."""
    x, y, z = (averaging(n_fine, n) for n_fine, n in zip(volume.shape, shape, strict=True))
    return reduced(np.asarray(volume, np.float32), (x, y, z))


def majority(labels: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Label each acquired voxel with what fills most of it; nothing (0) competes like any label.

    Parameters
    ----------
    labels : (x, y, z) uint8 array
        On the fine grid.
    """
    operators = [averaging(n_fine, n) for n_fine, n in zip(labels.shape, shape, strict=True)]
    winner, share = np.zeros(shape, np.uint8), np.zeros(shape, np.float32)
    for number in np.unique(labels):
        here = labels == number
        fine_box = bounding_box(here)
        box, parts = [], []
        for operator, limits in zip(operators, fine_box, strict=True):
            rows = np.flatnonzero(operator[:, limits].any(axis=1))
            box.append(slice(int(rows[0]), int(rows[-1]) + 1))
            parts.append(operator[box[-1], limits])
        fraction = reduced(here[fine_box].astype(np.float32), (parts[0], parts[1], parts[2]))
        where = tuple(box)
        more = fraction > share[where]
        winner[where][more] = number
        share[where][more] = fraction[more]
    return winner
