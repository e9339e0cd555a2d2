import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nipype_qsm.kernels.quality.comparison import agreement_of, comparison

SHAPE = (12, 10, 8)
EVERYWHERE = np.ones(SHAPE, bool)


def test_a_map_agrees_with_itself(rng):
    one = rng.standard_normal(SHAPE).astype(np.float32)
    (row,) = comparison(one, one, EVERYWHERE).regions
    assert (row["bias"], row["sd"], row["slope"], row["r"]) == pytest.approx((0, 0, 1, 1), abs=1e-12)
    assert row["n_voxels"] == one.size


@given(st.floats(0.1, 10), st.floats(-100, 100))
def test_a_scaled_and_shifted_map_has_that_slope_and_intercept(scale, shift):
    theirs = np.random.default_rng(3).standard_normal(500)
    found = agreement_of(scale * theirs + shift, theirs)
    assert found["slope"] == pytest.approx(scale, rel=1e-9)
    assert found["intercept"] == pytest.approx(shift, abs=1e-9)
    assert found["r"] == pytest.approx(1)


def test_limits_of_agreement_hold_95_percent_of_normal_differences(rng):
    theirs = rng.standard_normal(20000)
    difference = 3 + 2 * rng.standard_normal(20000)
    found = agreement_of(theirs + difference, theirs)
    assert found["bias"] == pytest.approx(3, abs=0.05)  # 2.99
    inside = (difference > found["low"]) & (difference < found["high"])
    assert inside.mean() == pytest.approx(0.95, abs=0.005)  # 0.950


def test_each_region_is_compared_for_itself_and_named(rng):
    theirs = rng.standard_normal(SHAPE)
    labels = np.zeros(SHAPE, int)
    labels[:4], labels[4:8] = 13, 52
    ours = theirs + np.where(labels == 13, 5, 0) - np.where(labels == 52, 7, 0)
    found = comparison(ours, theirs, EVERYWHERE, labels=labels, names={13: "left_pallidum"})
    assert [row["region"] for row in found.regions] == ["whole mask", "left_pallidum", "52"]
    assert [row["bias"] for row in found.regions[1:]] == pytest.approx([5, -7])


def test_only_the_mask_counts(rng):
    ours, theirs = rng.standard_normal(SHAPE), rng.standard_normal(SHAPE)
    mask = EVERYWHERE.copy()
    mask[5:] = False
    changed = np.where(mask, ours, 99)
    assert comparison(ours, theirs, mask).regions == comparison(changed, theirs, mask).regions


def test_too_few_voxels_and_constant_maps_give_nan(rng):
    mask = np.zeros(SHAPE, bool)
    mask[0, 0, :5] = True
    (row,) = comparison(np.ones(SHAPE), np.ones(SHAPE), mask).regions
    assert np.isnan([row["ours"], row["bias"], row["slope"]]).all()
    (row,) = comparison(np.ones(SHAPE), np.ones(SHAPE), EVERYWHERE).regions
    assert row["bias"] == 0
    assert np.isnan([row["slope"], row["r"]]).all()


def test_inputs_are_left_alone(rng):
    ours, theirs = rng.standard_normal(SHAPE), rng.standard_normal(SHAPE)
    kept = ours.copy(), theirs.copy()
    comparison(ours, theirs, EVERYWHERE, labels=np.ones(SHAPE, int))
    assert np.array_equal(ours, kept[0])
    assert np.array_equal(theirs, kept[1])
