"""One step from wrapped phase to local phase, after HARPERELLA: unwrapping and background removal by the Laplacian.

The Laplacian of the true phase follows from the wrapped one, and the background has none inside the brain. So Poisson's
equation with the Laplacian inside the mask as its source gives a phase that has neither jumps nor background.
What is left open is a harmonic function, and it is set by calling the local phase zero on the surface.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.fourier import bounding_box
from nipype_qsm.kernels.poisson import negative_laplacian_of_phase, solve_poisson


class HARPERELLAResult(NamedTuple):
    """Local phase of each echo [rad]; where it is; iterations, residual of each echo; whether all converged."""

    phase_unwrapped: np.ndarray
    mask_local: np.ndarray
    iterations: list[int]
    residual: list[float]
    converged: bool


def harperella(
    phase: np.ndarray, mask: np.ndarray, grid: Grid, *, tolerance: float = 1e-4, max_iterations: int = 2000
) -> HARPERELLAResult:
    """Unwrap each echo and remove its background in one step.

    Parameters
    ----------
    phase : (x, y, z) or (x, y, z, echo) float array, rad
    mask : (x, y, z) bool array
    grid : Grid
        For its voxel size.
    tolerance : float, dimensionless, 0 < tolerance < 1
        Stop when the residual of Poisson's equation has fallen to this part.
    max_iterations : int
        Limit; reaching it warns.

    Returns
    -------
    phase_unwrapped : as phase, rad
        Local phase; zero outside `mask_local`.
    mask_local : (x, y, z) bool array
        The mask without its surface.
    iterations, residual : lists, one an echo
    converged : bool

    References
    ----------
    Li et al. 2014, doi:10.1002/nbm.3056; Zhou et al. 2014 (the boundary), doi:10.1002/nbm.3064
    """
    box = bounding_box(mask)
    inside = np.pad(mask[box], 1)
    interior = ndimage.binary_erosion(inside)
    if not interior.any():
        raise QSMError(f"The mask of {int(mask.sum())} voxels has no interior.", remedy="Give the whole brain as mask.")
    echoes = phase if phase.ndim == 4 else phase[..., None]
    local = np.zeros_like(np.moveaxis(echoes, -1, 0), np.float32)
    counts, residuals = [], []
    for echo, volume in enumerate(np.moveaxis(echoes, -1, 0)):
        source = negative_laplacian_of_phase(np.pad(volume[box], 1).astype(np.float32), interior, grid.voxel_size)
        found = solve_poisson(
            source,
            interior,
            grid.voxel_size,
            tolerance=tolerance,
            max_iterations=max_iterations,
            name=f"HARPERELLA of echo {echo + 1}",
        )
        local[echo][box] = found.volume[1:-1, 1:-1, 1:-1]
        counts.append(found.iterations)
        residuals.append(found.residual)
    mask_local = np.zeros(mask.shape, bool)
    mask_local[box] = interior[1:-1, 1:-1, 1:-1]
    unwrapped = np.moveaxis(local, 0, -1).reshape(phase.shape)
    return HARPERELLAResult(unwrapped, mask_local, counts, residuals, max(residuals) <= tolerance)
