"""Scores from counts are those of the tables' own kernels, which sort."""

import numpy as np
import pytest

from nipype_qsm.kernels.cohort.inverse_normal import inverse_normal
from nipype_qsm.kernels.cohort.normal_scores import Workplace, normal_scores
from nipype_qsm.kernels.cohort.outliers import outliers
from nipype_qsm.kernels.cohort.voxel_rows import MISSING, voxel_rows


def awkward(rng, n):
    """Heavy tails, coarse steps, more than half equal, few levels, constant, empty."""
    spread = rng.choice([1, 3, 100, 3000], 24)
    values = np.round(rng.standard_t(3, (n, 24)) * spread).clip(-32767, 32767).astype(np.int16)
    values[rng.random(values.shape) < 0.1] = MISSING
    values[:, 0] = np.where(rng.random(n) < 0.7, 0, values[:, 0])
    values[:, 1] = rng.integers(0, 3, n)
    values[:, 2], values[:, 3] = 4, MISSING
    values[:2, 4] = [-32767, 32767][: len(values)]
    return values


def listed(found):
    """Return (subjects, voxels) scores with NaN where missing, as the tables have them."""
    scores = found.scores.T.copy()
    for voxel in range(scores.shape[1]):
        missing = found.missing[found.starts[voxel] : found.starts[voxel + 1]]
        assert (scores[missing, voxel] == 0).all()
        scores[missing, voxel] = np.nan
    return scores


@pytest.mark.parametrize("n", [1, 2, 11, 64, 65, 66, 700])
def test_outliers_and_scores_are_those_of_the_sorting_kernels(rng, n):
    values = awkward(rng, n)
    cleaned = outliers(np.where(values == MISSING, np.nan, values.astype(float)))
    expected = inverse_normal(cleaned.values)
    found = normal_scores(voxel_rows(values), Workplace(24, n, np.float64))
    np.testing.assert_array_equal(found.n_outliers, cleaned.n_removed)
    np.testing.assert_allclose(listed(found), expected, atol=1e-10)  # 1e-11
    some = ~np.isnan(cleaned.values).all(axis=0)
    np.testing.assert_allclose(found.means[some], np.nanmean(cleaned.values[:, some], axis=0), atol=1e-9)
    np.testing.assert_array_equal(np.isnan(found.means), ~some)
    np.testing.assert_allclose(found.squares, np.nansum(expected**2, axis=0), atol=1e-8)


@pytest.mark.parametrize("rules", [{"factor": 3.0}, {"mad_scale": 1.4826}, {"min_levels": 2}, {"factor": 0.5}])
def test_the_rules_of_outliers_are_the_tables_own(rng, rules):
    values = awkward(rng, 300)
    expected = outliers(np.where(values == MISSING, np.nan, values.astype(float)), **rules)
    found = normal_scores(voxel_rows(values), **rules)
    np.testing.assert_array_equal(found.n_outliers, expected.n_removed)
    np.testing.assert_array_equal(np.isnan(listed(found)), np.isnan(expected.values))


def test_without_a_factor_nothing_is_an_outlier(rng):
    values = awkward(rng, 300)
    found = normal_scores(voxel_rows(values), factor=None)
    assert found.n_outliers.sum() == 0
    np.testing.assert_array_equal(np.isnan(listed(found)), values == MISSING)


def test_single_precision_differs_by_its_rounding_alone(rng):
    steps = voxel_rows(awkward(rng, 300))
    double = normal_scores(steps, Workplace(24, 300, np.float64)).scores
    np.testing.assert_allclose(normal_scores(steps).scores, double, atol=3e-7)
