import numpy as np
import pytest
from scipy.stats import pearsonr

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.cohort.reproducibility import reproducibility


def two_visits(rng, n=1368, error=0.5, shift=0.0):
    person = rng.normal(size=(n, 1))
    return person + error * rng.normal(size=(n, 1)), person + error * rng.normal(size=(n, 1)) + shift


def test_correlation_and_its_interval_are_those_of_the_textbook(rng):
    first, second = two_visits(rng)
    found = reproducibility(first, second)
    expected = pearsonr(first[:, 0], second[:, 0])
    low, high = expected.confidence_interval()
    assert found.r[0] == pytest.approx(expected.statistic, abs=1e-12)
    # Fisher's interval holds for Gaussians: 0.7779 to 0.8170 against 0.7778 to 0.8178
    assert found.low[0] == pytest.approx(low, abs=0.008)
    assert found.high[0] == pytest.approx(high, abs=0.008)


def test_the_true_correlation_lies_in_the_interval_in_nineteen_of_twenty_cohorts(rng):
    first, second = (np.hstack(side) for side in zip(*(two_visits(rng, 150) for _ in range(200)), strict=True))
    found = reproducibility(first, second, n_bootstrap=400)
    inside = (found.low <= 0.8) & (found.high >= 0.8)
    assert inside.mean() == pytest.approx(0.95, abs=0.045)  # 0.93


def test_a_shift_between_visits_lowers_agreement_and_not_consistency(rng):
    first, second = two_visits(rng, shift=1.5)
    found = reproducibility(first, second, n_bootstrap=0)
    assert found.shift[0] == pytest.approx(1.5, abs=0.05)
    assert found.icc_consistency[0] == pytest.approx(0.8, abs=0.03)  # 0.80
    assert found.icc_agreement[0] == pytest.approx(1 / (1 + 0.25 + 1.5**2 / 2), abs=0.03)  # 0.42
    assert found.within_sd[0] == pytest.approx(0.5, abs=0.02)
    assert np.isnan(found.low[0])


def test_the_intraclass_correlations_of_the_classic_example():
    """Shrout and Fleiss' six subjects, the first two of their four judges."""
    judges = np.array([[9, 2], [6, 1], [8, 4], [7, 1], [10, 5], [6, 2]], float)
    found = reproducibility(judges[:, :1], judges[:, 1:], n_bootstrap=0)
    between = 2 * judges.mean(axis=1).var(ddof=1)
    rest = judges - judges.mean(axis=1, keepdims=True) - judges.mean(axis=0) + judges.mean()
    error, visits = (rest**2).sum() / 5, 6 * judges.mean(axis=0).var(ddof=1)
    assert found.icc_consistency[0] == pytest.approx((between - error) / (between + error))
    assert found.icc_agreement[0] == pytest.approx((between - error) / (between + error + 2 * (visits - error) / 6))


def test_only_subjects_with_both_visits_count_and_constants_have_no_correlation(rng):
    first, second = two_visits(rng, 50)
    first[:5], second[3:9] = np.nan, np.nan
    found = reproducibility(np.hstack([first, np.ones((50, 1))]), np.hstack([second, second]))
    assert found.n.tolist() == [41, 44]
    assert np.isnan(found.r[1])


def test_visits_of_other_columns_are_refused():
    with pytest.raises(QSMError, match="give both the same columns"):
        reproducibility(np.zeros((3, 1)), np.zeros((3, 2)))
