import numpy as np
import pytest

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.fourier import backward, forward
from nipype_qsm.kernels.gradient import difference, split_gradient, squared_gradient


def test_it_is_the_energy_of_forward_differences(rng):
    grid = Grid((6, 7, 8), (1.0, 2.0, 0.5), (0, 0, 1))
    volume = rng.normal(size=grid.shape)
    volume -= volume.mean()
    energy = sum(np.sum((np.roll(volume, -1, a) - volume) ** 2) / d**2 for a, d in enumerate(grid.voxel_size))
    filtered = backward(squared_gradient(grid) * forward(volume), grid.shape)
    np.testing.assert_allclose(np.sum(volume * filtered), energy, rtol=1e-5)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_split_step_shrinks_the_relaxed_gradient_and_sums_the_adjoint(rng, kind):
    grid = Grid((5, 6, 7), (1.0, 2.0, 0.5), (0, 0, 1))
    volume, total = rng.normal(size=(2, *grid.shape)).astype(kind)
    reached = rng.normal(size=(3, *grid.shape)).astype(kind)
    limit = rng.uniform(0, 1, grid.shape).astype(kind)
    expected = np.zeros(grid.shape)
    after = []
    for axis, size in enumerate(grid.voxel_size):
        multiplier = np.clip(reached[axis], -limit, limit)
        kept = reached[axis] - multiplier
        after.append(1.7 * (np.roll(volume, -1, axis) - volume) / size + (1 - 1.7) * kept + multiplier)
        wanted = after[axis] - 2 * np.clip(after[axis], -limit, limit)
        expected += (np.roll(wanted, 1, axis) - wanted) / size
    split_gradient(volume, reached, limit, total, grid=grid, relaxation=1.7)
    tolerance = 100 * np.finfo(kind).eps
    np.testing.assert_allclose(reached, after, atol=tolerance)
    np.testing.assert_allclose(total, expected, atol=tolerance)


def test_what_is_summed_is_the_adjoint_of_the_gradient(rng):
    first, second, total = rng.normal(size=(3, 5, 6, 7))
    grid = Grid(first.shape, (1.5, 1.0, 2.0), (0, 0, 1))
    # a limit of zero leaves the gradient as it is
    split_gradient(first, np.zeros((3, *first.shape)), np.zeros_like(first), total, grid=grid)
    products = [np.sum(difference(first, axis, grid) * difference(second, axis, grid)) for axis in range(3)]
    np.testing.assert_allclose(np.sum(total * second), sum(products))
