"""White matter from a T1-weighted image of the brain.

White matter, grey matter and fluid each have a logarithm of intensity that is Gaussian about its own mean, once the
shading of the coils is taken off; and a voxel is more likely what its six neighbours are. Means, spreads, shading and
the share of each class in each voxel are found in turn. No shares of classes in the whole and no atlas are assumed, so
that a head unlike the average is not drawn towards it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.fourier import bounding_box
from nipype_qsm.kernels.masks.shading import Shading

PERIOD_MM = 90.0
"""Of the shading: while classes are being found, faster waves could take one for another."""
MOST_TURNS = 30
SETTLED = 1e-3
LEAST_VARIANCE = 1e-5
TISSUE = 0.25
"""Distance below the median of the logarithm at which a voxel counts as fluid while the shading is begun."""
SHARE = (0.15, 0.65)
"""Of white matter in a brain mask, children and shrunken brains included."""
VOIDS = 0.05


class WhiteMatter(NamedTuple):
    """The mask and its size."""

    mask_white_matter: np.ndarray
    n_voxels: int
    volume_ml: float


def white_matter(
    t1w: np.ndarray,
    mask_brain: np.ndarray,
    grid: Grid,
    labels: np.ndarray | None = None,
    *,
    smoothness: float = 0.45,
) -> WhiteMatter:
    """Find white matter as the brightest of three classes in a T1-weighted image.

    Parameters
    ----------
    t1w : (x, y, z) float array
        Any positive unit.
    mask_brain : (x, y, z) bool array
    grid : Grid
    labels : (x, y, z) array of whole numbers, optional
        Deep grey structures, of which some are as bright as white matter: left out.
    smoothness : float, >= 0
        How much a neighbour counts. Larger gives smoother borders and loses thin blades.

    Returns
    -------
    mask_white_matter : (x, y, z) float array, 0 or 1
    n_voxels : int
    volume_ml : float, ml

    References
    ----------
    Zhang et al. 2001, doi:10.1109/42.906424; Ashburner and Friston 2005, doi:10.1016/j.neuroimage.2005.02.018
    """
    box = bounding_box(mask_brain, 1)
    image, inside = t1w[box], mask_brain[box] & (t1w[box] > 0)
    require_positive(t1w, mask_brain, "t1w", "a T1-weighted image")
    log = np.pad(np.log(np.where(inside, image, 1)).astype(np.float32), 1)
    shares = _shares(log, np.pad(inside, 1), grid, smoothness)
    white = np.zeros(t1w.shape, bool)
    white[box] = shares[1:-1, 1:-1, 1:-1].argmax(axis=3) == 2
    share = np.count_nonzero(white) / np.count_nonzero(mask_brain)
    if not SHARE[0] <= share <= SHARE[1]:
        raise QSMError(
            f"White matter would be {100 * share:.0f} % of the brain; {100 * SHARE[0]:.0f} to {100 * SHARE[1]:.0f} % "
            "is usual.",
            remedy="Check that t1w is T1-weighted (white matter bright) and mask_brain its brain, give a mask of white "
            "matter, or do without lesions (--no-lesions).",
        )
    if labels is not None:
        white &= labels == 0
    n_voxels = int(np.count_nonzero(white))
    return WhiteMatter(white.astype(np.float32), n_voxels, n_voxels * grid.voxel_volume / 1000)


def require_positive(image: np.ndarray, mask: np.ndarray, port: str, what: str) -> None:
    """Refuse an image that is not positive in the brain, as CT in Hounsfield units is not."""
    void = float(np.mean(image[mask] <= 0))
    if void > VOIDS:
        raise QSMError(
            f"{port} is zero or negative in {100 * void:.0f} % of the brain.",
            remedy=f"Give {what} in the scanner's units, on the grid of mask_brain.",
        )


def _shares(log: np.ndarray, inside: np.ndarray, grid: Grid, smoothness: float) -> np.ndarray:
    """Return the share of fluid, grey and white matter in each voxel, (x, y, z, 3)."""
    shading = Shading(log.shape, grid, PERIOD_MM)
    slow = _first_shading(log, inside, shading)
    means, variances = _first_classes((log - slow)[inside])
    shares = np.zeros((*log.shape, 3), np.float32)
    weights, products = (np.zeros(shading.blocks) for _ in range(2))
    for turn in range(MOST_TURNS):
        weights[:], products[:] = 0, 0
        classes = (means, 1 / variances, -0.5 * np.log(variances))
        sums = _sweep(log, slow, inside, shares, classes, smoothness, (weights, products), shading.factors)
        before, means = means, sums[1] / sums[0]
        variances = np.maximum(sums[2] / sums[0] - means**2, LEAST_VARIANCE)
        # In the first turn no voxel knew its neighbours.
        if turn > 3 and np.abs(means - before).max() < SETTLED:
            break
        slow = shading.fitted(weights, products)
    return shares


def _first_shading(log: np.ndarray, inside: np.ndarray, shading: Shading) -> np.ndarray:
    """Fit the shading to everything that is not fluid."""
    slow = np.zeros_like(log)
    for _ in range(8):
        rest = log - slow
        tissue = inside & (rest > np.median(rest[inside]) - TISSUE)
        slow = shading.fitted(shading.sums(tissue.astype(np.float32)), shading.sums(np.where(tissue, log, 0)))
    return slow


def _first_classes(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Part values into three classes, each nearest to its own mean."""
    means = np.percentile(values, (5, 40, 85))
    for _ in range(20):
        edges = (means[1:] + means[:-1]) / 2
        classes = np.digitize(values, edges)
        means = np.array([values[classes == c].mean() if np.any(classes == c) else means[c] for c in range(3)])
    variances = np.array([values[classes == c].var() if np.any(classes == c) else 0 for c in range(3)])
    return means, np.maximum(variances, LEAST_VARIANCE)


@njit(cache=True, nogil=True)
def _sweep(
    log: np.ndarray,
    slow: np.ndarray,
    inside: np.ndarray,
    shares: np.ndarray,
    classes: tuple[np.ndarray, np.ndarray, np.ndarray],
    smoothness: float,
    blocks: tuple[np.ndarray, np.ndarray],
    factors: tuple[int, int, int],
) -> np.ndarray:
    """Bring each voxel's shares up to date, in place, and return the sums of shares, values and squares, (3, class).

    Fluid tells nothing of the shading: its intensity is mixed with that of its surroundings.
    """
    mean, precision, level = classes
    weights, products = blocks
    nx, ny, nz = log.shape
    sums, odds = np.zeros((3, 3)), np.zeros(3)
    for i in range(1, nx - 1):
        for j in range(1, ny - 1):
            for k in range(1, nz - 1):
                if not inside[i, j, k]:
                    continue
                value = log[i, j, k] - slow[i, j, k]
                for c in range(3):
                    near = shares[i - 1, j, k, c] + shares[i + 1, j, k, c] + shares[i, j - 1, k, c]
                    near += shares[i, j + 1, k, c] + shares[i, j, k - 1, c] + shares[i, j, k + 1, c]
                    odds[c] = level[c] - 0.5 * precision[c] * (value - mean[c]) ** 2 + smoothness * near
                top = max(odds[0], odds[1], odds[2])
                for c in range(3):
                    odds[c] = np.exp(odds[c] - top)
                total = odds[0] + odds[1] + odds[2]
                a, b, d = i // factors[0], j // factors[1], k // factors[2]
                for c in range(3):
                    share = odds[c] / total
                    shares[i, j, k, c] = share
                    sums[0, c] += share
                    sums[1, c] += share * value
                    sums[2, c] += share * value * value
                    if c > 0:
                        weights[a, b, d] += share * precision[c]
                        products[a, b, d] += share * precision[c] * (log[i, j, k] - mean[c])
    return sums
