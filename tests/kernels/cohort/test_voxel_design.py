import numpy as np
import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.cohort.deconfound import deconfound
from nipype_qsm.kernels.cohort.voxel_design import voxel_design


def test_residuals_are_those_of_deconfounding_each_side(rng):
    phenotypes, confounds = rng.normal(size=(120, 3)), rng.normal(size=(120, 5))
    variants, components = rng.integers(0, 3, (120, 2)).astype(float), rng.normal(size=(120, 4))
    phenotypes[:30, 1], components[7, 2], confounds[11, 0] = np.nan, np.nan, np.nan
    design = voxel_design(phenotypes, confounds, variants, components)
    assert 11 not in design.rows
    assert design.rows.size == 119
    expected = deconfound(phenotypes, confounds).residuals[design.rows]
    np.testing.assert_allclose(design.residuals[:, :3], expected, atol=1e-12)  # 3e-15
    expected = deconfound(variants, np.hstack([confounds, components])).residuals[design.rows]
    np.testing.assert_allclose(design.residuals[:, 3:], expected, atol=1e-12)
    np.testing.assert_array_equal(design.rank, [5, 5, 5, 9, 9])
    np.testing.assert_allclose(design.q.T @ design.q, np.eye(6), atol=1e-12)


def test_what_cannot_be_used_has_a_reason(rng):
    phenotypes = np.column_stack([np.full(30, 2.0), np.where(np.arange(30) < 6, rng.normal(size=30), np.nan)])
    design = voxel_design(phenotypes, rng.normal(size=(30, 5)))
    assert design.reason == ["constant", "6 subjects and 5 independent confounds leave -1 degrees of freedom"]
    assert np.isnan(design.residuals).all()


def test_tables_of_different_subjects_are_refused(rng):
    with pytest.raises(QSMError, match="phenotypes 9, confounds 8"):
        voxel_design(rng.normal(size=(9, 2)), rng.normal(size=(8, 1)))
