"""Joint dipoles: what the Laplacian boundary value leaves is explained by dipoles on both sides of the mask's surface.

The Laplacian boundary value takes all of the field on the surface for background. What is wrong with that is the local
field there, continued inwards. It comes from sources in the brain near the surface, and undoing it takes imagined ones
just outside: both kinds are about as large. So dipoles inside and outside share what is left, and the field of those
outside is the rest of the background. Unlike in a projection onto outside dipoles alone, local field has sources to go
to, and is not taken for background; unlike with the boundary value alone, the surface keeps its value. Holes in the
mask are no surface: there the field is not known, but no background comes from there.
"""

from __future__ import annotations

import warnings

import numpy as np
from scipy import ndimage

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.background.lbv import lbv
from nipype_qsm.kernels.background.pdf import field_of_sources, fit_sources
from nipype_qsm.kernels.conjugate_gradients import inner_product
from nipype_qsm.kernels.dipole import dipole_kernel
from nipype_qsm.kernels.fourier import bounding_box, fast_shape
from nipype_qsm.kernels.local_field import TwiceIteratedLocalField, local_field
from nipype_qsm.kernels.poisson import negative_laplacian, solve_poisson


def joint_dipoles(
    field_total: np.ndarray,
    mask: np.ndarray,
    grid: Grid,
    *,
    outside: float = 2.0,
    tolerance: float = 0.01,
    max_iterations: int = 30,
    pad_mm: float = 8.0,
) -> TwiceIteratedLocalField:
    """Subtract from the field a Laplacian boundary value, and what dipoles outside explain of the rest.

    With f the field that the boundary value leaves, minimises `|f - D x|^2` over sources x, those outside the mask
    `outside` times as large as those inside, by a few conjugate gradients from x = 0; D convolves with a dipole.

    Parameters
    ----------
    field_total : (x, y, z) float array, ppm
    mask : (x, y, z) bool array
    grid : Grid
        Its B0 direction turns the dipoles.
    outside : float, dimensionless, > 0
        How large a source outside the mask may be, relative to one inside. Larger takes more for background.
    tolerance : float, dimensionless, 0 < tolerance < 1
        Stop when an iteration explains less than this share of the energy that the boundary value left.
    max_iterations : int
        Limit of the iteration; reaching it warns.
    pad_mm : float, mm
        How far outside the mask's box sources may lie, at least.

    Returns
    -------
    field_local : (x, y, z) float32 array, ppm
        Zero outside `mask_local`.
    mask_local : (x, y, z) bool array
        The mask.
    n_removed : int
        Voxels of the mask that are not in `mask_local`: none.
    iterations : list of int
        Of the boundary value, of the dipoles; residual likewise.
    residual : list of float
        Relative to the right-hand side; share of the energy that the last iteration explained.
    converged : bool
        Whether both did.

    References
    ----------
    Zhou et al. 2014, doi:10.1002/nbm.3064; Liu et al. 2011, doi:10.1002/nbm.1670; sources on both sides of the surface
    in Liu et al. 2017, doi:10.1002/mrm.26331
    """
    if outside <= 0:
        raise QSMError(f"outside is {outside:g}.", remedy="Give a ratio above 0, such as 2.")
    mask = np.asarray(mask, bool)
    field, brain = _bridged(field_total, mask, grid)
    boundary = lbv(field, brain, grid, reach_mm=None)
    box = bounding_box(mask)
    inside = mask[box]
    left = np.where(inside, boundary.field_local[box], np.float32(0))
    shape = fast_shape(inside.shape, [round(pad_mm / size) for size in grid.voxel_size])
    kernel = dipole_kernel(grid.resized(shape))
    corner = tuple(slice(n) for n in inside.shape)
    allowed, sources = np.full(shape, np.float32(outside**2)), np.zeros(shape, np.float32)
    allowed[corner][brain[box]] = 1
    iterations, share = fit_sources(
        left.copy(),
        inside.astype(np.float32),
        allowed,
        kernel,
        tolerance=tolerance,
        limit=max_iterations,
        whole=inner_product(left, left),
        sources=sources,
    )
    converged = share <= tolerance
    if not converged:
        warnings.warn(
            f"Joint dipoles stopped after {iterations} iterations (limit {max_iterations}) while an iteration still "
            f"explained {share:.3g} of the field's energy; {tolerance:g} was asked for.",
            RuntimeWarning,
            stacklevel=2,
        )
    sources[corner][brain[box]] = 0
    left = left - field_of_sources(sources, kernel, inside.shape)
    return TwiceIteratedLocalField(
        *local_field(left, inside, mask, box),
        [boundary.iterations, iterations],
        [boundary.residual, share],
        boundary.converged and converged,
    )


def _bridged(field: np.ndarray, mask: np.ndarray, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Return the field inside the mask, continued through its holes without sources, and the mask without holes."""
    around = np.pad(mask, 1)
    pieces, _ = ndimage.label(~around)
    holes = (pieces > 0) & (pieces != pieces[0, 0, 0])
    known = np.pad(np.where(mask, field, 0).astype(np.float32), 1)
    if holes.any():
        bend = negative_laplacian(known, holes, grid.voxel_size)
        known += solve_poisson(
            -bend, holes, grid.voxel_size, tolerance=1e-4, max_iterations=2000, name="Joint dipoles"
        ).volume
    core = (slice(1, -1),) * 3
    return known[core], (around | holes)[core]
