import numpy as np
import pytest

from nipype_qsm.kernels.cohort.screening import explained, screened


def test_the_share_explained_is_the_squared_correlation(rng):
    idps, confounds = rng.normal(size=(100, 2)), rng.normal(size=(100, 3))
    idps[4, 1] = np.nan
    share = explained(idps, confounds)
    rows = ~np.isnan(idps[:, 1])
    assert share[1, 2] == pytest.approx(100 * np.corrcoef(idps[rows, 1], confounds[rows, 2])[0, 1] ** 2)


def test_a_confound_stands_out_by_its_mean_or_by_one_phenotype():
    share = np.full((20, 300), 0.1)
    share[:, 5] = 0.6  # a little of every phenotype
    share[3, 9] = 5.0  # much of one
    assert np.flatnonzero(screened(share, 99.5, 0.75, 99.9)).tolist() == [5, 9]
    assert np.flatnonzero(screened(share, 99.9, 6.0, 99.9)).tolist() == [5]
