import numpy as np
import pytest

from nipype_qsm.kernels.cohort.voxel_gaps import gap_sums, solve_gaps


@pytest.fixture
def case(rng):
    """Give a basis, voxels that lack 0, 3, 40 (more than confounds) and most subjects, and their list of gaps."""
    q = np.linalg.qr(np.column_stack([np.ones(400), rng.normal(size=(400, 11))]))[0]
    known = np.ones((4, 400), bool)
    for voxel, count in ((1, 3), (2, 40), (3, 250)):
        known[voxel, rng.choice(400, count, replace=False)] = False
    scores = np.where(known, rng.normal(size=known.shape), 0)
    missing = np.concatenate([np.flatnonzero(~row) for row in known])
    return q, known, scores, missing, np.concatenate([[0], np.cumsum((~known).sum(axis=1))])


@pytest.mark.parametrize(("kind", "tolerance"), [(np.float64, 1e-11), (np.float32, 2e-5)])  # 2e-14, 5e-6
def test_every_voxel_is_regressed_over_its_own_rows(case, kind, tolerance):
    q, known, scores, missing, starts = case
    gaps = solve_gaps(q.astype(kind), scores @ q, missing, starts)
    assert gaps.sure.all()
    coefficients = gaps.coefficients(q.astype(kind), scores @ q, missing, starts)
    for voxel, rows in enumerate(known):
        expected = np.linalg.lstsq(q[rows], scores[voxel, rows], rcond=None)[0]
        place = slice(starts[voxel], starts[voxel + 1])
        np.testing.assert_allclose(coefficients[voxel], expected, atol=tolerance)
        np.testing.assert_allclose(gaps.shadow[place], q[~rows] @ expected, atol=tolerance)
        fitted = q[rows] @ expected
        assert gaps.explained[voxel] == pytest.approx(fitted @ fitted, rel=max(tolerance, 1e-9))


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_a_confound_that_vanishes_with_the_missing_is_not_solved_and_stops_no_other(rng, kind):
    rare = np.zeros(100)
    rare[:3] = 1
    q = np.linalg.qr(np.column_stack([np.ones(100), rare, rng.normal(size=100)]))[0]
    missing, starts = np.array([0, 1, 2, 0, 1, *range(50), 7]), np.array([0, 3, 5, 55, 56])
    scores = rng.normal(size=(4, 100))
    for voxel in range(4):
        scores[voxel, missing[starts[voxel] : starts[voxel + 1]]] = 0
    found = solve_gaps(q.astype(kind), scores @ q, missing, starts)
    np.testing.assert_array_equal(found.sure, [False, True, False, True])
    assert found.shadow[-1] != 0


def test_few_observed_rows_are_not_solved(case):
    q, _, scores, _, _ = case
    missing = np.arange(380)
    assert not solve_gaps(q, scores[:1] @ q, missing, np.array([0, 380])).sure[0]


def test_sums_over_gaps_are_loops(case, rng):
    _, known, _, missing, starts = case
    observed = rng.random((400, 2)) < 0.8
    values, shadow = np.where(observed, rng.normal(size=(400, 2)), 0), rng.normal(size=missing.size)
    found = gap_sums(missing, starts, shadow, values, observed)
    for voxel, rows in enumerate(known):
        z = shadow[starts[voxel] : starts[voxel + 1]]
        expected = [observed[~rows].sum(0), values[~rows].sum(0), (values[~rows] ** 2).sum(0), z @ values[~rows]]
        np.testing.assert_allclose(found[:, voxel], expected, atol=1e-12)
