import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.fourier import backward, forward
from nipype_qsm.kernels.gradient import squared_gradient


def test_it_is_the_energy_of_forward_differences(rng):
    grid = Grid((6, 7, 8), (1.0, 2.0, 0.5), (0, 0, 1))
    volume = rng.normal(size=grid.shape)
    volume -= volume.mean()
    energy = sum(np.sum((np.roll(volume, -1, a) - volume) ** 2) / d**2 for a, d in enumerate(grid.voxel_size))
    filtered = backward(squared_gradient(grid) * forward(volume), grid.shape)
    np.testing.assert_allclose(np.sum(volume * filtered), energy, rtol=1e-5)
