import numpy as np
import pytest
from scipy import ndimage

from nipype_qsm.geometry import Grid
from nipype_qsm.interfaces.background import BACKGROUND_REMOVALS
from nipype_qsm.kernels.dipole import dipole_field
from nipype_qsm.kernels.own_harmonic import foreign_share
from nipype_qsm.kernels.weighted_field import FOREIGN

GRID = Grid((36, 40, 26), (4.0, 4.0, 5.0), (0.2, 0.1, 0.97))


def brain(rng):
    """Return the map of a brain-sized ellipsoid of blobs in a rim, and its mask."""
    places = np.meshgrid(*((np.arange(n) - n / 2) * d for n, d in zip(GRID.shape, GRID.voxel_size, strict=True)))
    x, y, z = (np.swapaxes(place, 0, 1) for place in places)
    radius = np.sqrt((x / 62) ** 2 + (y / 72) ** 2 + (z / 55) ** 2)
    blobs = ndimage.gaussian_filter(rng.standard_normal(GRID.shape), 1.5) * 0.2 + 0.03 * (radius > 0.85)
    return np.where(radius < 1, blobs, 0).astype(np.float32), radius < 1


def cropped(field, mask):
    """Return a field in the mask's box, without level."""
    (box,) = ndimage.find_objects(mask.astype(int))
    return np.where(mask, field - field[mask].mean(), 0)[box].astype(np.float32), mask[box]


@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_the_field_of_a_map_has_no_foreign_part(rng, noise):
    chi, mask = brain(rng)
    field = dipole_field(chi, GRID, pad=16) + noise * rng.standard_normal(mask.shape)
    assert foreign_share(*cropped(field, mask), GRID) < FOREIGN  # measured 0.124 and 0.130


@pytest.mark.parametrize("method", BACKGROUND_REMOVALS)
def test_a_background_removal_makes_the_harmonic_part_foreign(rng, method):
    chi, mask = brain(rng)
    shell = ndimage.binary_dilation(mask, iterations=6) & ~ndimage.binary_dilation(mask, iterations=3)
    total = dipole_field(chi + np.where(shell, rng.standard_normal(mask.shape), 0).astype(np.float32), GRID, pad=16)
    found = BACKGROUND_REMOVALS[method]._kernel(total, mask, GRID)
    assert foreign_share(*cropped(found.field_local, found.mask_local), GRID) > FOREIGN


def test_neither_unit_nor_sign_nor_the_size_of_voxels_counts(rng):
    chi, mask = brain(rng)
    field, inside = cropped(dipole_field(chi, GRID, pad=16), mask)
    small = Grid(GRID.shape, tuple(size / 4 for size in GRID.voxel_size), GRID.b0_direction)
    share = foreign_share(field, inside, GRID)
    assert foreign_share(-8 * field, inside, GRID) == pytest.approx(share, rel=1e-4)
    assert foreign_share(field, inside, small) == pytest.approx(share, rel=1e-4)


def test_finer_voxels_are_averaged(rng):
    chi, mask = brain(rng)
    field, inside = cropped(dipole_field(chi, GRID, pad=16), mask)
    fine = Grid(tuple(2 * n for n in inside.shape), tuple(size / 2 for size in GRID.voxel_size), GRID.b0_direction)
    field_fine, inside_fine = (np.kron(part, np.ones((2, 2, 2), part.dtype)) for part in (field, inside))
    assert foreign_share(field_fine, inside_fine, fine) == pytest.approx(foreign_share(field, inside, GRID), rel=1e-4)


def test_no_field_has_no_foreign_part(rng):
    _, mask = brain(rng)
    field, inside = cropped(np.zeros(mask.shape, np.float32), mask)
    assert foreign_share(field, inside, GRID) == 0
