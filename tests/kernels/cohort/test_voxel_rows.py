import numpy as np

from nipype_qsm.kernels.cohort.voxel_rows import MISSING, voxel_rows


def test_rows_are_columns_shifted_so_that_missing_is_zero(rng):
    values = rng.integers(-32768, 32768, (70, 1030)).astype(np.int16)
    values[5, 7] = MISSING
    found = voxel_rows(values)
    np.testing.assert_array_equal(found, values.T.astype(int) + 32768)
    assert found[7, 5] == 0


def test_chosen_subjects_go_to_chosen_columns(rng):
    values = rng.integers(-99, 99, (9, 40)).astype(np.int16)
    into = np.zeros((40, 6), np.uint16)
    voxel_rows(values, [8, 1], into, [0, 5])
    np.testing.assert_array_equal(into[:, [0, 5]].astype(int) - 32768, values[[8, 1]].T)
    assert not into[:, 1:5].any()
