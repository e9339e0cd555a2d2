"""Linear resampling along the axes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nipype_qsm.kernels.resampling import linear_matrices, resample, resampled_shape


@given(n=st.integers(2, 20), size=st.floats(0.5, 4.0), new=st.floats(0.5, 4.0))
def test_the_new_voxels_cover_the_box_and_each_weight_row_sums_to_one(n, size, new):
    (n_new,) = resampled_shape((n,), (size,), (new,))
    assert n_new * new >= n * size - 1e-5 and (n_new - 1) * new < n * size
    matrix = linear_matrices((n,) * 3, (size,) * 3, (n_new,) * 3, (new,) * 3)[0]
    np.testing.assert_allclose(matrix.sum(axis=1), 1, atol=1e-5)


def test_a_linear_ramp_stays_the_same_ramp_in_millimetres():
    ramp = np.broadcast_to((np.arange(8) + 0.5) * 3.0, (4, 5, 8)).astype(np.float32)
    shape = resampled_shape(ramp.shape, (1.5, 0.8, 3.0), (1, 1, 1))
    fine = resample(ramp, linear_matrices(ramp.shape, (1.5, 0.8, 3.0), shape, (1, 1, 1)))
    assert fine.shape == (6, 4, 24) and fine.dtype == np.float32
    np.testing.assert_allclose(fine[2, 2, 1:23], np.arange(1, 23) + 0.5, rtol=1e-6)


@pytest.mark.parametrize("voxel", [(1.0, 1.0, 1.0), (0.8, 0.8, 3.0)])
def test_resampling_onto_the_own_grid_changes_nothing(voxel, rng):
    volume = rng.normal(size=(5, 6, 7)).astype(np.float32)
    np.testing.assert_allclose(
        resample(volume, linear_matrices(volume.shape, voxel, volume.shape, voxel)), volume, atol=1e-6
    )
