"""Cutting the brain out of what is bright, coherent or above the noise, by morphology in millimetres."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid


def solid_piece(signal: np.ndarray, grid: Grid, opening_mm: float, closing_mm: float) -> np.ndarray:
    """Return the largest piece after bridges were cut, with its furrows closed and its holes filled.

    Parameters
    ----------
    signal : (x, y, z) bool array
    grid : Grid
    opening_mm : float, mm, >= 0
        Bridges thinner than twice this are cut.
    closing_mm : float, mm, >= 0
        Furrows narrower than twice this are closed.
    """
    size = np.asarray(grid.voxel_size)
    core = largest(eroded(signal, opening_mm, size))
    grown = signal & dilated(core, opening_mm + size.max() / 2, size)
    return ndimage.binary_fill_holes(grown | closed(grown, closing_mm, size))


def otsu(volume: np.ndarray) -> float:
    """Return the threshold that parts the histogram into its two most distinct classes."""
    counts, edges = np.histogram(volume, 256)
    middles = (edges[1:] + edges[:-1]) / 2
    below, moment = np.cumsum(counts), np.cumsum(counts * middles)
    parted = (below > 0) & (below < below[-1])
    between = np.zeros(256)
    below, first = below[parted], moment[parted]
    between[parted] = (moment[-1] * below / volume.size - first) ** 2 / (below * (volume.size - below))
    return float(middles[between >= between.max() * (1 - 1e-9)].mean())


def without_specks(bright: np.ndarray, smallest: int) -> np.ndarray:
    """Fill dark pieces of fewer voxels than `smallest`."""
    labels, _ = ndimage.label(~bright)
    return bright | (np.bincount(labels.ravel()) < smallest)[labels]


def eroded(mask: np.ndarray, radius_mm: float, size: np.ndarray) -> np.ndarray:
    """Return the voxels further than a radius from the outside."""
    # Outside the image counts as inside: the field of view may cut the head.
    padded = np.pad(mask, 1, mode="edge")
    return (ndimage.distance_transform_edt(padded, sampling=size) > radius_mm)[1:-1, 1:-1, 1:-1]


def dilated(mask: np.ndarray, radius_mm: float, size: np.ndarray) -> np.ndarray:
    """Return the voxels within a radius of a mask."""
    return ndimage.distance_transform_edt(~mask, sampling=size) <= radius_mm


def closed(mask: np.ndarray, radius_mm: float, size: np.ndarray) -> np.ndarray:
    """Return a mask whose furrows narrower than twice a radius are closed."""
    margin = [(int(np.ceil(radius_mm / s)) + 1,) * 2 for s in size]
    wide = dilated(np.pad(mask, margin), radius_mm, size)
    closed = ndimage.distance_transform_edt(wide, sampling=size) > radius_mm
    return closed[tuple(slice(before, -after) for before, after in margin)]


def largest(mask: np.ndarray) -> np.ndarray:
    """Return the largest connected piece."""
    labels, count = ndimage.label(mask)
    if not count:
        raise QSMError(
            "No piece of the head is thick enough to be a brain.",
            remedy="Lower opening_mm or level, or give a brain mask.",
        )
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return labels == int(np.argmax(sizes))
