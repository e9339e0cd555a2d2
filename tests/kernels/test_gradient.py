import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.fourier import backward, forward
from nipype_qsm.kernels.gradient import split_gradient, squared_gradient


def test_it_is_the_energy_of_forward_differences(rng):
    grid = Grid((6, 7, 8), (1.0, 2.0, 0.5), (0, 0, 1))
    volume = rng.normal(size=grid.shape)
    volume -= volume.mean()
    energy = sum(np.sum((np.roll(volume, -1, a) - volume) ** 2) / d**2 for a, d in enumerate(grid.voxel_size))
    filtered = backward(squared_gradient(grid) * forward(volume), grid.shape)
    np.testing.assert_allclose(np.sum(volume * filtered), energy, rtol=1e-5)


def test_one_split_step_clips_what_is_above_the_limit_and_sums_the_adjoint(rng):
    volume, multiplier = rng.normal(size=(2, 5, 6, 7))
    gradient, total = (np.roll(volume, -1, 1) - volume) / 2, np.ones_like(volume)
    expected = np.clip(gradient + multiplier, -0.4, 0.4)
    kept = gradient + multiplier - 2 * expected
    split_gradient(volume, multiplier, np.float64(0.4), total, axis=1, size=2.0)
    np.testing.assert_allclose(multiplier, expected)
    np.testing.assert_allclose(total, 1 + (np.roll(kept, 1, 1) - kept) / 2)


def test_what_is_summed_is_the_adjoint_of_the_gradient(rng):
    first, second = rng.normal(size=(2, 5, 6, 7))
    total = np.zeros_like(first)
    # a limit of zero leaves the gradient as it is
    split_gradient(first, np.zeros_like(first), np.float64(0), total, axis=0, size=1.5)
    gradients = [(np.roll(v, -1, 0) - v) / 1.5 for v in (first, second)]
    np.testing.assert_allclose(np.sum(total * second), np.sum(gradients[0] * gradients[1]))
