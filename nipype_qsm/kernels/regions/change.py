"""What changed between two visits, voxel by voxel.

Both maps lie on one grid, moved there alike. A voxel counts where both visits have a value: a map without a value is
zero, and its difference from a value is no change.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nipype_qsm.errors import MetadataError


class Change(NamedTuple):
    """Second visit minus first; None where a map was not given."""

    chi_change: np.ndarray | None
    t2star_change: np.ndarray | None


def change(
    chi_first: np.ndarray | None = None,
    chi_second: np.ndarray | None = None,
    t2star_first: np.ndarray | None = None,
    t2star_second: np.ndarray | None = None,
) -> Change:
    """Subtract the first visit's maps from the second's.

    Parameters
    ----------
    chi_first, chi_second : (x, y, z) float array, ppm, optional
        Referenced susceptibility, both in the middle space.
    t2star_first, t2star_second : (x, y, z) float array, s, optional

    Returns
    -------
    chi_change : (x, y, z) float array, ppm
        Zero where either visit has no value.
    t2star_change : (x, y, z) float array, s

    References
    ----------
    Reuter et al. 2012, doi:10.1016/j.neuroimage.2012.02.084
    """
    return Change(_difference(chi_first, chi_second, "chi"), _difference(t2star_first, t2star_second, "t2star"))


def _difference(first: np.ndarray | None, second: np.ndarray | None, name: str) -> np.ndarray | None:
    if first is None and second is None:
        return None
    if first is None or second is None:
        raise MetadataError(f"Only one visit's {name} was given.", remedy="Give the map of both visits.")
    return np.where((first != 0) & (second != 0), second - first, 0).astype(first.dtype)
