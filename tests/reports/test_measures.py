import numpy as np
import pytest

from nipype_qsm.reports.measures import jump_share, mask_shape, mask_steps, shading, spread


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


@pytest.fixture
def head(oblique_affine):
    """A brain-like mask of 3 mm voxels, 168 mm long and 134 mm wide, tilted in its volume, and its affine."""
    affine = oblique_affine((3.0, 3.0, 3.0), (10.0, -6.0))
    indices = np.stack(np.meshgrid(*[np.arange(n) - (n - 1) / 2 for n in (64, 76, 60)], indexing="ij"), axis=-1)
    x, y, z = np.moveaxis(indices @ affine[:3, :3].T, -1, 0)
    return (x / 67) ** 2 + (y / 84) ** 2 + (z / 60) ** 2 < 1, affine, (x, y, z)


def test_a_tilted_brain_is_symmetric_and_longer_than_wide(head):
    mask, affine, _ = head
    found = mask_shape(mask, affine)
    assert found.symmetry > 0.95  # measured 0.987
    assert found.length_by_width == pytest.approx(84 / 67, abs=0.06)  # measured 1.257


def test_a_mask_without_its_left_back_is_not_symmetric(head):
    mask, affine, (x, y, _) = head
    assert mask_shape(mask & ~((x < 0) & (y < -20)), affine).symmetry < 0.9  # measured 0.85


@pytest.mark.parametrize("side", [-1, 1])
def test_a_mask_without_its_front_or_back_is_too_short(head, side):
    mask, affine, (_, y, _) = head
    assert mask_shape(mask & (side * y < 42), affine).length_by_width < 1.08  # measured 0.96


def test_a_mask_of_few_voxels_has_no_shape():
    assert mask_shape(np.zeros((20, 20, 20), bool), np.eye(4)) is None


def test_shading_is_told_where_there_is_one(head, rng):
    mask, affine, (x, _, _) = head
    even = mask * rng.uniform(80, 120, mask.shape)
    assert shading(even, mask, affine) < 1.1  # measured 1.01
    assert shading(even * np.exp(-x / 50), mask, affine) > 5  # measured 7.6
    assert shading(even, np.zeros_like(mask), affine) is None
