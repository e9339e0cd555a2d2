"""Frequency, information and the exact test against slow definitions."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nipype_qsm.kernels.genetics.probabilities import coded
from nipype_qsm.kernels.genetics.variant_quality import exact_hwe, variant_quality
from oracles import hardy_weinberg_p


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_the_exact_test_is_the_sum_over_all_tables_as_or_less_likely(het, first, second):
    found = exact_hwe(np.array([[het, first, second]]))[0]
    assert found == pytest.approx(hardy_weinberg_p(het, first, second), rel=1e-9)


@pytest.mark.parametrize(("counts", "low", "high"), [((9800, 5050, 5150), 0.004, 0.006), ((0, 500, 500), 0, 1e-280)])
def test_large_counts_neither_overflow_nor_crawl(counts, low, high):
    het, first, second = counts
    found = exact_hwe(np.array([[het, first, second]]))[0]
    n, p = sum(counts), (2 * first + het) / (2 * sum(counts))
    chi_square = n * (1 - het / (2 * n * p * (1 - p))) ** 2
    assert low <= found <= high
    assert found == pytest.approx(math.erfc(math.sqrt(chi_square / 2)), rel=0.05, abs=1e-200)  # the large-sample answer


def sums(count, second):
    calls = np.rint(count)
    return np.array(
        [
            [
                count.size,
                count.sum(),
                (count**2).sum(),
                (second - count**2).sum(),
                2 * count.size,
                (calls == 1).sum(),
                (calls == 2).sum(),
                (calls == 0).sum(),
            ]
        ],
        float,
    )


def test_certain_genotypes_have_information_one_and_guesses_none(rng):
    calls = rng.binomial(2, 0.3, 500).astype(float)
    certain = variant_quality(sums(calls, calls**2), 500)
    assert certain.info == pytest.approx([1])
    assert certain.af == pytest.approx([calls.mean() / 2])
    guess = np.full(500, 0.6)
    assert variant_quality(sums(guess, np.full(500, 0.42 + 4 * 0.09)), 500).info == pytest.approx([0], abs=1e-12)


def test_without_probabilities_the_information_is_the_ratio_of_variances(rng):
    count = rng.uniform(0, 2, 1000)
    found = variant_quality(sums(count, count**2), 1000, probabilities=False)
    assert found.info == pytest.approx([count.var() / (2 * found.af[0] * (1 - found.af[0]))])


@pytest.mark.parametrize("haploid_count", [1.0, 2.0])
def test_certain_counts_on_x_have_information_one_whatever_a_man_counts_for(rng, haploid_count):
    copies = rng.integers(1, 3, 4000)
    count = rng.binomial(copies, 0.3).astype(float)
    found = np.zeros((1, 8))
    coded(
        np.stack([count, count**2, copies]), np.zeros(4000, bool), haploid_count, np.empty(4000, np.float32), found[0]
    )
    # The variance a chromosome of a sample is its expectation up to noise: over men and women as over either.
    assert variant_quality(found, 4000, probabilities=False).info == pytest.approx([1], abs=0.05)
    assert variant_quality(found, 4000).info == pytest.approx([1])


def test_missing_people_are_a_fraction_of_all():
    found = variant_quality(sums(np.array([0.0, 1, 2, 1]), np.array([0.0, 1, 4, 1])), 5)
    assert found.missing == pytest.approx([0.2])
    assert list(found.n) == [4]


def test_an_absent_allele_has_no_information_and_no_test():
    found = variant_quality(sums(np.zeros(9), np.zeros(9)), 9)
    assert np.isnan(found.info).all()
    assert list(found.hwe) == [1]
