"""The field of a point dipole: what links susceptibility to field.

In Fourier space the field [ppm] is D(k) chi(k) [ppm] with D = 1/3 - (k.b)^2 / k^2, b the direction of B0 and k in
physical units (1/mm). D vanishes on a double cone at the magic angle, which is why the inverse is ill-posed.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.fourier import fast_shape, filtered, frequencies


def dipole_kernel(grid: Grid) -> np.ndarray:
    """Return the half spectrum of the dipole kernel on a grid's own shape.

    Parameters
    ----------
    grid : Grid

    Returns
    -------
    kernel : (x, y, z // 2 + 1) float32 array, dimensionless
        Between -2/3 and 1/3; 0 at the origin.

    References
    ----------
    Marques and Bowtell 2005, doi:10.1002/cmr.b.20034; Salomir et al. 2003, doi:10.1002/cmr.b.10083
    """
    x, y, z = grid.shape
    kernel = np.empty((x, y, z // 2 + 1), np.float32)
    for j, plane in enumerate(dipole_planes(grid)):
        kernel[:, j] = plane
    return kernel


def dipole_planes(grid: Grid) -> Iterator[np.ndarray]:
    """Yield the half spectrum of the dipole kernel plane by plane, for work that stays in the processor's cache.

    Parameters
    ----------
    grid : Grid

    Yields
    ------
    plane : (x, z // 2 + 1) float32 array, dimensionless
        For each frequency of the second axis; the caller may change it.
    """
    grid.require_direction()
    waves = frequencies(grid.shape, grid.voxel_size)
    kx, kz = waves[0][:, 0], waves[2][0]
    bx, by, bz = (np.float32(b) for b in grid.b0_direction)
    third = np.float32(1 / 3)
    for j, k in enumerate(waves[1].ravel()):
        along = (kx * bx + k * by) + kz * bz
        squared = (kx * kx + k * k) + kz * kz
        if j == 0:
            squared[0, 0] = 1
        along *= along
        along /= squared
        np.subtract(third, along, out=along)
        if j == 0:
            along[0, 0] = 0
        yield along


def dipole_field(chi: np.ndarray, grid: Grid, *, pad: int = 0) -> np.ndarray:
    """Compute the field of a susceptibility distribution.

    Parameters
    ----------
    chi : (x, y, z) float array, ppm
    grid : Grid
    pad : int, voxels
        Zeros added on every side against wrap-around.

    Returns
    -------
    field : (x, y, z) float array, ppm
    """
    shape = fast_shape(grid.shape, pad)
    return filtered(chi, dipole_kernel(grid.resized(shape)), shape)
