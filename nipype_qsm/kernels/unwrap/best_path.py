"""Unwrap along the path of the most reliable edges, through scikit-image.

A voxel is reliable where the phase around it runs straight: where its second differences are small. Edges between
reliable voxels are unwrapped first, and groups of voxels grow together. Only the phase is looked at; the magnitude is
not. scikit-image is an optional package, loaded when this runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from nipype_qsm.errors import ToolMissing
from nipype_qsm.kernels.fourier import bounding_box
from nipype_qsm.kernels.unwrap.romeo import matching_times

TURN = 2 * np.pi


def best_path(phase: np.ndarray, mask: np.ndarray, *, echo_times: Sequence[float] = ()) -> np.ndarray:
    """Unwrap each echo in space, and set the echoes to each other by whole turns.

    Parameters
    ----------
    phase : (x, y, z) or (x, y, z, echo) float array, rad
    mask : (x, y, z) bool array
        Nothing is joined through voxels outside; parts that do not touch keep turns of their own.
    echo_times : (echo,) float, s
        Needed with more than one echo: each later echo is shifted to the turn that the first one predicts.

    Returns
    -------
    phase_unwrapped : as phase, rad
        Differs from `phase` by multiples of 2 pi; 0 outside the mask. The median of the first echo lies within pi of 0.

    References
    ----------
    Abdul-Rahman et al. 2007, doi:10.1364/AO.46.006623; Herraez et al. 2002, doi:10.1364/AO.41.007437
    """
    unwrap = _unwrapper()
    echoes = phase if phase.ndim == 4 else phase[..., None]
    times = matching_times(echo_times, echoes.shape[-1])
    box = bounding_box(mask)
    inside = mask[box]
    unwrapped = np.zeros_like(np.moveaxis(echoes, -1, 0), np.float32)
    first = np.zeros(0)
    for echo, volume in enumerate(np.moveaxis(echoes, -1, 0) if inside.any() else []):
        hidden = np.ma.masked_array(np.where(inside, volume[box], 0), mask=~inside)
        values = np.ma.getdata(unwrap(hidden, wrap_around=False, rng=0))[inside]
        # Whole turns on top of the phase that was given, which the detour through double precision would round.
        turns = np.rint((values - volume[box][inside]) / TURN)
        gap = volume[box][inside] + TURN * turns - (first * (times[echo] / times[0]) if echo else 0)
        turns -= np.rint(np.median(gap) / TURN)
        values = volume[box][inside] + TURN * turns
        first = first if echo else values
        unwrapped[echo][box][inside] = values
    return np.moveaxis(unwrapped, 0, -1).reshape(phase.shape)


def _unwrapper() -> Callable[..., np.ndarray]:
    try:
        from skimage.restoration import unwrap_phase
    except ImportError as error:
        raise ToolMissing(
            "Best-path unwrapping is done by scikit-image, which is not installed.",
            remedy="pip install 'nipype_qsm[unwrapping]', or unwrap with 'romeo', which needs nothing else.",
        ) from error
    return unwrap_phase
