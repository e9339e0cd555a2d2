import numpy as np
import pytest
from scipy import ndimage

from nipype_qsm.kernels.poisson import negative_laplacian, negative_laplacian_of_phase, solve_poisson
from oracles import ball_head, poisson_by_matrix

VOXELS = [(1.0, 1.0, 1.0), (0.8, 0.8, 3.0)]


@pytest.mark.parametrize("voxel_size", VOXELS)
def test_it_solves_the_equations_of_every_voxel(voxel_size, rng):
    grid, mask = ball_head(voxel_size, 5.0)
    field = rng.normal(size=grid.shape).astype(np.float32)
    interior = ndimage.binary_erosion(mask)
    source = negative_laplacian(field, interior, voxel_size)
    found = solve_poisson(source, interior, voxel_size, tolerance=1e-6, max_iterations=2000, name="This")
    np.testing.assert_allclose(found.volume, poisson_by_matrix(field, interior, voxel_size), atol=2e-5)  # measured 7e-7
    assert found.converged and found.residual <= 1e-6
    assert found.iterations > 1


@pytest.mark.parametrize("voxel_size", VOXELS)
def test_wraps_do_not_bend_the_phase(voxel_size):
    grid, mask = ball_head(voxel_size, 5.0)
    x, y, z = np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij")
    phase = (2.5 * x - 1.5 * y + 0.02 * z**2).astype(np.float32)
    wrapped = np.angle(np.exp(1j * phase)).astype(np.float32)
    interior = ndimage.binary_erosion(mask)
    expected = negative_laplacian(phase, interior, voxel_size)
    assert expected.any()
    np.testing.assert_allclose(negative_laplacian_of_phase(wrapped, interior, voxel_size), expected, atol=2e-5)


def test_no_source_needs_no_iteration():
    grid, mask = ball_head((1.0, 1.0, 1.0), 5.0)
    nothing = np.zeros(grid.shape, np.float32)
    found = solve_poisson(nothing, mask, grid.voxel_size, tolerance=1e-3, max_iterations=10, name="This")
    assert not found.volume.any()
    assert found[1:] == (0, 0.0, True)
