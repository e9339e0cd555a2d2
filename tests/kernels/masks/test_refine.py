"""What is dropped from a mask, and why."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.masks.refine import closed_cavities, refine, small_components

SHAPE = (40, 36, 8)
UKB = Grid(SHAPE, (0.8, 0.8, 3.0), (0, 0, 1))


@pytest.fixture
def block():
    mask = np.zeros(SHAPE, bool)
    mask[3:37, 3:33, 1:7] = True
    return mask, np.ones((*SHAPE, 2))


def test_a_reliable_mask_is_left_as_it_is(block):
    mask, reliability = block
    found = refine(mask, reliability, UKB)
    assert np.array_equal(found.mask, mask)
    assert found.n_removed == 0
    assert found.changes["voxels in"] == found.changes["voxels out"] == mask.sum()


def test_each_echo_has_its_threshold_and_is_counted(block):
    mask, reliability = block
    reliability[3:10, 3:33, :, 0] = 0.59
    reliability[30:37, 3:33, :, 1] = 0.49
    reliability[20:25, 3:33, :, 1] = 0.51
    found = refine(mask, reliability, UKB)
    assert found.changes["unreliable in echo 1"] == found.changes["unreliable in echo 2"] == 7 * 30 * 6
    assert found.n_removed == 2 * 7 * 30 * 6
    assert not found.mask[3:10].any() and not found.mask[30:].any() and found.mask[20:25, 3:33, 1:7].all()


def test_echoes_without_a_threshold_do_not_decide(block):
    mask, reliability = block
    late = np.concatenate([reliability, np.zeros((*SHAPE, 3))], axis=-1)
    assert np.array_equal(refine(mask, late, UKB, thresholds=(0.6, 0.5, 0.0)).mask, mask)
    with pytest.raises(QSMError):
        refine(mask, late, UKB, thresholds=(0.6, 0.5))


def test_a_value_at_the_threshold_is_kept(block):
    mask, reliability = block
    assert refine(mask, np.full_like(reliability, 0.6), UKB, thresholds=(0.6,)).n_removed == 0


@pytest.mark.parametrize(("n_echoes", "removed"), [(1, 0), (2, 1), (4, 1)])
def test_further_echoes_take_the_last_threshold_and_one_echo_the_first(block, n_echoes, removed):
    mask, reliability = block
    stack = np.repeat(reliability[..., :1], n_echoes, axis=3)
    stack[..., -1] = np.where(np.indices(SHAPE)[0] < 15, 0.65, 1)
    found = refine(mask, stack, UKB, thresholds=(0.6, 0.7))
    assert (found.n_removed > 0) == bool(removed)


def test_small_islands_of_a_slice_go_and_large_ones_stay(block):
    mask, reliability = block
    reliability[15:17, :, 2, 0] = 0  # cuts slice 2 into 12 and 20 columns of 30 pixels
    found = refine(mask, reliability, UKB, smallest_component=400, smallest_hole=1)
    assert not found.mask[:17, :, 2].any() and found.mask[17:37, 3:33, 2].all()
    assert found.changes["small islands"] == 12 * 30
    assert found.mask[3:37, 3:33, 3].all()


def test_small_gaps_are_filled_and_large_ones_stay_unless_closed_in_the_volume(block):
    mask, reliability = block
    reliability[10:14, 10:14, :, 0] = 0  # a tunnel through all slices
    reliability[20:30, 20:30, 3, 0] = 0  # a closed cavity, too large for its slice
    open_tunnel = refine(mask, reliability, UKB, smallest_hole=16)
    assert not open_tunnel.mask[10:14, 10:14].any()
    assert open_tunnel.changes["filled in slices"] == 0
    assert open_tunnel.changes["filled in the volume"] == 100
    closed = refine(mask, reliability, UKB, smallest_hole=17)
    assert closed.changes["filled in slices"] == 16 * 6
    assert np.array_equal(closed.mask, mask)


def test_the_two_refinements_of_uk_biobank_follow_their_definition_step_by_step(rng):
    mask = ndimage.gaussian_filter(rng.normal(size=SHAPE), (4, 4, 2)) > -0.02
    reliability = np.clip(ndimage.gaussian_filter(rng.normal(size=(*SHAPE, 2)), (2, 2, 1, 0)) * 8 + 0.75, 0, 1)
    for thresholds, component, hole in [((0.6, 0.5), 60, 50), ((0.7, 0.6), 40, 30)]:
        expected = mask & (reliability[..., 0] >= thresholds[0]) & (reliability[..., 1] >= thresholds[1])
        for z in range(SHAPE[2]):
            for value, least in ((True, component), (False, hole)):
                labels, count = ndimage.label(expected[..., z] == value, np.ones((3, 3)))
                for one in range(1, count + 1):
                    if (labels == one).sum() < least:
                        expected[..., z][labels == one] = not value
        expected = ndimage.binary_fill_holes(expected, np.ones((3, 3, 3)))
        options = {"smallest_component": component, "smallest_hole": hole, "scale_areas": False}
        found = refine(mask, reliability, UKB, thresholds=thresholds, **options)
        assert np.array_equal(found.mask, expected)
        assert found.changes["small islands"] > 0 and found.changes["filled in slices"] > 0
        assert found.n_removed == np.count_nonzero(mask & ~expected)


def test_areas_scale_with_the_pixel_and_slices_follow_b0(block):
    mask, reliability = block
    reliability[15:17, :, 2, 0] = 0
    coarse = Grid(SHAPE, (1.6, 1.6, 3.0), (0, 0, 1))
    options = {"smallest_component": 4 * 400, "smallest_hole": 4}
    scaled = refine(mask, reliability, coarse, **options)
    assert scaled.changes["small islands"] == 12 * 30
    with pytest.raises(QSMError, match="Lower the thresholds"):
        refine(mask, reliability, coarse, scale_areas=False, **options)
    turned = Grid((8, 40, 36), (3.0, 1.6, 1.6), (0.9, 0.3, 0))
    found = refine(np.moveaxis(mask, 2, 0), np.moveaxis(reliability, 2, 0), turned, **options)
    assert np.array_equal(np.moveaxis(found.mask, 0, 2), scaled.mask)


def test_uk_biobanks_own_pixel_rounds_to_the_areas_given(block):
    mask, reliability = block
    reliability[13, :, 2, 0] = 0  # leaves an island of exactly 10 x 30 pixels
    single = Grid(SHAPE, tuple(np.float32([0.8, 0.8, 3.0])), (0, 0, 1))
    assert refine(mask, reliability, single, smallest_hole=1).changes["small islands"] == 0


@given(volume=arrays(bool, (6, 5, 4)))
@settings(deadline=None)
def test_closed_cavities_are_those_that_scipy_fills(volume):
    expected = ndimage.binary_fill_holes(volume, np.ones((3, 3, 3))) & ~volume
    assert np.array_equal(closed_cavities(volume), expected)


def test_diagonal_neighbours_belong_together_in_the_slice_but_slices_do_not():
    volume = np.zeros((4, 4, 2), bool)
    volume[0, 0, 0] = volume[1, 1, 0] = volume[1, 1, 1] = True
    assert small_components(volume, 2, 2).sum() == 1
    assert small_components(volume, 2, 3).sum() == 3


def test_the_inputs_are_untouched_and_nothing_left_is_refused(block):
    mask, reliability = block
    before = mask.copy()
    reliability[:20] = 0.2
    refine(mask, reliability, UKB)
    assert np.array_equal(mask, before)
    with pytest.raises(QSMError, match="in radians"):
        refine(mask, np.zeros_like(reliability), UKB)
