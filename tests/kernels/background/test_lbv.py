"""The Laplacian boundary value method: laws, and the same result as one equation a voxel."""

import numpy as np
import pytest
from scipy import ndimage

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.background.lbv import lbv
from nipype_qsm.kernels.dipole import dipole_field
from oracles import ball_head, point_dipole_field, poisson_by_matrix

VOXELS = [(1.0, 1.0, 1.0), (0.8, 0.8, 3.0), (1.5, 1.2, 2.0)]


@pytest.mark.parametrize("voxel_size", VOXELS)
def test_it_solves_the_equations_of_every_voxel(voxel_size, rng):
    grid, mask = ball_head(voxel_size, 5.0)
    field = rng.normal(size=grid.shape).astype(np.float32)
    result = lbv(field, mask, grid, tolerance=1e-6)
    interior = ndimage.binary_erosion(mask)
    np.testing.assert_array_equal(result.mask_local, interior)
    # Measured: 7e-7.
    np.testing.assert_allclose(result.field_local, poisson_by_matrix(field, interior, voxel_size), atol=2e-5)


@pytest.mark.parametrize("voxel_size", VOXELS)
def test_the_field_of_an_outside_dipole_vanishes(voxel_size):
    grid, mask = ball_head(voxel_size)
    field = 1e4 * point_dipole_field(grid, (20.0, 16.0, 12.0)).astype(np.float32)
    result = lbv(field, mask, grid)
    # Measured: 0.07 to 0.5 % of the background's own deviation.
    assert result.field_local[result.mask_local].std() < 0.01 * field[mask].std()
    assert result.converged and result.residual <= 1e-4


@pytest.mark.parametrize("voxel_size", VOXELS)
def test_a_local_source_survives(voxel_size):
    grid, mask = ball_head(voxel_size)
    chi = np.zeros(grid.shape, np.float32)
    chi[tuple(n // 2 for n in grid.shape)] = 1.0
    field = dipole_field(chi, grid, pad=10)
    local = lbv(field, mask, grid).field_local
    # Measured: 1.000.
    assert np.sum(local * field) / np.sum(field[mask] ** 2) == pytest.approx(1, abs=0.01)


def test_it_is_linear_in_the_field(rng):
    grid, mask = ball_head((1.5, 1.5, 2.0), 9.0)
    first, second = rng.normal(size=(2, *grid.shape)).astype(np.float32)

    def local(field):
        return lbv(field, mask, grid, tolerance=1e-6).field_local

    # Measured: 2e-6.
    np.testing.assert_allclose(local(first - 3 * second), local(first) - 3 * local(second), atol=5e-5)


def test_outside_the_kept_mask_all_is_zero_and_each_peeled_layer_is_counted(rng):
    grid, mask = ball_head((1.5, 1.5, 2.0))
    field = rng.normal(size=grid.shape).astype(np.float32)
    field[~mask] = np.nan
    before = field.copy(), mask.copy()
    for peel in (0, 2):
        result = lbv(field, mask, grid, peel=peel)
        np.testing.assert_array_equal(result.mask_local, ndimage.binary_erosion(mask, iterations=1 + peel))
        assert result.n_removed == mask.sum() - result.mask_local.sum()
        assert not result.field_local[~result.mask_local].any()
        assert np.abs(result.field_local).max() < 100
    np.testing.assert_array_equal(field, before[0])
    np.testing.assert_array_equal(mask, before[1])


def test_a_mask_that_touches_the_faces_of_the_volume_loses_one_layer(rng):
    grid = Grid((8, 7, 6), (1, 1, 1), (0, 0, 1))
    result = lbv(rng.normal(size=grid.shape), np.ones(grid.shape, bool), grid)
    assert result.mask_local.sum() == 6 * 5 * 4


def test_no_field_gives_no_local_field_without_iterating():
    grid, mask = ball_head((1.0, 1.0, 1.0), 5.0)
    result = lbv(np.zeros(grid.shape), mask, grid)
    assert result.iterations == 0 and result.converged and not result.field_local.any()


def test_a_stop_before_the_tolerance_warns_with_its_numbers(rng):
    grid, mask = ball_head((1.0, 1.0, 1.0), 8.0)
    with pytest.warns(RuntimeWarning, match=r"LBV stopped after 2 iterations \(limit 2\)"):
        result = lbv(rng.normal(size=grid.shape), mask, grid, max_iterations=2)
    assert not result.converged and result.residual > 1e-4


def test_a_mask_without_interior_is_refused_with_a_cure():
    grid, mask = ball_head((1.0, 1.0, 1.0), 4.0)
    with pytest.raises(QSMError, match="peel less"):
        lbv(np.zeros(grid.shape), mask, grid, peel=5)
