import numpy as np
import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.cohort.confound_basis import confound_basis
from oracles import regressed_row_by_row


def test_the_basis_is_orthonormal_and_has_the_rank_of_the_confounds(rng):
    confounds = rng.normal(size=(300, 5))
    doubled = np.column_stack([confounds, confounds[:, 0] * 3 - confounds[:, 1] + 2, np.full(300, 4.0)])
    basis = confound_basis(doubled)
    assert basis.rank == 5
    np.testing.assert_allclose(basis.q.T @ basis.q, np.eye(6), atol=1e-13)


def test_rows_with_a_missing_confound_are_left_out(rng):
    confounds = rng.normal(size=(100, 3))
    confounds[[3, 50], [0, 2]] = np.nan
    basis = confound_basis(confounds)
    assert np.flatnonzero(~basis.rows).tolist() == [3, 50]
    np.testing.assert_array_equal(basis.q[[3, 50]], 0)


@pytest.mark.parametrize("share", [0.999, 0.9, 0.5, 0.1, 0.05])
def test_residuals_on_rows_are_least_squares_on_these_rows(rng, share):
    confounds, values = rng.normal(size=(800, 12)), rng.normal(size=(800, 1))
    observed = rng.random(800) < share
    basis = confound_basis(confounds)
    rows = basis.of_rows(observed)
    expected, ranks = regressed_row_by_row(np.where(observed[:, None], values, np.nan), confounds)
    np.testing.assert_allclose(rows.residuals(values[observed], basis), expected[observed], atol=1e-12)  # 9e-15
    assert rows.rank == ranks[0] == 12


def test_a_site_that_nobody_of_the_rows_went_to_costs_its_rank(rng):
    site = np.repeat([0, 1, 2], 200)
    confounds = np.column_stack([rng.normal(size=600), site == 1, site == 2, (site == 2) * rng.normal(size=600)])
    rows = confound_basis(confounds).of_rows(site != 2)
    assert rows.rank == 2


def test_collinearity_in_the_grey_zone_is_told_by_singular_vectors(rng):
    confounds = rng.normal(size=(400, 3))
    observed = np.arange(400) < 300
    confounds[observed, 2] = confounds[observed, 0] + 3e-6 * rng.normal(size=300)
    basis, values = confound_basis(confounds), rng.normal(size=(400, 1))
    rows = basis.of_rows(observed)
    assert rows.rank == 3
    left = rows.residuals(values[observed], basis)
    difference = confounds[observed, 2] - confounds[observed, 0]
    assert abs(np.corrcoef(left[:, 0], difference)[0, 1]) < 1e-9  # 8e-12


def test_components_replace_the_confounds(rng):
    base = rng.normal(size=(500, 2))
    confounds = base @ rng.normal(size=(2, 20)) + 0.01 * rng.normal(size=(500, 20))
    basis = confound_basis(confounds, n_components=2)
    assert basis.rank == 2
    assert np.linalg.norm(basis.q.T @ (base - base.mean(axis=0))) == pytest.approx(
        np.linalg.norm(base - base.mean(axis=0)), rel=1e-3
    )


def test_confounds_that_nobody_has_all_of_are_refused():
    confounds = np.full((10, 2), np.nan)
    confounds[:5, 0], confounds[5:, 1] = 1, 2
    with pytest.raises(QSMError, match="Drop the confounds that are mostly missing"):
        confound_basis(confounds)
