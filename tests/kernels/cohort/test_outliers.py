import numpy as np
import pytest

from nipype_qsm.kernels.cohort.outliers import outliers


def test_what_lies_six_plain_median_deviations_off_is_called_missing():
    column = np.r_[np.arange(-10.0, 11), 31, 29.9, np.nan]  # median 0.5 to 1, deviation near 6
    found = outliers(column[:, None])
    middle = np.nanmedian(column)
    limit = 6 * np.nanmedian(np.abs(column - middle))
    np.testing.assert_array_equal(np.isnan(found.values[:, 0]), np.isnan(column) | (np.abs(column - middle) > limit))


def test_a_gaussian_loses_about_two_in_thirty_five_thousand(rng):
    assert outliers(rng.normal(size=(35273, 6))).n_removed.mean() == pytest.approx(1.8, abs=2.5)  # expected 1.8
    assert outliers(rng.normal(size=(35273, 3)), mad_scale=1.4826).n_removed.sum() == 0


def test_answers_of_few_levels_are_left_alone():
    yes_or_no, score = np.r_[np.zeros(990), np.ones(10)], np.r_[np.ones(990), np.arange(10) % 9]
    found = outliers(np.column_stack([yes_or_no, score]))
    assert found.n_removed.tolist() == [0, 0]
    assert outliers(yes_or_no[:, None], min_levels=0).n_removed[0] == 10


def test_a_median_deviation_of_zero_gives_way_to_the_standard_deviation():
    column = np.r_[np.zeros(900), np.linspace(-1, 1, 99), 50.0]
    found = outliers(column[:, None])
    assert found.n_removed[0] == 1  # with a limit of zero it would be 99
    assert np.isnan(found.values[-1, 0])


def test_shift_and_scale_do_not_matter_and_the_input_is_left_alone(rng):
    values = rng.standard_t(2, size=(400, 3))
    before = values.copy()
    removed = outliers(values).n_removed
    np.testing.assert_array_equal(removed, outliers(values * 1000 + 7).n_removed)
    assert removed.sum() > 5
    np.testing.assert_array_equal(values, before)


def test_an_empty_column_and_a_constant_one_stay():
    found = outliers(np.column_stack([np.full(20, np.nan), np.ones(20)]))
    assert found.n_removed.tolist() == [0, 0]
    np.testing.assert_array_equal(found.values[:, 1], 1)
