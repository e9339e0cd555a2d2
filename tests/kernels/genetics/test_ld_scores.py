"""LD scores against their definition."""

import numpy as np
import pytest

from nipype_qsm.kernels.genetics.ld_scores import ld_scores


def test_a_score_is_the_sum_of_corrected_squared_correlations_in_the_window(rng):
    genotypes = rng.binomial(2, 0.3, (40, 60)).astype(float)
    genotypes[1::2] = np.where(rng.random((20, 60)) < 0.8, genotypes[::2], genotypes[1::2])
    cm = np.sort(rng.uniform(0, 5, 40))
    r2 = np.corrcoef(genotypes) ** 2
    r2 -= (1 - r2) / 58
    expected = [r2[one, np.abs(cm - cm[one]) <= 1].sum() for one in range(40)]
    assert ld_scores(genotypes, cm, block=7) == pytest.approx(expected, rel=1e-5)  # single precision


def test_a_variant_that_does_not_vary_has_none_and_gives_none(rng):
    genotypes = rng.binomial(2, 0.4, (3, 50)).astype(float)
    genotypes[1] = 1
    found = ld_scores(genotypes, np.zeros(3))
    assert found[1] == 0
    assert found[0] == pytest.approx(ld_scores(genotypes[[0, 2]], np.zeros(2))[0])
