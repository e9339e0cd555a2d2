"""One pass over whole numbers gives what regressing and correlating every voxel by itself gives."""

import numpy as np
import pytest
from scipy.stats import kstest

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.cohort.associate import REASONS
from nipype_qsm.kernels.cohort.log_p import mlog10p_from_r
from nipype_qsm.kernels.cohort.significance import significance
from nipype_qsm.kernels.cohort.voxel_design import voxel_design
from nipype_qsm.kernels.cohort.voxel_rows import MISSING
from nipype_qsm.kernels.cohort.voxelwise import voxelwise
from oracles import voxelwise_one_by_one

N, VOXELS = 300, 30


@pytest.fixture
def cohort(rng):
    """Give voxels and tables with every kind of gap."""
    confounds = rng.normal(size=(N, 8))
    confounds[:, 1] = rng.random(N) < 0.3
    confounds[:, 2] = 0
    confounds[20:25, 2] = 1
    confounds[7:9, 3] = np.nan
    values = np.round(rng.standard_t(4, (N, VOXELS)) * 100 + 80 * confounds[:, :1]).astype(np.int16)
    values[rng.random(values.shape) < 0.01] = MISSING
    for voxel, share in ((3, 0.4), (4, 0.8), (5, 0.93)):
        values[rng.random(N) < share, voxel] = MISSING
    values[20:25, 6] = MISSING  # the rare confound vanishes
    values[:, 7], values[:, 8], values[:, 9] = MISSING, 5, rng.integers(0, 3, N)
    values[: N // 2, 10] = MISSING
    phenotypes = rng.normal(size=(N, 5)) + confounds[:, :1]
    phenotypes[rng.random(N) < 0.05, 1] = np.nan
    phenotypes[rng.random(N) < 0.6, 2] = np.nan
    phenotypes[:, 3] = rng.random(N) < 0.1
    phenotypes[60:, 4] = np.nan
    variants = rng.integers(0, 3, (N, 2)).astype(float)
    variants[3:6, 1] = np.nan
    return values, phenotypes, confounds, variants, rng.normal(size=(N, 3))


@pytest.mark.parametrize("columns", [[0, 3], [0, 1, 2, 3, 4]])
@pytest.mark.parametrize(("precision", "tolerance"), [("double", 1e-11), ("single", 2e-6)])  # 3e-13, 2e-7
def test_it_equals_the_slow_and_obvious_way(cohort, columns, precision, tolerance):
    values, phenotypes, *others = cohort
    r, n, ranks = voxelwise_one_by_one(values, phenotypes[:, columns], *others)
    design = voxel_design(phenotypes[:, columns], *others)
    found = voxelwise(values, design, min_subjects=3, precision=precision)
    np.testing.assert_array_equal(found.n, n)
    dof = n - 2 - np.maximum(ranks, design.rank[:, None])
    tested = np.isfinite(r) & (dof >= 1)
    np.testing.assert_array_equal(np.isfinite(found.r), tested)
    np.testing.assert_allclose(found.r[tested], r[tested], atol=tolerance)
    np.testing.assert_array_equal(found.dof[tested], dof[tested])
    np.testing.assert_allclose(found.mlog10p, mlog10p_from_r(found.r, found.dof))
    calibrated = voxelwise(values, design, min_subjects=3, dof="calibrated", precision=precision)
    same = (n == n.max(axis=0)) & (n == n.max(axis=1)[:, None]) & tested
    np.testing.assert_array_equal(calibrated.dof[same], dof[same])
    assert (calibrated.dof >= dof)[tested].all()
    pairwise = voxelwise(values, design, min_subjects=3, dof="pairwise", precision=precision)
    np.testing.assert_array_equal(pairwise.dof, n - 2)
    np.testing.assert_array_equal(np.isfinite(pairwise.r), tested)


def test_what_is_left_out_has_a_reason(cohort):
    values, phenotypes, confounds, *_ = cohort
    phenotypes = np.column_stack([phenotypes, np.ones(N), np.where(np.arange(N) < 10, phenotypes[:, 0], np.nan)])
    found = voxelwise(values, voxel_design(phenotypes, confounds), min_subjects=15)
    told = [[REASONS[code] for code in row] for row in found.reason]
    assert told[0][7] == "fewer subjects than required"
    assert told[0][8] == told[5][0] == "constant over the common subjects"
    assert told[6][0] == "too few degrees of freedom"
    assert found.n[0, 5] >= 15
    assert found.dof[0, 5] < found.n[0, 5] - 2
    np.testing.assert_array_equal(np.isnan(found.r), found.reason != 0)
    assert voxelwise(values, voxel_design(phenotypes, confounds), min_dof=400).reason.all()


def test_values_are_not_changed_and_the_unit_makes_no_difference(cohort):
    values, phenotypes, confounds, *_ = cohort
    design, before = voxel_design(phenotypes, confounds), values.copy()
    found = voxelwise(values, design)
    np.testing.assert_array_equal(values, before)
    doubled = voxelwise(np.where(values == MISSING, MISSING, 2 * values).astype(np.int16), design)
    np.testing.assert_array_equal(found.r, doubled.r)


def test_a_confound_on_both_sides_vanishes_at_every_missing_rate(rng):
    n = 3000
    shared = rng.normal(size=(n, 1))
    values = np.round(100 * (shared + rng.normal(size=(n, 12)))).astype(np.int16)
    for voxel in range(12):
        values[rng.random(n) < voxel * 0.08, voxel] = MISSING
    phenotype = shared + rng.normal(size=(n, 1))
    with_it = voxelwise(values, voxel_design(phenotype, shared))
    without = voxelwise(values, voxel_design(phenotype))
    assert (np.abs(with_it.r) * np.sqrt(with_it.n)).max() < 4  # 2.6 standard deviations
    assert without.r.min() > 0.4


def test_planted_regions_are_found_and_nothing_else(rng):
    n, size = 400, 12
    side = np.abs(np.arange(size) - 5.5)
    x, y = np.meshgrid(side, np.arange(size), indexing="ij")
    planted = ((x - 3) ** 2 + (y - 6) ** 2 < 5).ravel()  # one region on either side
    phenotype = rng.normal(size=n)
    values = 1000 * (rng.normal(size=(n, planted.size)) + 0.6 * phenotype[:, None] * planted)
    found = voxelwise(np.round(values).astype(np.int16), voxel_design(np.column_stack([phenotype, rng.normal(size=n)])))
    limit = significance(found.mlog10p[0], q=0.05).fdr
    passed = found.mlog10p[0] >= limit
    assert passed[planted].all()
    assert passed[~planted].mean() <= 0.05  # 0.01
    assert significance(found.mlog10p[1], q=0.05).n_fdr == 0


def test_a_symmetric_truth_gives_symmetric_maps(rng):
    left = np.round(rng.normal(size=(200, 20)) * 300).astype(np.int16)
    found = voxelwise(
        np.hstack([left, left[:, ::-1]]), voxel_design(rng.normal(size=(200, 2)), rng.normal(size=(200, 4)))
    )
    np.testing.assert_allclose(found.r, found.r[:, ::-1], atol=1e-6)
    np.testing.assert_array_equal(found.n, found.n[:, ::-1])


def test_p_is_uniform_where_there_is_nothing(rng):
    n, k = 120, 40
    values = np.round(rng.normal(size=(n, 1500)) * 300).astype(np.int16)
    design = voxel_design(rng.normal(size=(n, 1)), rng.normal(size=(n, k)))
    uniform = kstest(10 ** -voxelwise(values, design).mlog10p[0], "uniform")
    assert uniform.pvalue > 0.01  # 0.4
    # Counted as the papers do, a third of the subjects spent on confounds would be found false positives.
    assert (voxelwise(values, design, dof="pairwise").mlog10p[0] > -np.log10(0.05)).mean() > 0.08  # 0.12


def test_unknown_choices_are_refused(cohort):
    values, phenotypes, *_ = cohort
    with pytest.raises(QSMError, match="adjusted, calibrated or pairwise"):
        voxelwise(values, voxel_design(phenotypes), dof="many")
