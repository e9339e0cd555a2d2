"""A map against the truth."""

import numpy as np
import pytest

from nipype_qsm.kernels.quality.agreement import FEWEST_VOXELS, agreement

NAMES = {1: "caudate", 2: "putamen", 3: "pallidum", 4: "white matter", 5: "speck"}


@pytest.fixture
def head(rng):
    """Truth, labels and mask of a small head with four structures and a speck."""
    labels = np.zeros((20, 18, 16), int)
    for number, start in enumerate((1, 5, 9, 13), start=1):
        labels[start : start + 4, 3:15, 3:13] = number
    labels[18, 8, 8] = 5
    values = np.array([0, 0.03, 0.06, 0.12, -0.03, 0.2])
    truth = values[labels] + rng.normal(scale=0.005, size=labels.shape)
    return truth.astype(np.float32), labels, np.ones(labels.shape, bool)


def test_a_perfect_map_has_no_error(head):
    truth, labels, mask = head
    found = agreement(truth, truth, mask, labels=labels, names=NAMES)
    assert found.rmse == 0
    assert found.xsim == pytest.approx(1, abs=1e-9)
    assert found.slope == pytest.approx(1) and found.r == pytest.approx(1)


def test_the_zero_level_does_not_count_as_error(head):
    truth, labels, mask = head
    shifted = agreement(truth + np.float32(0.5), truth, mask, labels=labels, names=NAMES)
    assert shifted.rmse < 1e-7  # measured 3e-8
    assert shifted.slope == pytest.approx(1, abs=1e-5)
    assert shifted.xsim == pytest.approx(1, abs=1e-6)


def test_a_flat_map_errs_by_the_truths_own_spread(head):
    truth, _, mask = head
    found = agreement(np.zeros_like(truth), truth, mask)
    assert found.rmse == pytest.approx(truth.std(), rel=1e-5)
    assert found.nrmse == pytest.approx(1, rel=1e-5)
    assert np.isnan(found.slope) and found.structures == []


def test_half_the_contrast_is_a_slope_of_one_half(head):
    truth, labels, mask = head
    found = agreement(truth * np.float32(0.5), truth, mask, labels=labels, names=NAMES)
    assert found.slope == pytest.approx(0.5, abs=1e-5)
    assert found.r == pytest.approx(1)
    assert found.nrmse == pytest.approx(0.5, rel=1e-5)
    assert found.xsim < 0.95  # measured 0.84


def test_noise_of_known_size_is_measured(head, rng):
    truth, _, mask = head
    noisy = truth + rng.normal(scale=0.02, size=truth.shape).astype(np.float32)
    assert agreement(noisy, truth, mask).rmse == pytest.approx(0.02, rel=0.03)  # 5760 voxels: one sigma is 0.9 %


def test_structures_are_medians_in_ppb_inside_the_mask_and_specks_are_left_out(head):
    truth, labels, mask = head
    mask = mask.copy()
    mask[1:3] = False
    rows = agreement(truth, truth, mask, labels=labels, names=NAMES).structures
    assert [row["name"] for row in rows] == ["caudate", "putamen", "pallidum", "white matter"]
    assert rows[0]["n_voxels"] == np.count_nonzero(mask & (labels == 1)) >= FEWEST_VOXELS
    assert rows[2]["truth_ppb"] == pytest.approx(120, abs=1)


def test_the_slope_is_over_the_structures_that_are_asked_for(head):
    truth, labels, mask = head
    value = truth.copy()
    value[labels == 4] += 1
    chosen = agreement(value, truth, mask, labels=labels, names=NAMES, slope_over=("caudate", "putamen", "pallidum"))
    assert chosen.slope == pytest.approx(1, abs=1e-5)
    assert agreement(value, truth, mask, labels=labels, names=NAMES).r < 0


def test_nothing_outside_the_mask_counts(head, rng):
    truth, labels, mask = head
    mask = mask.copy()
    mask[:, :, 8:] = False
    spoilt = np.where(mask, truth, 100).astype(np.float32)
    first, second = (agreement(v, truth, mask, labels=labels, names=NAMES) for v in (truth, spoilt))
    assert first == second
