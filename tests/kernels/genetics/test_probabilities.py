"""Bytes to allele counts; whole files are tested in tests/genotypes/test_bgen.py."""

import numpy as np
import pytest
from bgen_files import layout_2, random_probabilities

from nipype_qsm.kernels.genetics.probabilities import N_SUMS, Sums, any_ploidy, coded, diploid_bytes

NOBODY = np.zeros(0, np.int64)


def test_sums_and_counts_are_those_of_the_probabilities(rng):
    (probabilities,) = random_probabilities(rng, 1, 20_000, certain=0.3)
    data = np.frombuffer(layout_2([tuple(one[:2]) for one in probabilities]), np.uint8)
    values, sums = np.empty(20_000, np.float32), np.empty(N_SUMS)
    centre = diploid_bytes(data, NOBODY, 20_000, values, sums)
    count = probabilities[:, 1] + 2 * probabilities[:, 2]
    second = probabilities[:, 1] + 4 * probabilities[:, 2]
    assert (values + centre) / 255 == pytest.approx(count, abs=1e-6)
    assert centre / 255 == pytest.approx(count.mean(), abs=1 / 255)
    found = Sums(*sums)
    assert found.total == pytest.approx(count.sum(), rel=1e-12)
    assert found.squares == pytest.approx((count**2).sum(), rel=1e-12)
    assert found.unsure == pytest.approx((second - count**2).sum(), rel=1e-9)
    nearest = np.bincount(np.rint(count * 255 / 255).astype(int), minlength=3)
    assert (
        abs(np.array([found.hom_other, found.het, found.hom_effect]) - nearest).max() <= 40
    )  # halves may go either way
    assert found.observed == 20_000 and found.alleles == 40_000


def test_rows_choose_people(rng):
    (probabilities,) = random_probabilities(rng, 1, 300)
    data = np.frombuffer(layout_2([tuple(one[:2]) for one in probabilities]), np.uint8)
    rows = rng.permutation(300)[:50]
    values, sums = np.empty(50, np.float32), np.empty(N_SUMS)
    centre = diploid_bytes(data, rows, 300, values, sums)
    assert (values + centre) / 255 == pytest.approx((probabilities[:, 1] + 2 * probabilities[:, 2])[rows], abs=1e-6)


def test_the_fast_path_declines_what_it_cannot_do():
    data = np.frombuffer(layout_2([(1, 0), None, (0, 1)]), np.uint8)
    assert diploid_bytes(data, NOBODY, 3, np.empty(3, np.float32), np.empty(N_SUMS)) == -1


def test_more_than_two_copies_are_told():
    data = np.frombuffer(layout_2([(1, 0), (0.2, 0.3, 0.1)], ploidy=[2, 3]), np.uint8)
    assert any_ploidy(data, np.arange(2), False, 8, np.empty((3, 2))) == 1


def test_haploid_people_count_one_chromosome_in_the_frequency():
    moments = np.array([[0, 1, 2.0, 1], [0, 1, 4, 1], [2, 2, 2, 1]])
    values, sums = np.empty(4, np.float32), np.empty(N_SUMS)
    centre, n_missing = coded(moments, np.zeros(4, bool), 2.0, values, sums)
    assert n_missing == 0
    assert values + centre == pytest.approx([0, 1, 2, 2])
    assert Sums(*sums).total == 4 and Sums(*sums).alleles == 7
    assert list(sums[5:]) == [1, 1, 1]
