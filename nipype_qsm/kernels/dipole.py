"""The field of a point dipole: what links susceptibility to field.

In Fourier space the field [ppm] is D(k) chi(k) [ppm] with D = 1/3 - (k.b)^2 / k^2, b the direction of B0 and k in
physical units (1/mm). D vanishes on a double cone at the magic angle, which is why the inverse is ill-posed.
"""

from __future__ import annotations

import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.fourier import backward, fast_shape, forward, frequencies


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
    grid.require_direction()
    kx, ky, kz = frequencies(grid.shape, grid.voxel_size)
    bx, by, bz = (np.float32(b) for b in grid.b0_direction)
    along = kx * bx + ky * by + kz * bz
    squared = kx * kx + ky * ky + kz * kz
    squared[0, 0, 0] = 1
    kernel = np.float32(1 / 3) - along * along / squared
    kernel[0, 0, 0] = 0
    return kernel


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
    spectrum = forward(chi, shape)
    spectrum *= dipole_kernel(grid.resized(shape))
    nx, ny, nz = grid.shape
    return backward(spectrum, shape)[:nx, :ny, :nz]
