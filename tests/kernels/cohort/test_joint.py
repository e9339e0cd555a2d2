import numpy as np
import pytest

from nipype_qsm.kernels.cohort.associate import REASONS
from nipype_qsm.kernels.cohort.joint import associate_jointly


def test_it_is_the_t_of_the_multiple_regression_over_the_pairs_rows(rng):
    confounds, x, y = rng.normal(size=(150, 5)), rng.normal(size=(150, 3)), rng.normal(size=(150, 4))
    x[rng.random(x.shape) < 0.1], y[rng.random(y.shape) < 0.3], confounds[4, 2] = np.nan, np.nan, np.nan
    found = associate_jointly(x, y, confounds)
    for i in range(3):
        for p in range(4):
            rows = ~(np.isnan(x[:, i]) | np.isnan(y[:, p]) | np.isnan(confounds).any(axis=1))
            design = np.column_stack([np.ones(rows.sum()), x[rows, i], confounds[rows]])
            solution, rest = np.linalg.lstsq(design, y[rows, p], rcond=None)[:2]
            dof = rows.sum() - 7
            t = solution[1] / np.sqrt(rest[0] / dof * np.linalg.inv(design.T @ design)[1, 1])
            assert found.dof[i, p] == dof
            assert found.n[i, p] == rows.sum()
            assert found.r[i, p] == pytest.approx(t / np.sqrt(t**2 + dof), abs=1e-12)  # 4e-16


def test_pairs_that_cannot_be_tested_say_why(rng):
    confounds, x = rng.normal(size=(60, 45)), rng.normal(size=(60, 2))
    y = np.column_stack(
        [rng.normal(size=60), np.r_[rng.normal(size=46), [np.nan] * 14], np.full(60, 2.0), confounds[:, 0]]
    )
    y = np.column_stack([y, np.r_[rng.normal(size=39), [np.nan] * 21]])
    found = associate_jointly(x, y, confounds)
    assert [REASONS[code] for code in found.reason[0]] == [
        "",
        "too few degrees of freedom",
        "constant over the common subjects",
        "constant over the common subjects",
        "fewer subjects than required",
    ]
    assert np.isnan(found.mlog10p[:, 1:]).all()
    assert np.isfinite(found.mlog10p[:, 0]).all()
