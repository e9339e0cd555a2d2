import numpy as np
import pytest

from nipype_qsm.kernels.cohort.wmh_regression import wmh_regression


def test_what_is_left_does_not_follow_the_volume_and_keeps_its_mean(rng):
    volume = rng.lognormal(8, 1, 300)
    values = np.column_stack([-2e-4 * volume + rng.normal(size=300), rng.normal(size=300)]) + 5
    values[3, 0], volume[7] = np.nan, np.nan
    found = wmh_regression(values, volume)
    rows = ~np.isnan(found.values[:, 0])
    assert np.flatnonzero(~rows).tolist() == [3, 7]
    assert abs(np.corrcoef(found.values[rows, 0], volume[rows])[0, 1]) < 1e-12
    assert found.values[rows, 0].mean() == pytest.approx(values[rows, 0].mean(), abs=1e-12)
    assert found.slope[0] == pytest.approx(-2e-4, abs=3e-5)  # -2.0e-4
    assert found.r[0] == pytest.approx(np.corrcoef(values[rows, 0], volume[rows])[0, 1], abs=1e-12)


def test_the_logarithm_frees_from_the_logarithm(rng):
    volume = rng.lognormal(8, 1, 200)
    found = wmh_regression(rng.normal(size=(200, 1)) + np.log(volume)[:, None], volume, logarithm=True)
    assert abs(np.corrcoef(found.values[:, 0], np.log1p(volume))[0, 1]) < 1e-12


def test_without_volumes_that_differ_there_is_nothing_to_regress():
    found = wmh_regression(np.ones((5, 1)), np.full(5, 3.0))
    assert np.isnan(found.values).all()
    assert np.isnan(found.slope).all()
