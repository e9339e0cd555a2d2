"""One pass over all traits equals a least-squares fit of each."""

import numpy as np
import pytest

from nipype_qsm.kernels.genetics.linear_gwas import linear_gwas
from oracles import regression


@pytest.fixture
def study(rng):
    """Genotypes and traits with gaps, covariates that bear on both, and one strong effect."""
    n, n_variants = 300, 12
    genotypes = rng.binomial(2, rng.uniform(0.1, 0.5, (n_variants, 1)), (n_variants, n)).astype(float)
    genotypes[:6] += rng.uniform(-0.2, 0.2, (6, n)) * (genotypes[:6] == 1)
    covariates = rng.normal(size=(n, 3)) + genotypes[[0, 1, 2]].T
    traits = rng.normal(size=(n, 4)) + covariates @ rng.normal(size=(3, 4)) + 0.5 * genotypes[[4]].T + 100
    traits[rng.random(n) < 0.1, 1] = np.nan
    traits[rng.random(n) < 0.8, 2] = np.nan
    genotypes[::3][rng.random((4, n)) < 0.05] = np.nan
    covariates[7, 1] = np.nan
    return genotypes, traits * [1, 1000, 1e-4, 1], covariates


def expected(genotypes, traits, covariates):
    found = [[regression(g, y, covariates) for y in traits.T] for g in genotypes]
    return [np.array([[one[part] for one in row] for row in found]) for part in range(3)]


@pytest.mark.parametrize("with_covariates", [True, False])
def test_every_trait_has_its_own_exact_regression(study, with_covariates):
    genotypes, traits, covariates = study
    covariates = covariates if with_covariates else None
    found = linear_gwas(genotypes, traits, covariates)
    beta, se, n = expected(genotypes, traits, covariates)
    assert abs(found.beta / found.se - beta / se).max() < 3e-5  # single precision; measured 5e-6
    assert found.beta == pytest.approx(beta, rel=1e-4)
    assert (found.n == n).all()


def test_swapping_the_alleles_changes_the_sign_of_the_effect_alone(study):
    genotypes, traits, covariates = study
    one, other = linear_gwas(genotypes, traits, covariates), linear_gwas(2 - genotypes, traits, covariates)
    assert other.beta == pytest.approx(-one.beta, rel=1e-4)
    assert other.mlog10p == pytest.approx(one.mlog10p, abs=1e-4)


def test_the_order_of_people_does_not_matter(study, rng):
    genotypes, traits, covariates = study
    order = rng.permutation(300)
    one = linear_gwas(genotypes, traits, covariates)
    other = linear_gwas(genotypes[:, order], traits[order], covariates[order])
    assert other.beta / other.se == pytest.approx(one.beta / one.se, abs=3e-5)


def test_a_permutation_of_the_genotypes_alone_takes_the_effect_away(study, rng):
    genotypes, traits, _ = study
    strong = linear_gwas(genotypes[4:5], traits[:, :1] - traits[:, :1].mean()).mlog10p[0, 0]
    lost = linear_gwas(genotypes[4:5, rng.permutation(300)], traits[:, :1]).mlog10p[0, 0]
    assert lost < strong


def test_standardised_effects_are_in_standard_deviations_of_what_is_left(study):
    genotypes, traits, covariates = study
    plain, scaled = (
        linear_gwas(genotypes, traits, covariates),
        linear_gwas(genotypes, traits, covariates, standardise=True),
    )
    assert scaled.beta / scaled.se == pytest.approx(plain.beta / plain.se, rel=1e-9)
    ratio = plain.beta[:, 1] / scaled.beta[:, 1]
    assert ratio == pytest.approx(np.full(12, ratio[0]))
    assert 900 < ratio[0] < 1300  # the trait was multiplied by 1000, of variance near one


def test_covariates_from_traits_alone_shrink_what_they_share_with_the_genotype(study):
    genotypes, traits, covariates = study
    known = ~np.isnan(covariates).any(axis=1)
    design = np.column_stack([np.ones(300), covariates])[known]
    left = traits[known, 0] - design @ np.linalg.lstsq(design, traits[known, 0], rcond=None)[0]
    found = linear_gwas(genotypes[1:2], traits[:, :1], covariates, from_genotypes=False)
    beta, se, _ = regression(genotypes[1, known], left)
    assert found.beta[0, 0] / found.se[0, 0] == pytest.approx(beta / se, abs=3e-5)


def test_p_is_kept_where_it_underflows(rng):
    genotype = rng.binomial(2, 0.5, (1, 5000)).astype(float)
    found = linear_gwas(genotype, genotype.T + 0.05 * rng.normal(size=(5000, 1)))
    assert 5000 < found.mlog10p[0, 0] < 7000  # measured 5,740
    assert np.isfinite(np.float32(found.mlog10p)).all()


def test_a_variant_without_variation_cannot_be_tested(rng):
    found = linear_gwas(np.ones((1, 50)), rng.normal(size=(50, 2)))
    assert np.isnan(found.beta).all() and np.isnan(found.mlog10p).all()


def test_a_variant_that_the_covariates_explain_cannot_be_tested(rng):
    genotype = rng.binomial(2, 0.4, (1, 80)).astype(float)
    found = linear_gwas(genotype, rng.normal(size=(80, 1)), genotype.T * 2 + 1)
    assert np.isnan(found.beta).all()


def test_inputs_are_not_changed(study):
    copies = [part.copy() for part in study]
    linear_gwas(*study)
    for before, after in zip(copies, study, strict=True):
        assert np.array_equal(before, after, equal_nan=True)
