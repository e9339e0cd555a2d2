"""Planted truth through the whole of the cohort's mathematics, with a real survey's distributions and gaps."""

import numpy as np
import pandas as pd
import pytest

from nipype_qsm.kernels.cohort.associate import associate
from nipype_qsm.kernels.cohort.bland_altman import bland_altman
from nipype_qsm.kernels.cohort.deconfound import deconfound
from nipype_qsm.kernels.cohort.inverse_normal import inverse_normal
from nipype_qsm.kernels.cohort.significance import significance
from nipype_qsm.phantoms.cohort import REGIONS, simulated_cohort


@pytest.fixture(scope="module")
def survey(shared_data):
    folder = shared_data("phenotypes_nhanes_2017_2018")
    table = pd.read_csv(folder / "NHANES_data_2017-2018.tsv.gz", sep="\t", low_memory=False)
    numbers = table.drop(columns="SEQN").select_dtypes("number")
    enough = numbers.loc[:, (numbers.notna().sum() >= 40) & (numbers.nunique() > 1)]
    return enough.to_numpy(float)


def found(cohort, *, with_confounds=True):
    sides = [inverse_normal(cohort.idps), inverse_normal(cohort.phenotypes)]
    if not with_confounds:
        return associate(*sides)
    left, right = (deconfound(side, cohort.confounds) for side in sides)
    return associate(left.residuals, right.residuals, left.rank, right.rank)


def test_a_simulated_phenotype_keeps_the_real_values_and_its_gaps_follow_age(rng):
    column = np.r_[np.zeros(300), np.ones(100), rng.lognormal(size=200), [np.nan] * 400][:, None]
    cohort = simulated_cohort(column, {})
    values = cohort.phenotypes[:, 0]
    np.testing.assert_array_equal(np.sort(values[~np.isnan(values)]), np.sort(column[~np.isnan(column)]))
    age = cohort.confounds[:, 0]
    assert age[np.isnan(values)].mean() - age[~np.isnan(values)].mean() > 5  # 9.5 years


def test_planted_effects_come_back_with_sign_size_and_rank_from_a_real_surveys_gaps(survey):
    levels = np.array([np.unique(column[~np.isnan(column)]).size for column in survey.T])
    # Ranks can be compared where values are finely graded; a rare yes loses most of any effect.
    many = np.argsort(-(~np.isnan(survey)).sum(axis=0) * (levels >= 100), kind="stable")
    sizes = (0.5, -0.4, 0.3, -0.25, 0.2, -0.15)
    effects = {int(many[k]): (k, size) for k, size in enumerate(sizes)}
    cohort = simulated_cohort(survey, effects)
    result = found(cohort)
    assert survey.shape[1] == 144
    assert result.n.min() < 100
    qsm = np.array([result.r[region, column] for column, (region, _) in effects.items()])
    np.testing.assert_array_equal(np.sign(qsm), np.sign(sizes))
    assert np.all(np.diff(np.abs(qsm)) < 0)  # 0.46, 0.38, 0.29, 0.23, 0.18, 0.13
    # The region measures its iron with a reliability of 0.92: 0.86 to 0.96.
    assert 0.8 < np.abs(qsm / sizes).min() < np.abs(qsm / sizes).max() < 1.0
    limits = significance(result.mlog10p)
    strong = {tuple(pair) for pair in np.argwhere(result.mlog10p >= limits.bonferroni)}
    planted = {(region + shift, column) for column, (region, _) in effects.items() for shift in (0, len(REGIONS))}
    assert strong == planted
    angles = bland_altman(
        *(np.array([result.mlog10p[r + s, c] for c, (r, _) in effects.items()]) for s in (0, 6))
    ).angle
    assert (angles > 10).all()  # susceptibility was made the better measure of iron


def test_where_nothing_is_planted_one_test_in_twenty_passes_and_without_confounds_most_do(survey):
    cohort = simulated_cohort(survey, {}, seed=1)
    honest, naive = found(cohort), found(cohort, with_confounds=False)
    wide = honest.n[0] > 1000
    share = (honest.mlog10p[:, wide] > -np.log10(0.05)).mean()
    assert share == pytest.approx(0.05, abs=0.015)  # 0.0501
    assert (naive.mlog10p[:, wide] > -np.log10(0.05)).mean() > 0.8  # 0.98
    assert significance(honest.mlog10p).n_bonferroni == 0
