import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm, rankdata

from nipype_qsm.kernels.cohort.inverse_normal import inverse_normal


def test_without_ties_both_rules_are_bloms_formula(rng):
    values = rng.normal(size=(200, 2))
    expected = norm.ppf((rankdata(values, axis=0) - 0.375) / (200 + 0.25))
    for ties in ("mean_score", "mean_rank"):
        np.testing.assert_allclose(inverse_normal(values, ties=ties), expected, atol=1e-14)  # 0


def test_equal_values_share_the_mean_of_their_scores_or_the_score_of_their_mean_rank():
    column = np.array([5.0, 1, 5, 3, 5])[:, None]
    scores = norm.ppf((np.arange(1, 6) - 0.375) / 5.25)
    mean_score = inverse_normal(column)[:, 0]
    np.testing.assert_allclose(mean_score[[1, 3, 0]], [scores[0], scores[1], scores[2:].mean()], atol=1e-15)
    mean_rank = inverse_normal(column, ties="mean_rank")[:, 0]
    assert mean_rank[0] == pytest.approx(norm.ppf((4 - 0.375) / 5.25))
    assert mean_rank[0] != pytest.approx(mean_score[0], abs=1e-3)
    assert mean_score.sum() == pytest.approx(0, abs=1e-14)  # mean scores keep the mean at zero


@given(st.lists(st.integers(-5, 5), min_size=2, max_size=40))
def test_order_is_kept_and_equal_stays_equal(numbers):
    column = np.array(numbers, float)
    scores = inverse_normal(column[:, None])[:, 0]
    for a, b in zip(np.argsort(column)[:-1], np.argsort(column)[1:], strict=True):
        assert (scores[a] < scores[b]) == (column[a] < column[b])


def test_gaps_stay_and_do_not_count(rng):
    column = rng.normal(size=50)
    with_gaps = np.r_[column, [np.nan] * 5]
    np.testing.assert_array_equal(inverse_normal(with_gaps[:, None])[:50, 0], inverse_normal(column[:, None])[:, 0])
    assert np.isnan(inverse_normal(with_gaps[:, None])[50:]).all()


def test_one_value_for_all_becomes_zero():
    np.testing.assert_allclose(inverse_normal(np.full((9, 1), 3.0)), 0, atol=1e-15)
