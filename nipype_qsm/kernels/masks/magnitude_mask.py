"""A brain mask from the magnitude alone, for those who bring none.

In a gradient echo the skull is dark, because its signal has decayed: a bright head is cut from the brain by it wherever
the scalp does not touch. The shading of the coils is divided out, and bright voxels are opened with a large sphere,
which breaks the bridges through orbits, skull base and neck; the largest piece is grown back in the bright voxels, and
its furrows and cavities are closed. The morphology works on blocks of about 2.5 mm, the outline is set at full
resolution.
It is a substitute: a mask made from a structural image by a dedicated tool is better, above all at the skull base.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.masks.pieces import closed, dilated, eroded, largest, otsu, without_specks
from nipype_qsm.kernels.resampling import linear_matrices, resample

BLOCK_MM = 2.5
"""Grain of the morphology: finer costs time and lets noise in, coarser loses the skull."""

PLAUSIBLE_ML = (700.0, 2200.0)
"""Volumes of a human head's brain, from infants to the largest adults, fluid included."""

BRIGHT = 0.6
"""Part of the smooth intensity from which a block counts as head while that intensity is estimated."""
MOST_TURNS = 12
SETTLED = 2e-3
"""Share of the blocks that may still change when the estimate is taken as settled."""

SPECK_ML = 0.2
"""Dark pieces smaller than this are noise, veins or iron, not skull."""


class BrainMask(NamedTuple):
    """The mask and its volume."""

    mask_brain: np.ndarray
    n_voxels: int
    volume_ml: float


def magnitude_mask(
    magnitude_combined: np.ndarray,
    grid: Grid,
    *,
    level: float = 0.8,
    opening_mm: float = 8.0,
    closing_mm: float = 6.0,
    bias_mm: float = 18.0,
) -> BrainMask:
    """Cut the brain out of a head by the darkness of the skull.

    Parameters
    ----------
    magnitude_combined : (x, y, z) float array
        Head with skull, or an image already stripped.
    grid : Grid
    level : float, 0 < level < 1
        A voxel is bright from this part of the head's median on, after the intensity correction. Larger gives a
        smaller mask and cuts more bridges; smaller keeps more fluid at the rim.
    opening_mm : float, mm, > 0
        Bridges thinner than twice this are cut. Smaller lets scalp and neck in; larger loses the tips of the lobes.
    closing_mm : float, mm, >= 0
        Furrows narrower than twice this are closed.
    bias_mm : float, mm, > 0
        Standard deviation of the smooth intensity that is divided out, beside its polynomial of second order. Smaller
        follows nearer coils, and then fluid and bone, too.

    Returns
    -------
    mask_brain : (x, y, z) bool array
    n_voxels : int
    volume_ml : float, ml
        Outside 700 to 2200 ml it warns.

    References
    ----------
    Otsu 1979, doi:10.1109/TSMC.1979.4310076; Shattuck et al. 2001, doi:10.1006/nimg.2000.0730
    """
    factors = [max(1, round(BLOCK_MM / size)) for size in grid.voxel_size]
    size = np.asarray(grid.voxel_size) * factors
    coarse = _blocks(magnitude_combined, factors)
    coarse = np.minimum(coarse, np.percentile(coarse, 99.5))
    bias = _bias(coarse, bias_mm / size)
    bright = without_specks(coarse > level * bias, round(SPECK_ML * 1000 / size.prod()))
    core = largest(eroded(bright, opening_mm, size))
    grown = bright & dilated(core, opening_mm + size.max() / 2, size)
    filled = ndimage.binary_fill_holes(grown | closed(grown, closing_mm, size))
    mask = _outlined(magnitude_combined, level * bias, filled, factors)
    n_voxels = int(np.count_nonzero(mask))
    volume_ml = n_voxels * grid.voxel_volume / 1000
    if not PLAUSIBLE_ML[0] <= volume_ml <= PLAUSIBLE_ML[1]:
        warnings.warn(
            f"The automatic brain mask holds {volume_ml:.0f} ml; a brain has {PLAUSIBLE_ML[0]:.0f} to "
            f"{PLAUSIBLE_ML[1]:.0f}. Look at it, and give a mask if it is wrong.",
            stacklevel=2,
        )
    return BrainMask(mask, n_voxels, volume_ml)


def _blocks(volume: np.ndarray, factors: Sequence[int]) -> np.ndarray:
    """Average blocks of voxels; the edge repeats to fill the last ones."""
    short = [(0, -n % f) for n, f in zip(volume.shape, factors, strict=True)]
    padded = np.pad(volume, short, mode="edge")
    a, b, c = (n // f for n, f in zip(padded.shape, factors, strict=True))
    return padded.reshape(a, factors[0], b, factors[1], c, factors[2]).mean(axis=(1, 3, 5))


def _repeated(volume: np.ndarray, factors: Sequence[int], shape: Sequence[int]) -> np.ndarray:
    for axis, factor in enumerate(factors):
        volume = np.repeat(volume, factor, axis=axis)
    return volume[tuple(slice(n) for n in shape)]


def _bias(volume: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Return the smooth intensity of the head, such that the head's median is 1 after division by it.

    Its logarithm is a polynomial of second order, which follows few coils from one side to the other, and a smoothed
    rest. What is head, and not bone or air, is told by the estimate itself: the two are found in turn.
    """
    if not volume.max() > volume.min():
        raise QSMError("The magnitude is the same everywhere.", remedy="Give a magnitude image, or a brain mask.")
    factors = (2, 2, 2)
    blocks = _blocks(volume, factors)
    log = np.log(np.maximum(blocks, 1e-6 * blocks.max()))
    terms = _second_order(blocks.shape)
    air = 2 * float(np.percentile(blocks, 5))
    head = blocks > max(0.7 * otsu(blocks), air)
    for _ in range(MOST_TURNS):
        smooth = terms @ np.linalg.lstsq(terms[head], log[head], rcond=None)[0]
        weight = ndimage.gaussian_filter(head.astype(float), sigma / 2, mode="constant")
        rest = ndimage.gaussian_filter((log - smooth) * head, sigma / 2, mode="constant")
        smooth += rest / np.maximum(weight, 1e-4)
        before, head = head, (log > smooth + np.log(BRIGHT)) & (blocks > air)
        if not head.any():
            raise QSMError("Nothing in the magnitude is brighter than air.", remedy="Give a brain mask.")
        if np.count_nonzero(head ^ before) < SETTLED * np.count_nonzero(head):
            break
    smooth += np.median((log - smooth)[head])
    low, high = np.percentile(smooth[head], (0.5, 99.5))
    smooth = np.clip(smooth, low - 0.5, high + 0.5).astype(np.float32)  # a polynomial runs away in air
    return np.exp(resample(smooth, linear_matrices(blocks.shape, factors, volume.shape, (1, 1, 1))))


def _second_order(shape: Sequence[int]) -> np.ndarray:
    """Return the ten products of coordinates up to second order, (x, y, z, term)."""
    x, y, z = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    return np.stack([np.ones(shape), x, y, z, x * x, y * y, z * z, x * y, y * z, z * x], axis=-1)


def _outlined(magnitude: np.ndarray, limit: np.ndarray, closed: np.ndarray, factors: Sequence[int]) -> np.ndarray:
    """Set the outline at full resolution: bright voxels within one block of the coarse mask's surface."""
    shape = magnitude.shape
    outer = _repeated(ndimage.binary_dilation(closed), factors, shape)
    inner = _repeated(ndimage.binary_erosion(closed, border_value=1), factors, shape)
    bright = magnitude > _repeated(limit, factors, shape)
    return ndimage.binary_fill_holes(largest(inner | (outer & bright)))
