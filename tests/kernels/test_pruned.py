import numpy as np
import pytest

from nipype_qsm.kernels.fourier import filtered, forward
from nipype_qsm.kernels.pruned import backward_pruned, condensed, condensed_shape, filtered_pruned, forward_pruned


@pytest.mark.parametrize("shape", [(8, 9, 10), (12, 15, 20), (9, 16, 15)])
def test_leaving_out_the_zeros_changes_nothing(rng, shape):
    volume = rng.normal(size=(8, 9, 10)).astype(np.float32)
    transfer = np.abs(forward(rng.normal(size=shape)))
    transfer /= transfer.max()
    np.testing.assert_allclose(forward_pruned(volume, shape), forward(volume, shape), atol=1e-4)
    np.testing.assert_allclose(filtered_pruned(volume, transfer, shape), filtered(volume, transfer, shape), atol=1e-5)

    def by_planes(plane, j):
        plane *= transfer[:, j]

    np.testing.assert_array_equal(filtered_pruned(volume, by_planes, shape), filtered_pruned(volume, transfer, shape))
    np.testing.assert_allclose(backward_pruned(forward_pruned(volume, shape), shape, volume.shape), volume, atol=1e-5)


@pytest.mark.parametrize("shape", [(40, 45, 48), (16, 45, 30), (15, 17, 20)])
def test_a_condensed_transfer_function_filters_the_box_like_the_large_grid(rng, shape):
    volume = rng.normal(size=(8, 9, 10))
    kernel = np.abs(forward(rng.normal(size=shape))) ** 2  # real and even, like the dipole's
    few = condensed_shape(volume.shape, shape)
    assert all(small <= large for small, large in zip(few, shape, strict=True))
    expected = filtered(volume, kernel, shape)
    found = filtered_pruned(volume, condensed(kernel, shape, volume.shape), few)
    np.testing.assert_allclose(found, expected, atol=1e-9 * np.abs(expected).max())
