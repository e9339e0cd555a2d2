"""Scanner faults that turn a susceptibility map upside down or to stripes.

Two are found in the data and never corrected unasked. Some reconstructions shift every second slice by pi: then
neighbouring slices point in opposite directions nearly everywhere. Some flip the sign of phase: air around the head
and in its cavities fixes the sign of the field deep in the brain, so the measured field steps are compared with those
that the head's own outline must make, after taking out of both what a shim can make (polynomials of second order).
"""

from __future__ import annotations

from functools import partial
from itertools import combinations_with_replacement
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.dipole import dipole_field

TISSUE_MINUS_AIR = -9.4
"""Susceptibility of soft tissue relative to air, ppm (Collins 2002, doi:10.1002/mrm.10236: -9.05 against 0.4)."""

BLOCK_MM = 6.0
"""Size to which voxels are averaged: the head's field is smooth, and a step of it must stay below half a turn."""

DEPTH_MM = 20.0
"""Depth under the head's surface, and into the image, from which steps are used: nearer, unmodelled bone matters."""

FEWEST_STEPS = 500
"""Steps below which the sign is not judged."""


class Faults(NamedTuple):
    """What was found; see `faults`."""

    alternating_slices: bool
    alternation: float
    inverted_sign: bool
    sign_correlation: float


def faults(signal: np.ndarray, echo_product: np.ndarray | None, grid: Grid) -> Faults:
    """Look for alternating slices and for an inverted phase sign.

    Nine simulated and three measured whole heads (3 T, Philips and Siemens) gave correlations of 0.29 to 0.74, and the
    negative of it with their phase negated: 12 of 12 judged right, both ways. 72 images of parts of these heads gave
    -0.11 to 0.73: a part may be left unjudged, none cried wolf.

    Parameters
    ----------
    signal : (x, y, z) complex array
        One coil, or the combined image, of one echo.
    echo_product : (x, y, z) complex array or None
        Hermitian product of a later and an earlier echo; None for a single echo, whose sign is not judged.
    grid : Grid

    Returns
    -------
    alternating_slices : bool
        Whether neighbouring slices along the third axis are opposed.
    alternation : float
        Share of signal-weighted neighbours that are opposed minus share that agree, -1 to 1.
    inverted_sign : bool
        Whether the correlation is below -0.25.
    sign_correlation : float
        Correlation, -1 to 1, of measured and modelled field steps deep in the head, with dark parts inside the head
        taken for air or for tissue, whichever answers more clearly; near 0 says nothing, NaN was not judged (one echo,
        no air around the head, too few voxels).

    References
    ----------
    Susceptibility of tissue and air: Collins et al. 2002, doi:10.1002/mrm.10236; the rest is our own construction.
    """
    pairs = signal[:, :, 1:] * signal[:, :, :-1].conj()
    weight = np.abs(pairs).sum(dtype=np.float64)
    alternation = -float(pairs.real.sum(dtype=np.float64) / weight) if weight else 0.0
    correlation = float("nan") if echo_product is None else _sign_correlation(echo_product, grid)
    return Faults(alternation > 0.5, alternation, correlation < -0.25, correlation)


def _sign_correlation(echo_product: np.ndarray, grid: Grid) -> float:
    block = [max(1, round(BLOCK_MM / size)) for size in grid.voxel_size]
    product = _block_mean(echo_product, block)
    magnitude = _block_mean(np.abs(echo_product), block)
    sizes = tuple(size * n for size, n in zip(grid.voxel_size, block, strict=True))
    coarse = Grid(product.shape, sizes, grid.b0_direction, grid.sheared)  # type: ignore[arg-type]
    head, outline = _head(np.sqrt(magnitude))
    depth = ndimage.distance_transform_edt(np.pad(outline, 1), sampling=sizes)[1:-1, 1:-1, 1:-1]
    if not head.any() or head.mean() > 0.9:
        return float("nan")
    usable = head & (depth > DEPTH_MM) & (np.abs(product) > 0.5 * magnitude)
    # Dark bone passes for a cavity, and a cavity may be missed: with and without them, and the clearer answer counts.
    answers = [
        _step_correlation(product, TISSUE_MINUS_AIR * dipole_field(tissue.astype(np.float32), coarse, pad=8), usable)
        for tissue in (head, outline)
    ]
    return max(answers, key=abs)


def _block_mean(volume: np.ndarray, block: list[int]) -> np.ndarray:
    shape = [n // b for n, b in zip(volume.shape, block, strict=True)]
    cut = volume[tuple(slice(n * b) for n, b in zip(shape, block, strict=True))]
    (x, y, z), (a, b, c) = shape, block
    return cut.reshape(x, a, y, b, z, c).mean(axis=(1, 3, 5))


def _head(magnitude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the head without its cavities, and with them."""
    bright = magnitude > 0.1 * np.percentile(magnitude, 98)
    labels, n_parts = ndimage.label(ndimage.binary_opening(np.pad(bright, 1, mode="edge"))[1:-1, 1:-1, 1:-1])
    if not n_parts:
        return np.zeros_like(bright), np.zeros_like(bright)
    head = labels == 1 + np.argmax(np.bincount(labels.ravel())[1:])
    outline = ndimage.binary_closing(np.pad(head, 6, mode="edge"), iterations=3)[6:-6, 6:-6, 6:-6]
    for axis in range(3):
        # Slice by slice: cavities are open to the neck and the face.
        along = np.moveaxis(outline, axis, 0)
        outline = np.moveaxis(np.stack([ndimage.binary_fill_holes(section) for section in along]), 0, axis)
    return head, outline


def _step_correlation(product: np.ndarray, model: np.ndarray, usable: np.ndarray) -> float:
    axes = np.meshgrid(*(np.linspace(-1, 1, n, dtype=np.float32) for n in product.shape), indexing="ij")
    shim = [*axes, *(one * other for one, other in combinations_with_replacement(axes, 2))]
    measured, expected, shims = [], [], []
    for axis in range(3):
        first = partial(np.moveaxis, source=axis, destination=0)
        both = first(usable)[1:] & first(usable)[:-1]
        measured.append(np.angle(first(product)[1:] * first(product)[:-1].conj())[both])
        expected.append(np.diff(first(model), axis=0)[both])
        shims.append(np.stack([np.diff(first(term), axis=0)[both] for term in shim], axis=1))
    basis = np.concatenate(shims)
    if len(basis) < FEWEST_STEPS:
        return float("nan")
    left = []
    for steps in (np.concatenate(measured), np.concatenate(expected)):
        unshimmed = steps - basis @ np.linalg.lstsq(basis, steps, rcond=None)[0]
        # A few steps beside cavities are larger than all others together, and may be wrapped.
        left.append(np.clip(unshimmed, *np.percentile(unshimmed, [2, 98])))
    if min(steps.std() for steps in left) == 0:
        return float("nan")
    return float(np.corrcoef(*left)[0, 1])
