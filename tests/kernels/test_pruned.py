import numpy as np
import pytest

from nipype_qsm.kernels.fourier import filtered, forward
from nipype_qsm.kernels.pruned import backward_pruned, filtered_pruned, forward_pruned


@pytest.mark.parametrize("shape", [(8, 9, 10), (12, 15, 20), (9, 16, 15)])
def test_leaving_out_the_zeros_changes_nothing(rng, shape):
    volume = rng.normal(size=(8, 9, 10)).astype(np.float32)
    transfer = np.abs(forward(rng.normal(size=shape)))
    transfer /= transfer.max()
    np.testing.assert_allclose(forward_pruned(volume, shape), forward(volume, shape), atol=1e-4)
    np.testing.assert_allclose(filtered_pruned(volume, transfer, shape), filtered(volume, transfer, shape), atol=1e-5)
    np.testing.assert_allclose(backward_pruned(forward_pruned(volume, shape), shape, volume.shape), volume, atol=1e-5)
