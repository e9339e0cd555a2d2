import numpy as np
import pytest
from scipy.special import ndtri

from nipype_qsm.kernels.cohort.score_sums import anchor, score_sums, sum_up_to


@pytest.mark.parametrize(("n", "largest"), [(1, 5), (63, 63), (65, 400), (399, 400), (5000, 35273), (35273, 35273)])
def test_sums_of_scores_are_those_of_blom_added_up(n, largest):
    expected = np.concatenate([[0], np.cumsum(ndtri((np.arange(1, n + 1) - 0.375) / (n + 0.25)))])
    sums = score_sums(largest)
    ranks = np.unique(np.linspace(0, n, 300).astype(int))
    found = [sum_up_to(int(rank), n, sums, anchor(n, sums)) for rank in ranks]
    np.testing.assert_allclose(found, expected[ranks], atol=2e-10)  # 1e-10 of 14,000 at 35,273


def test_another_offset_gives_other_scores():
    n = 500
    expected = np.cumsum(ndtri((np.arange(1, n + 1) - 0.5) / n))
    sums = score_sums(n, 0.5)
    found = [sum_up_to(rank, n, sums, anchor(n, sums)) for rank in (3, 100, 250)]
    np.testing.assert_allclose(found, expected[[2, 99, 249]], atol=1e-9)  # 2e-11
