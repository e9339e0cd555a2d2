"""Interpolated -log10 P against the exact function."""

import numpy as np
import pytest

from nipype_qsm.kernels.cohort.log_p import mlog10p_from_t
from nipype_qsm.kernels.genetics.log_p_table import LAST, LogPTable


@pytest.mark.parametrize("dof", [3, 40, 35_271])
def test_the_table_is_the_function(rng, dof):
    t = np.concatenate([rng.uniform(-LAST, LAST, 2000), rng.normal(0, 1, 2000), [0, -LAST, LAST, 300.0]])[:, None]
    # Measured: 2.2e-8 at 3 degrees of freedom, 2e-11 at more.
    assert LogPTable(np.array([dof]))(t) == pytest.approx(mlog10p_from_t(t, dof), abs=5e-8, rel=1e-10)


def test_each_column_has_its_own_degrees_of_freedom():
    t = np.array([[2.0, 2.0, 2.0]])
    assert LogPTable(np.array([5, 500, 5]))(t)[0] == pytest.approx(
        mlog10p_from_t(t[0], np.array([5, 500, 5])), abs=1e-8
    )


def test_what_cannot_be_tested_stays_unknown():
    found = LogPTable(np.array([0, 9]))(np.array([[1.0, np.nan]]))
    assert np.isnan(found).all()


def test_a_p_far_below_the_smallest_number_is_kept():
    found = LogPTable(np.array([35_271]))(np.array([[93.6]]))[0, 0]
    assert found == pytest.approx(1706, abs=15)  # r = -0.446 of 35,273 people
