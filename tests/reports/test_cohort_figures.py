import numpy as np
import pytest

from nipype_qsm.reports.cohort_figures import against, age_curves, confound_effects


@pytest.mark.parametrize("n", [100, 4000])
def test_the_title_tells_correlation_and_count(rng, n):
    x = rng.normal(size=n)
    y = -x
    y[:10] = np.nan
    axes = against(x, y, across="a", up="b").axes[0]
    assert axes.get_title() == f"r = \N{MINUS SIGN}1.000, n = {n - 10:,}"


def test_before_and_after_stand_side_by_side_on_one_scale(rng):
    x = rng.normal(size=50)
    before, after = against(x, x, across="gradient", up="T2*", after=rng.normal(size=50)).axes
    assert before.get_ylim() == after.get_ylim()
    assert before.get_title().startswith("before")


def test_the_curve_over_age_is_the_mean_of_each_part(rng):
    age = rng.uniform(45, 80, 1200)
    figure = age_curves(age, np.column_stack([age * 2, np.full(1200, np.nan), rng.normal(size=1200)]), ["a", "b", "c"])
    x, y = figure.axes[0].lines[0].get_data()
    np.testing.assert_allclose(y, 2 * x)
    assert len(x) == 12
    figure.canvas.draw()


def test_the_strongest_confounds_come_first():
    figure = confound_effects(np.array([[1.0, 5, 0], [2, 4, 0]]), ["i", "j"], ["age", "site", "motion"], n_shown=2)
    assert [text.get_text() for text in figure.axes[0].get_xticklabels()] == ["site", "age"]
    figure.canvas.draw()
