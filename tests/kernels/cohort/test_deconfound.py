import numpy as np
import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.cohort.associate import associate
from nipype_qsm.kernels.cohort.deconfound import deconfound
from oracles import regressed_row_by_row

RATES = (0, 0.01, 0.05, 0.3, 0.5, 0.7, 0.9, 0.95)


def with_gaps(rng, n, confounds, rates=RATES):
    """Columns that follow the first confound, with gaps where it is large, at each rate."""
    values = rng.normal(size=(n, len(rates))) + confounds[:, :1]
    chance = np.argsort(np.argsort(confounds[:, 0])) / n
    for column, rate in enumerate(rates):
        values[rng.random(n) < np.clip(rate * (0.5 + chance), 0, 0.97), column] = np.nan
    return values


def test_no_confound_is_left_on_a_columns_own_rows_at_any_missing_rate(rng):
    confounds = rng.normal(size=(2000, 30))
    values = with_gaps(rng, 2000, confounds)
    found = deconfound(values, confounds)
    worst = 0.0
    for column in range(len(RATES)):
        rows = ~np.isnan(found.residuals[:, column])
        np.testing.assert_array_equal(rows, ~np.isnan(values[:, column]))
        worst = max([worst, *(abs(np.corrcoef(found.residuals[rows, column], c[rows])[0, 1]) for c in confounds.T)])
    assert worst < 1e-10  # 1e-16


def test_it_is_least_squares_column_by_column(rng):
    confounds = rng.normal(size=(500, 6))
    confounds[:, 3] = confounds[:, 2] * 2
    confounds[7, 1] = np.nan
    values = with_gaps(rng, 500, np.nan_to_num(confounds))
    found = deconfound(values, confounds)
    expected, ranks = regressed_row_by_row(values, confounds)
    np.testing.assert_allclose(found.residuals, expected, atol=1e-12)  # 4e-15
    np.testing.assert_array_equal(found.rank, ranks)
    np.testing.assert_array_equal(found.n, (~np.isnan(expected)).sum(axis=0))


def test_filling_gaps_with_zero_would_leave_the_confound_in(rng):
    """The obvious shortcut, for the record: a correlation of 0.1 and more stays where there is none."""
    confounds = rng.normal(size=(4000, 5))
    values = rng.normal(size=(4000, 1)) + 1.2 * confounds[:, :1]
    known = rng.random(4000) > 0.5
    filled = np.where(known, values[:, 0], 0)
    shortcut = filled - confounds @ np.linalg.lstsq(confounds, filled, rcond=None)[0]
    assert abs(np.corrcoef(shortcut[known], confounds[known, 0])[0, 1]) > 0.1  # 0.36
    exact = deconfound(np.where(known[:, None], values, np.nan), confounds).residuals[known, 0]
    assert abs(np.corrcoef(exact, confounds[known, 0])[0, 1]) < 1e-10


def test_each_column_can_have_a_confound_of_its_own(rng):
    confounds, values, own = rng.normal(size=(300, 4)), rng.normal(size=(300, 3)), rng.normal(size=(300, 3))
    own[rng.random(own.shape) < 0.1] = np.nan
    own[:, 1] = np.nan
    found = deconfound(values, confounds, own)
    for column in range(3):
        design = confounds if column == 1 else np.column_stack([confounds, own[:, column]])
        expected, rank = regressed_row_by_row(values[:, [column]], design)
        np.testing.assert_allclose(found.residuals[:, column], expected[:, 0], atol=1e-12)  # 3e-15
        assert found.rank[column] == rank[0]


def test_an_own_confound_that_adds_nothing_costs_no_rank(rng):
    confounds, values = rng.normal(size=(200, 3)), rng.normal(size=(200, 1))
    found = deconfound(values, confounds, confounds[:, [1]] - 2 * confounds[:, [2]])
    assert found.rank[0] == 3


def test_forty_subjects_against_six_hundred_confounds_are_refused_with_the_reason(rng):
    values = np.full((700, 2), np.nan)
    values[:40, 0] = rng.normal(size=40)
    values[:, 1] = rng.normal(size=700)
    found = deconfound(values, rng.normal(size=(700, 600)))
    assert np.isnan(found.residuals[:, 0]).all()
    assert found.reason == ["40 subjects and 39 independent confounds leave -1 degrees of freedom", ""]
    by_component = deconfound(values, rng.normal(size=(700, 600)), n_components=5)
    assert by_component.reason == ["", ""]


def test_columns_with_nothing_in_them_are_refused_with_the_reason(rng):
    confounds = rng.normal(size=(100, 3))
    constant, copied, empty = np.full(100, 0.1), confounds @ [1, 2, 3] + 5, np.full(100, np.nan)
    found = deconfound(np.column_stack([constant, copied, empty]), confounds)
    assert found.reason == [
        "constant",
        "explained by the confounds altogether",
        "no subject has this value and all confounds",
    ]
    assert np.isnan(found.residuals).all()


def test_many_columns_of_one_pattern_and_many_patterns_give_the_same(rng):
    confounds, values = rng.normal(size=(120, 4)), rng.normal(size=(120, 130))
    values[:10, 60:] = np.nan
    together = deconfound(values, confounds).residuals
    np.testing.assert_allclose(
        together[:, [0, 59, 60, 129]], deconfound(values[:, [0, 59, 60, 129]], confounds).residuals, atol=1e-13
    )


@pytest.mark.parametrize(("n", "k"), [(100, 60), (300, 60)])
def test_false_positives_are_five_percent_with_the_adjusted_degrees_of_freedom(rng, n, k):
    """The note's case: with n - 2 one test in five is called significant where nothing is."""
    confounds = rng.normal(size=(n, k))
    x = rng.normal(size=(n, 40)) + confounds @ rng.normal(size=(k, 40)) / 4
    y = rng.normal(size=(n, 60)) + confounds @ rng.normal(size=(k, 60)) / 4
    x, y = deconfound(x, confounds), deconfound(y, confounds)
    adjusted = associate(x.residuals, y.residuals, x.rank, y.rank).mlog10p > -np.log10(0.05)
    pairwise = associate(x.residuals, y.residuals, dof="pairwise").mlog10p > -np.log10(0.05)
    assert adjusted.mean() == pytest.approx(0.05, abs=0.015)  # 0.048, 0.052
    assert pairwise.mean() > (0.19 if n == 100 else 0.07)  # 0.212, 0.082


def test_tables_of_different_subjects_are_refused():
    with pytest.raises(QSMError, match="Join the tables by subject first"):
        deconfound(np.zeros((3, 1)), np.zeros((4, 1)))


def test_inputs_are_left_alone(rng):
    values, confounds = rng.normal(size=(50, 2)), rng.normal(size=(50, 2))
    before = values.copy(), confounds.copy()
    deconfound(values, confounds)
    np.testing.assert_array_equal(values, before[0])
    np.testing.assert_array_equal(confounds, before[1])
