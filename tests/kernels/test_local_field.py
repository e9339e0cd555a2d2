import numpy as np

from nipype_qsm.kernels.local_field import local_field


def test_the_box_is_put_back_and_what_is_not_known_is_zero_and_counted(rng):
    mask = np.zeros((6, 7, 8), bool)
    mask[1:5, 2:6, 3:7] = True
    box = (slice(1, 5), slice(2, 6), slice(3, 7))
    local, known = rng.normal(size=(4, 4, 4)), rng.random((4, 4, 4)) < 0.6
    found = local_field(local, known, mask, box)
    np.testing.assert_array_equal(found.mask_local[box], known)
    np.testing.assert_allclose(found.field_local[box], np.where(known, local, 0), rtol=1e-6)
    assert found.field_local.dtype == np.float32
    assert not found.field_local[~mask].any() and not found.mask_local[~mask].any()
    assert found.n_removed == 64 - known.sum()
