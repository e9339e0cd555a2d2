import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest, pearsonr

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.cohort.associate import REASONS, associate, calibrated
from nipype_qsm.kernels.cohort.deconfound import deconfound


def gappy(rng, n, columns, share):
    values = rng.normal(size=(n, columns))
    values[rng.random(values.shape) < share] = np.nan
    return values


@given(seed=st.integers(0, 200), share=st.floats(0, 0.5), kind=st.sampled_from([np.float64, np.float32]))
def test_every_pair_is_scipys_correlation_over_common_subjects(seed, share, kind):
    rng = np.random.default_rng(seed)
    x, y = gappy(rng, 130, 4, share), gappy(rng, 130, 7, 0.5).astype(kind)
    found = associate(x, np.asfortranarray(y), min_subjects=3)
    for i in range(4):
        for p in range(7):
            both = ~(np.isnan(x[:, i]) | np.isnan(y[:, p]))
            expected = pearsonr(x[both, i], y[both, p].astype(float))
            assert found.r[i, p] == pytest.approx(expected.statistic, abs=1e-12)  # 4e-16
            assert found.n[i, p] == both.sum() == found.dof[i, p] + 2
            assert found.mlog10p[i, p] == pytest.approx(-np.log10(expected.pvalue), rel=1e-9)


def test_more_phenotypes_than_a_block_holds_come_out_in_their_order(rng):
    x, y = gappy(rng, 60, 2, 0.02), gappy(rng, 60, 401, 0.2)
    whole = associate(x, y)
    some = [0, 191, 192, 400]
    np.testing.assert_allclose(whole.r[:, some], associate(x, y[:, some]).r, atol=1e-14)  # 3e-17


@given(shift=st.floats(-1e6, 1e6), scale=st.floats(1e-6, 1e6))
def test_shift_and_scale_do_not_matter(shift, scale):
    rng = np.random.default_rng(4)
    x, y = gappy(rng, 80, 3, 0.02), gappy(rng, 80, 3, 0.3)
    # the shifted values themselves have lost digits: 6e-12 at a million spreads
    np.testing.assert_allclose(associate(x, y * scale + shift * scale).r, associate(x, y).r, atol=1e-9)


def test_a_variable_that_hardly_varies_over_the_common_subjects_keeps_its_digits(rng):
    """The six sums would lose them all: the pair is computed again."""
    x, y = rng.normal(size=(500, 1)), rng.normal(size=(500, 1))
    y[100:] = np.nan
    x[:100] = 1e6 + 1e-3 * x[:100]
    x[100:] -= 1e6
    expected = pearsonr(x[:100, 0], y[:100, 0]).statistic
    assert associate(x, y).r[0, 0] == pytest.approx(expected, abs=1e-12)  # 0


def test_a_row_whose_stretches_do_not_tell_its_centre_keeps_its_digits(rng):
    """Sorted subjects: where the centre is looked for lies far from the mean."""
    y = np.sort(rng.lognormal(0, 3, size=(3000, 1)), axis=0) + 1e7
    x = rng.normal(size=(3000, 1))
    assert associate(x, y).r[0, 0] == pytest.approx(
        pearsonr(x[:, 0], y[:, 0]).statistic, abs=1e-9
    )  # of values near 1e7


def test_what_is_constant_over_the_common_subjects_has_no_correlation_and_a_reason(rng):
    x = rng.normal(size=(200, 1))
    x[:5] = np.nan
    rare = np.zeros(200)
    rare[:5] = 1  # every case of the rare answer lacks the scan
    found = associate(x, np.column_stack([rare, np.full(200, 0.1), rng.normal(size=200)]))
    assert [REASONS[code] for code in found.reason[0]] == ["constant over the common subjects"] * 2 + [""]
    assert np.isnan(found.r[0, :2]).all()
    assert np.isnan(found.mlog10p[0, :2]).all()


def test_phenotypes_of_fewer_than_forty_subjects_are_left_out(rng):
    x, y = rng.normal(size=(100, 2)), np.full((100, 2), np.nan)
    y[:39, 0], y[:40, 1] = 1, rng.normal(size=40)
    y[:39, 0] = rng.normal(size=39)
    found = associate(x, y)
    assert REASONS[found.reason[0, 0]] == "fewer subjects than required"
    assert found.reason[0, 1] == 0
    assert associate(x, y, min_subjects=39).reason.sum() == 0


def test_subjects_without_a_scan_do_not_count_towards_the_forty(rng):
    x, y = rng.normal(size=(100, 1)), rng.normal(size=(100, 1))
    x[30:] = np.nan
    assert REASONS[associate(x, y).reason[0, 0]] == "fewer subjects than required"
    assert associate(x, y, min_subjects=30).n[0, 0] == 30


def test_ranks_lower_the_degrees_of_freedom_and_pairs_without_any_are_left_out(rng):
    x, y = rng.normal(size=(50, 2)), rng.normal(size=(50, 1))
    found = associate(x, y, np.array([5, 48]), np.array([7]))
    assert found.dof[:, 0].tolist() == [41, 0]
    assert REASONS[found.reason[1, 0]] == "too few degrees of freedom"
    assert associate(x, y, np.array([5, 48]), np.array([7]), dof="pairwise").dof[:, 0].tolist() == [48, 48]


def test_nothing_planted_gives_uniform_p_though_gaps_follow_the_confound(rng):
    n, k = 600, 40
    confounds = rng.normal(size=(n, k))
    x = rng.normal(size=(n, 25)) + confounds[:, :1]
    y = rng.normal(size=(n, 80)) + confounds[:, :1]
    y[rng.random(y.shape) < 1 / (1 + np.exp(-confounds[:, :1] + 1))] = np.nan
    left, right = deconfound(x, confounds), deconfound(y, confounds)
    found = associate(left.residuals, right.residuals, left.rank, right.rank)
    p = 10 ** -found.mlog10p.ravel()
    assert (p < 0.05).mean() == pytest.approx(0.05, abs=0.015)  # 0.047
    assert kstest(p, "uniform").pvalue > 1e-3  # 0.11
    raw = associate(x, y).mlog10p
    assert (10**-raw < 0.05).mean() > 0.95  # the confound alone


# rows, confounds, rows of each phenotype, share of gaps in phenotypes of the brain, whether gaps follow a confound;
# what passes at 5 % with n - 2 - rank, which is too cautious here
NESTED = [(1500, 60, 150, 0.0, False, 0.02), (400, 40, 200, 0.4, False, 0.035), (300, 60, 150, 0.0, True, 0.035)]


@pytest.mark.parametrize(("n", "k", "known", "share", "follow", "cautious"), NESTED)
def test_calibrated_degrees_of_freedom_let_pass_what_they_say(rng, n, k, known, share, follow, cautious):
    confounds = rng.normal(size=(n, k))
    x, y = gappy(rng, n, 30, share) + confounds[:, :1], rng.normal(size=(n, 150)) + confounds[:, :1]
    for column in y.T:
        order = np.argsort(0.7 * rng.normal(size=n) - confounds[:, 0]) if follow else rng.permutation(n)
        column[order[known:]] = np.nan
    left, right = deconfound(x, confounds), deconfound(y, confounds)
    passed = {}
    for dof in ("adjusted", "calibrated"):
        found = associate(left.residuals, right.residuals, left.rank, right.rank, dof=dof)
        passed[dof] = (10**-found.mlog10p < 0.05).mean()
    assert passed["calibrated"] == pytest.approx(0.05, abs=0.012)  # 0.052, 0.050, 0.052
    assert passed["adjusted"] < cautious  # 0.012, 0.023, 0.027


def test_calibrated_counts_the_rows_of_a_phenotype_that_no_image_has(rng):
    n, k = 900, 60
    confounds, scanned = rng.normal(size=(n, k)), np.arange(n) < 300
    x = np.where(scanned[:, None], rng.normal(size=(n, 100)), np.nan)
    left, right = deconfound(x, confounds), deconfound(rng.normal(size=(n, 100)), confounds)
    found = associate(left.residuals, right.residuals, left.rank, right.rank, dof="calibrated")
    assert (found.dof == calibrated(np.array(300), np.array(300), np.array(900), np.array(k))).all()
    assert found.r.var() * (found.dof[0, 0] + 1) == pytest.approx(1, abs=0.06)  # 0.98 to 1.01; 0.85 by the 300 alone


def test_calibrated_is_adjusted_where_both_sides_have_the_same_rows(rng):
    x, y = rng.normal(size=(90, 2)), rng.normal(size=(90, 3))
    x[:20], y[:20] = np.nan, np.nan
    ranks = np.full(2, 15), np.full(3, 15)
    found = associate(x, y, *ranks, dof="calibrated")
    np.testing.assert_array_equal(found.dof, associate(x, y, *ranks).dof)
    assert (found.dof == 70 - 2 - 15).all()
    too_few = associate(x, y, np.full(2, 69), np.full(3, 69), dof="calibrated")
    assert {REASONS[code] for code in too_few.reason.ravel()} == {"too few degrees of freedom"}


def test_a_planted_effect_comes_back_with_its_sign_size_and_rank(rng):
    x, y = rng.normal(size=(3000, 5)), rng.normal(size=(3000, 50))
    y[:, 7] -= 0.3 * x[:, 2]
    y[rng.random(y.shape) < 0.4] = np.nan
    found = associate(x, y)
    strongest = np.unravel_index(np.nanargmax(found.mlog10p), found.r.shape)
    assert strongest == (2, 7)
    assert found.r[2, 7] == pytest.approx(-0.3 / np.sqrt(1.09), abs=0.04)  # -0.29


def test_faults_are_told_with_their_cure(rng):
    with pytest.raises(QSMError, match="Join the tables by subject"):
        associate(np.zeros((3, 1)), np.zeros((4, 1)))
    with pytest.raises(QSMError, match="adjusted, calibrated or pairwise"):
        associate(np.zeros((3, 1)), np.zeros((3, 1)), dof="n")
