import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nipype_qsm.kernels.cohort.significance import familywise, significance


def test_the_papers_thresholds():
    assert significance(np.zeros(1), n_tests=17_485 * 36).bonferroni == pytest.approx(7.10, abs=5e-4)  # 7.09997
    assert familywise(7.5, 36) == pytest.approx(9.06, abs=5e-3)  # 9.0563


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_the_false_discovery_rate_is_benjamini_and_hochbergs(values):
    p = np.clip(np.array(values), 1e-300, 1)
    found = significance(-np.log10(p))
    ordered = np.sort(p)
    passed = np.flatnonzero(ordered <= 0.05 * np.arange(1, p.size + 1) / p.size * (1 + 1e-12))
    assert found.n_fdr == (0 if not passed.size else (p <= ordered[passed[-1]]).sum())
    assert found.n_tests == p.size


def test_it_orders_what_a_number_cannot_hold():
    found = significance(np.array([1700.0, 400.0, 0.1, np.nan]))
    assert (found.n_tests, found.n_bonferroni, found.n_fdr, found.fdr) == (3, 2, 2, 400.0)


def test_nothing_found_has_an_infinite_threshold_and_no_tests_none():
    assert significance(np.full(10, 0.2)).fdr == np.inf
    empty = significance(np.array([np.nan]))
    assert empty.n_tests == 0
    assert np.isnan(empty.bonferroni)
