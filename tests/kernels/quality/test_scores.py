"""The challenges' scores: their definitions, and the scorer that the field uses."""

import numpy as np
import pytest
from qsm_ci import qsm_eval
from scipy import ndimage

from nipype_qsm.kernels.quality.scores import scores, xsim

SCORER = {
    "nrmse": "nrmse",
    "nrmse_detrended": "nrmse_detrend",
    "correlation": "correlation",
    "xsim": "xsim",
    "hfen": "hfen",
    "calcification_streak": "calc_streak",
}
CALCIFICATION = 16
"""The scorer's number of it; its nuclei are 1 to 6."""


@pytest.fixture
def head(rng):
    """Truth, a map that streaks and shrinks, the mask, and labels as the scorer numbers them."""
    shape = (36, 33, 30)
    labels = np.zeros(shape, int)
    for number, start in enumerate(range(3, 33, 5), start=1):
        labels[start : start + 4, 4:12, 5:12] = number
    labels[17:20, 22:24, 14:17] = CALCIFICATION
    values = np.array([0, 0.04, 0.13, 0.04, 0.1, 0.15, 0.11] + 10 * [-2.0])
    truth = values[labels] + 0.02 * ndimage.gaussian_filter(rng.normal(size=shape), 1.5) / 0.1
    streaked = 0.8 * truth + 0.03 * ndimage.gaussian_filter1d(rng.normal(size=shape), 3, axis=2) + 0.01
    mask = np.zeros(shape, bool)
    mask[2:-2, 2:-1, 1:-2] = True
    return truth.astype(np.float32), streaked.astype(np.float32), mask, labels


def scored(value, truth, mask, labels):
    deep_grey = np.where(labels <= 6, labels, 0)
    return scores(value, truth, mask, deep_grey=deep_grey, calcification=labels == CALCIFICATION)


@pytest.mark.parametrize("kind", ["streaked", "faint", "upside down", "with holes"])
def test_every_score_is_that_of_the_scorer_of_the_field(head, kind):
    truth, value, mask, labels = head
    value = {"streaked": value, "faint": value * 0.05, "upside down": -value, "with holes": value * (labels != 2)}[kind]
    found = scored(value, truth, mask, labels)
    theirs, _ = qsm_eval.score_arrays(*(v.astype(float) for v in (value, truth, mask)), "chi", seg=labels)
    for ours, name in SCORER.items():
        # largest relative difference measured: 4e-16
        assert getattr(found, ours) == pytest.approx(theirs[name], rel=1e-9, nan_ok=True), ours
    assert abs(1 - found.deep_grey_slope) == pytest.approx(theirs["dgm_linearity"], rel=1e-9)  # measured 2e-15


def test_a_perfect_map_has_perfect_scores(head):
    truth, _, mask, labels = head
    found = scored(truth, truth, mask, labels)
    assert (found.nrmse, found.hfen) == (0, 0)
    assert found.nrmse_detrended == pytest.approx(0, abs=1e-9)
    assert (found.correlation, found.xsim) == pytest.approx((1, 1))
    assert (found.deep_grey_slope, found.deep_grey_r) == pytest.approx((1, 1))
    assert found.calcification_streak == pytest.approx(0, abs=1e-9)


def test_a_wrong_scale_is_an_error_that_detrending_forgives(head):
    truth, _, mask, labels = head
    found = scored(0.7 * truth + 0.02, truth, mask, labels)
    assert found.nrmse == pytest.approx(30, rel=1e-4)
    assert found.nrmse_detrended == pytest.approx(0, abs=1e-3)  # measured 3e-6
    assert found.deep_grey_slope == pytest.approx(0.7, rel=1e-4)
    assert found.calcification_streak == pytest.approx(0, abs=1e-3)  # measured 5e-10


def test_dropped_voxels_count_as_zeros(head):
    truth, _, mask, labels = head
    dropped = np.where(np.arange(truth.shape[2]) < 15, truth, 0)
    found = scored(dropped, truth, mask, labels)
    assert found.nrmse > 10  # measured 74
    assert found.xsim < 0.9  # measured 0.53


def test_streaks_around_the_calcification_raise_its_score_alone(head):
    truth, _, mask, labels = head
    streaked = truth.copy()
    streaked[18, 22, 18:22] += 0.3
    with_streak, without = (scored(v, truth, mask, labels) for v in (streaked, truth))
    assert with_streak.calcification_streak > 0.001 > without.calcification_streak  # measured 0.0034
    assert with_streak.deep_grey_slope == without.deep_grey_slope


def test_a_map_without_calcification_has_no_streak(head):
    truth, _, mask, labels = head
    assert np.isnan(scored(np.where(labels == CALCIFICATION, 0, truth), truth, mask, labels).calcification_streak)
    assert np.isnan(scores(truth, truth, mask).calcification_streak)


def test_without_nuclei_there_is_no_slope(head):
    truth, value, mask, _ = head
    assert np.isnan(scores(value, truth, mask).deep_grey_slope)
    assert np.isnan(scores(value, truth, mask, deep_grey=np.ones(mask.shape, int)).deep_grey_r)


def test_a_flat_map_has_no_correlation_and_its_truth_as_error(head):
    truth, _, mask, labels = head
    found = scored(np.zeros_like(truth), truth, mask, labels)
    assert (found.nrmse, found.correlation) == (pytest.approx(100), 0)
    assert found.deep_grey_slope == pytest.approx(0) and np.isnan(found.deep_grey_r)


def test_nothing_outside_the_mask_counts(head):
    truth, value, mask, labels = head
    spoilt = np.where(mask, value, 100)
    np.testing.assert_equal(scored(value, truth, mask, labels), scored(spoilt, truth, mask, labels))


def test_maps_are_not_changed(head):
    truth, value, mask, labels = head
    for volume in head:
        volume.setflags(write=False)
    scored(value, truth, mask, labels)


def test_similarity_is_symmetric(head):
    truth, value, mask, _ = head
    assert xsim(value, truth, mask) == pytest.approx(xsim(truth, value, mask), abs=1e-12)


def test_similarity_is_its_definition_window_by_window(rng):
    a, b = rng.normal(scale=0.05, size=(2, 7, 6, 8))
    mask = rng.random(a.shape) > 0.3
    inside_a, inside_b = (np.where(mask, v, 0) for v in (a, b))
    c1, c2 = 1e-4, 1e-6
    values = []
    for place in np.argwhere(mask):
        window = tuple(slice(max(0, p - 2), p + 3) for p in place)
        one, two = inside_a[window].ravel(), inside_b[window].ravel()
        value = (2 * one.mean() * two.mean() + c1) * (2 * np.cov(one, two, ddof=0)[0, 1] + c2)
        values.append(value / ((one.mean() ** 2 + two.mean() ** 2 + c1) * (one.var() + two.var() + c2)))
    assert xsim(a, b, mask) == pytest.approx(np.mean(values), abs=1e-12)
