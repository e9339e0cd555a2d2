"""The Laplacian boundary value method: laws, and the same result as one equation a voxel."""

import numpy as np
import pytest
from backgrounds import LAWS, VOXELS, background_left, source_kept
from scipy import ndimage

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.background.lbv import lbv
from oracles import ball_head, poisson_by_matrix


@pytest.mark.parametrize("reach_mm", [None, 8.0])
@pytest.mark.parametrize("voxel_size", VOXELS)
def test_it_solves_the_equations_of_every_voxel(voxel_size, reach_mm, rng):
    grid, mask = ball_head(voxel_size, 5.0)
    field = rng.normal(size=grid.shape).astype(np.float32)
    result = lbv(field, mask, grid, tolerance=1e-6, reach_mm=reach_mm)
    interior = ndimage.binary_erosion(mask)
    np.testing.assert_array_equal(result.mask_local, interior)
    # Measured: 7e-7.
    expected = poisson_by_matrix(field, interior, voxel_size, reach_mm=reach_mm)
    np.testing.assert_allclose(result.field_local, expected, atol=2e-5)


@pytest.mark.parametrize("law", LAWS)
def test_it_obeys_a_law_of_background_removal(law, rng):
    law(lbv, rng)


@pytest.mark.parametrize("voxel_size", VOXELS)
def test_an_outside_dipole_vanishes_and_a_local_source_survives(voxel_size):
    # Measured: 0.06 to 0.6 % of the background; slopes of 0.9995 to 0.9999.
    assert background_left(lbv, voxel_size, (20.0, 16.0, 12.0)) < 0.01
    assert source_kept(lbv, voxel_size, 14.0) == pytest.approx(1, abs=0.01)


def test_it_is_linear_in_the_field(rng):
    grid, mask = ball_head((1.5, 1.5, 2.0), 9.0)
    first, second = rng.normal(size=(2, *grid.shape)).astype(np.float32)

    def local(field):
        return lbv(field, mask, grid, tolerance=1e-6).field_local

    # Measured: 2e-6.
    np.testing.assert_allclose(local(first - 3 * second), local(first) - 3 * local(second), atol=5e-5)


@pytest.mark.parametrize("peel", [0, 2])
def test_the_surface_and_each_peeled_layer_are_lost(rng, peel):
    grid, mask = ball_head((1.5, 1.5, 2.0))
    result = lbv(rng.normal(size=grid.shape), mask, grid, peel=peel)
    np.testing.assert_array_equal(result.mask_local, ndimage.binary_erosion(mask, iterations=1 + peel))


def test_a_mask_that_touches_the_faces_of_the_volume_loses_one_layer(rng):
    grid = Grid((8, 7, 6), (1, 1, 1), (0, 0, 1))
    result = lbv(rng.normal(size=grid.shape), np.ones(grid.shape, bool), grid)
    assert result.mask_local.sum() == 6 * 5 * 4


def test_a_stop_before_the_tolerance_warns_with_its_numbers(rng):
    grid, mask = ball_head((1.0, 1.0, 1.0), 8.0)
    with pytest.warns(RuntimeWarning, match=r"LBV stopped after 2 iterations \(limit 2\)"):
        result = lbv(rng.normal(size=grid.shape), mask, grid, max_iterations=2)
    assert not result.converged and result.residual > 1e-4


def test_what_is_wrong_on_the_surface_fades_inwards():
    grid, mask = ball_head((1.0, 1.0, 1.0), 16.0)
    surface = mask & ~ndimage.binary_erosion(mask)
    middle = tuple(n // 2 for n in grid.shape)
    # A local field of 1 on the surface alone; inside, sinh(r / 5) / r solves the screened equation.
    local = {reach: lbv(surface.astype(np.float32), mask, grid, reach_mm=reach).field_local for reach in (None, 5.0)}
    assert local[None][middle] == pytest.approx(-1, abs=0.001)
    # Measured: -0.282; the surface lies at 15 to 16 mm.
    assert local[5.0][middle] == pytest.approx(-(15.5 / 5) / np.sinh(15.5 / 5), abs=0.01)


def test_a_reach_of_nothing_is_refused_with_a_cure(rng):
    grid, mask = ball_head((1.0, 1.0, 1.0), 4.0)
    with pytest.raises(QSMError, match="or None"):
        lbv(rng.normal(size=grid.shape), mask, grid, reach_mm=0)


def test_a_mask_without_interior_is_refused_with_a_cure():
    grid, mask = ball_head((1.0, 1.0, 1.0), 4.0)
    with pytest.raises(QSMError, match="peel less"):
        lbv(np.zeros(grid.shape), mask, grid, peel=5)
