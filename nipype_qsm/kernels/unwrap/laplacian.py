"""Unwrap by solving Poisson's equation for the Laplacian of the phase.

The Laplacian of the true phase can be computed from the wrapped one, because sine and cosine do not see jumps of
2 pi: it is cos(phase) L(sin(phase)) - sin(phase) L(cos(phase)). Inverting the Laplacian gives a phase without jumps. It
never fails and needs no magnitude, but loses part of the harmonic (background) field, so it belongs before a
background removal, and is no measure of the field by itself.
"""

from __future__ import annotations

import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.fourier import bounding_box, fast_shape
from nipype_qsm.kernels.laplacian import inverse_laplacian
from nipype_qsm.kernels.laplacian import laplacian as apply_laplacian


def laplacian(
    phase: np.ndarray, mask: np.ndarray, grid: Grid, *, kind: str = "continuous", pad: int = 64
) -> np.ndarray:
    """Unwrap each echo by the Laplacian.

    Parameters
    ----------
    phase : (x, y, z) or (x, y, z, echo) float array, rad
    mask : (x, y, z) bool array
        The phase outside counts as 0.
    grid : Grid
    kind : "continuous" or "discrete"
        Derivatives of the band-limited volume (as STI Suite), or the seven-point stencil, which rings less at edges and
        takes steep phase for flat.
    pad : int, voxels
        Zeros on every side of the mask's box. Fewer are faster and bend the result smoothly.

    Returns
    -------
    phase_unwrapped : as phase, rad
        Zero outside the mask. Not congruent to the wrapped phase, free by a constant.

    References
    ----------
    Schofield and Zhu 2003, doi:10.1364/OL.28.001194; Li et al. 2011, doi:10.1016/j.neuroimage.2010.11.088
    """
    box = bounding_box(mask)
    inside = mask[box]
    shape = fast_shape(inside.shape, pad)
    echoes = phase if phase.ndim == 4 else phase[..., None]
    unwrapped = np.zeros_like(np.moveaxis(echoes, -1, 0), np.float32)
    for echo, volume in enumerate(np.moveaxis(echoes, -1, 0)):
        wrapped = np.where(inside, volume[box], 0).astype(np.float32)
        unwrapped[echo][box] = np.where(inside, _unwrapped(wrapped, shape, grid.voxel_size, kind), 0)
    return np.moveaxis(unwrapped, 0, -1).reshape(phase.shape)


def _unwrapped(
    wrapped: np.ndarray, shape: tuple[int, int, int], voxel_size: tuple[float, float, float], kind: str
) -> np.ndarray:
    sine = np.sin(wrapped)
    # cos - 1 has the same Laplacian as cos and, like the sine, vanishes in the pad.
    cosine = np.cos(wrapped)
    cosine -= 1
    bends = apply_laplacian(sine, shape, voxel_size, kind=kind)
    # cos L(sin) - sin L(cos) = L(sin) + [(cos - 1) L(sin) - sin L(cos)]: the inverse of the first part is the sine
    # itself, and the bracket vanishes in the pad, so that everything happens in the box.
    source = cosine * bends
    source -= sine * apply_laplacian(cosine, shape, voxel_size, kind=kind)
    potential = inverse_laplacian(source, shape, voxel_size, kind=kind)
    potential += sine
    potential -= np.float32(sine.sum(dtype=np.float64) / np.prod(shape))
    return potential
