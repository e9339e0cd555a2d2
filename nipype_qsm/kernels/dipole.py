"""The field of a point dipole: what links susceptibility to field.

In Fourier space the field [ppm] is D(k) chi(k) [ppm] with D = 1/3 - (k.b)^2 / k^2, b the direction of B0 and k in
physical units (1/mm). D vanishes on a double cone at the magic angle, which is why the inverse is ill-posed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

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
    waves = dipole_waves(grid)
    kernel = np.empty((waves.x.size, waves.y.size, waves.z.size), np.float32)
    _fill(kernel, waves)
    return kernel


class Waves(NamedTuple):
    """Spatial frequencies [1/mm] along the axes of a half spectrum, and the direction of B0."""

    x: np.ndarray
    y: np.ndarray
    z: np.ndarray
    b0_direction: tuple[np.float32, np.float32, np.float32]


def dipole_waves(grid: Grid) -> Waves:
    """Return what `dipole_at` needs of a grid."""
    grid.require_direction()
    x, y, z = (k.ravel() for k in frequencies(grid.shape, grid.voxel_size))
    bx, by, bz = (np.float32(b) for b in grid.b0_direction)
    return Waves(x, y, z, (bx, by, bz))


@njit(inline="always", error_model="numpy")
def dipole_at(waves: Waves, i: int, j: int, k: int) -> np.float32:
    """Return the dipole kernel at a frequency, for compiled loops that hold no kernel; not a number at the origin."""
    x, y, z = waves.x[i], waves.y[j], waves.z[k]
    bx, by, bz = waves.b0_direction
    along = (x * bx + y * by) + z * bz
    return np.float32(1 / 3) - along * along / ((x * x + y * y) + z * z)


@njit(cache=True, nogil=True, error_model="numpy")
def _fill(kernel: np.ndarray, waves: Waves) -> None:
    for i in range(kernel.shape[0]):
        for j in range(kernel.shape[1]):
            for k in range(kernel.shape[2]):
                kernel[i, j, k] = dipole_at(waves, i, j, k)
    kernel[0, 0, 0] = 0


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
