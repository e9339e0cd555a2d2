import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from nipype_qsm.kernels.cohort.log_p import mlog10p_from_r, mlog10p_from_t
from oracles import minus_log10_p


@pytest.mark.parametrize("dof", [3, 38, 1000, 35271, 1_000_000])
def test_it_is_exact_from_no_evidence_to_far_beyond_the_smallest_number(dof):
    t = np.array([3e-8, 1e-4, 0.3, 1.7, 2.99, 3.01, 5.0, 12.0, 60.0, 150.0][: 8 if dof > 10**5 else 10])
    r = t / np.sqrt(t**2 + dof)
    expected = [minus_log10_p(one, dof, digits=200) for one in r]
    # 6e-14 at 31 values of t for each of ten dof from 1 to a million
    np.testing.assert_allclose(mlog10p_from_r(r, dof), expected, rtol=1e-12)
    assert expected[0] < 2.1e-8


def test_it_reaches_a_hundred_thousand():
    found = mlog10p_from_r(0.995, 100_000)
    assert found > 99_000
    np.testing.assert_allclose(found, minus_log10_p(0.995, 100_000, digits=60), rtol=1e-12)  # 0


def test_the_papers_lesion_correlation_has_seventeen_hundred():
    assert mlog10p_from_r(-0.446, 35271) == pytest.approx(1700.70677, abs=1e-5)


@given(t=st.floats(-30, 30), dof=st.integers(1, 5000))
def test_it_is_the_textbooks_p_where_that_can_be_held(t, dof):
    expected = -np.log10(2 * stats.t.sf(abs(t), dof))
    assert mlog10p_from_t(t, dof) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(r=st.floats(-0.999, 0.999), dof=st.integers(3, 10**6))
def test_it_is_even_and_grows_with_r(r, dof):
    assert mlog10p_from_r(r, dof) == mlog10p_from_r(-r, dof)
    assert mlog10p_from_r(abs(r) + 1e-3, dof) > mlog10p_from_r(r, dof)


def test_r_and_t_agree():
    t, dof = np.linspace(-40, 40, 81), 120
    # 3e-15
    np.testing.assert_allclose(
        mlog10p_from_t(t, dof), mlog10p_from_r(t / np.sqrt(t**2 + dof), dof), rtol=1e-12, atol=1e-13
    )


def test_what_has_no_p_has_none():
    found = mlog10p_from_r(np.array([np.nan, 0.3, 0.3, 1.0, 0.0]), np.array([10, 0, np.nan, 10, 10]))
    np.testing.assert_array_equal(found, [np.nan, np.nan, np.nan, np.inf, 0])
    np.testing.assert_array_equal(mlog10p_from_t([np.inf, np.nan], 5), [np.inf, np.nan])
