import numpy as np
import pytest

from nipype_qsm.reports.measures import jump_share, mask_steps, spread


def test_spread_tells_percentiles_and_count(rng):
    values = rng.normal(20, 5, 50_000).astype(np.float32)
    found = spread(values)
    assert found.n_voxels == 50_000
    assert (found.low, found.median, found.high) == pytest.approx(np.percentile(values, (1, 50, 99)), rel=1e-6)
    assert found.mean == pytest.approx(20, abs=0.1)
    assert spread(values[:0]) is None


def test_mask_steps_count_what_was_lost_and_what_was_filled():
    brain = np.ones((4, 4, 4), bool)
    reliable = brain.copy()
    reliable[0] = False
    tissue = reliable.copy()
    tissue[1, 0, 0] = False
    tissue[0, 0, 0] = True
    steps = mask_steps({"mask_tissue": tissue, "mask_brain": brain, "mask_reliable": reliable, "mask_reference": brain})
    assert [(step.name, step.n_voxels, step.n_lost, step.n_gained) for step in steps] == [
        ("mask_brain", 64, 0, 0),
        ("mask_reliable", 48, 16, 0),
        ("mask_tissue", 48, 1, 1),
    ]


def test_jumps_are_counted_inside_the_mask_only():
    phase = np.zeros((6, 5, 4), np.float32)
    phase[3:] = 2 * np.pi
    mask = np.ones(phase.shape, bool)
    n_pairs = 5 * 20 + 4 * 24 + 3 * 30
    assert jump_share(phase, mask) == pytest.approx(20 / n_pairs)
    mask[3:] = False
    assert jump_share(phase, mask) == 0
    assert jump_share(phase, np.zeros_like(mask)) == 0
