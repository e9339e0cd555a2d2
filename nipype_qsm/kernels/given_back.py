"""What background removal takes from the brain's own field, given back once a first map tells how much.

A background removal cannot tell the harmonic part of the brain's field from background, and takes it. That part is
larger than the background which it leaves, and it is known as soon as there is a map: remove background from the field
that the map makes, and see what goes.

One thing the map must not bring along. A bowl, such as the square of the distance from the middle, has a harmonic
field: no local field says whether a map has one, and total variation, which dislikes a grey rim around white matter,
puts one in.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.background.pdf import pdf
from nipype_qsm.kernels.dipole import dipole_field

PAD = 16
"""Voxels of room around the volume in which the map's field is computed."""
GROWN_MM = 3.1
"""How far the mask in which background was removed goes beyond what is left of it: one thick slice."""
LEAST = 1e-6
"""A bowl with less of its size inside the mask, planes taken off, is none."""


def give_back(field_local: np.ndarray, chi: np.ndarray, mask: np.ndarray, grid: Grid) -> np.ndarray:
    """Return the local field with what `pdf` takes from a map's own field.

    Parameters
    ----------
    field_local : (x, y, z) float array, ppm
    chi : (x, y, z) float array, ppm
        A first map, zero outside the mask.
    mask : (x, y, z) bool array
    grid : Grid

    Returns
    -------
    field_local : (x, y, z) float array, ppm
        Zero outside the mask.
    """
    made = dipole_field(chi, grid, pad=PAD)
    wider = ndimage.distance_transform_edt(~mask, sampling=grid.voxel_size) <= GROWN_MM
    left = pdf(np.where(wider, made, 0), wider, grid).field_local
    return np.where(mask, field_local + made - left, 0).astype(field_local.dtype)


def without_bowls(chi: np.ndarray, mask: np.ndarray, grid: Grid) -> np.ndarray:
    """Take the five quadratic maps that have a harmonic field off a map; planes stay.

    With the field along z these are x y, x z, y z, x^2 - y^2 and x^2 + y^2 + z^2: what (1/3 laplacian - d2/dz2), the
    Laplacian of a map's field, does not see.

    Parameters
    ----------
    chi : (x, y, z) float array, ppm
    mask : (x, y, z) bool array
    grid : Grid

    Returns
    -------
    chi : (x, y, z) float array, ppm
        Zero outside the mask; the mean inside is kept.
    """
    places = np.argwhere(mask) * np.asarray(grid.voxel_size)
    places -= places.mean(0)
    places /= max(float(np.abs(places).max()), 1e-30)
    x, y, z = places.T
    squares = np.stack([x * x, y * y, z * z, x * y, x * z, y * z], -1)
    a, b, c = np.asarray(grid.b0_direction) / np.linalg.norm(grid.b0_direction)
    seen = np.array([[1 / 3 - a * a, 1 / 3 - b * b, 1 / 3 - c * c, -a * b, -a * c, -b * c]])
    unseen = np.linalg.svd(seen)[2][1:]
    bowls = squares @ unseen.T
    planes = np.linalg.svd(np.column_stack([np.ones_like(x), places]), full_matrices=False)[0]
    left, sizes, _ = np.linalg.svd(bowls - planes @ (planes.T @ bowls), full_matrices=False)
    left = left[:, sizes > LEAST * np.sqrt(len(x))]
    level = np.zeros_like(chi)
    level[mask] = chi[mask] - left @ (left.T @ chi[mask])
    return level
