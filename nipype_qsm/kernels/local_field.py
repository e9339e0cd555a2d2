"""What every background removal gives: the local field of a whole volume, where it is known, and how much is lost."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nipype_qsm.kernels.fourier import Box


class LocalField(NamedTuple):
    """A local field [ppm], zero outside its mask, and the voxels of the mask given that it lacks."""

    field_local: np.ndarray
    mask_local: np.ndarray
    n_removed: int


class IteratedLocalField(NamedTuple):
    """The same, and how the iteration ended."""

    field_local: np.ndarray
    mask_local: np.ndarray
    n_removed: int
    iterations: int
    residual: float
    converged: bool


class TwiceIteratedLocalField(NamedTuple):
    """The same of two methods, one after the other."""

    field_local: np.ndarray
    mask_local: np.ndarray
    n_removed: int
    iterations: list[int]
    residual: list[float]
    converged: bool


def local_field(local: np.ndarray, known: np.ndarray, mask: np.ndarray, box: Box) -> LocalField:
    """Put a local field that was found in a box back into the volume.

    Parameters
    ----------
    local : (x, y, z) float array, ppm
        On the box.
    known : (x, y, z) bool array
        Where it holds, on the box.
    mask : (x, y, z) bool array
        The whole volume's, as it was given.
    box : slices

    Returns
    -------
    LocalField
        float32 and bool arrays of the mask's shape.
    """
    field, mask_local = np.zeros(mask.shape, np.float32), np.zeros(mask.shape, bool)
    mask_local[box] = known
    field[mask_local] = local[known]
    return LocalField(field, mask_local, int(np.count_nonzero(mask) - np.count_nonzero(mask_local)))
