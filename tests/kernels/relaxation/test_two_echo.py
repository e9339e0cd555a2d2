"""The UK Biobank recipe for T2*."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from nipype_qsm.errors import MetadataError, UnitsError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.relaxation.two_echo import two_echo

TIMES = (0.00942, 0.020)
SHAPE = (14, 12, 8)
GRID = Grid(SHAPE, (0.8, 0.8, 3.0), (0, 0, 1))


def decay(t2star, s0=1000.0):
    safe = np.where(t2star == 0, 1, t2star)
    return np.stack([np.where(t2star == 0, 0, s0 * np.exp(-t / safe)) for t in TIMES], -1)


def recipe(magnitude, grid):
    """The note's six sentences with scipy, slice by slice and voxel by voxel."""
    with np.errstate(all="ignore"):
        t2star = (TIMES[1] - TIMES[0]) / np.log(magnitude[..., 0] / magnitude[..., 1])
    t2star = np.where(np.isfinite(t2star), t2star, 0)
    t2star[t2star > 0.080] = 0
    t2star[t2star < 0.005] = 0
    for z in range(t2star.shape[2]):
        t2star[..., z] = ndimage.median_filter(t2star[..., z], 3, mode="nearest")
    places = np.argwhere(np.ones(t2star.shape))
    filled = t2star.copy()
    for voxel in np.argwhere(t2star == 0):
        near = np.sum(((places - voxel) * grid.voxel_size) ** 2, 1) <= 9.0 + 1e-9
        values = t2star[tuple(places[near].T)]
        filled[tuple(voxel)] = values[values > 0].mean() if (values > 0).any() else 0
    return filled


def test_each_voxel_equals_the_recipe_done_slowly(rng):
    t2star = rng.uniform(0.002, 0.1, SHAPE)
    t2star[4:9, 3:9] = 0
    magnitude = decay(t2star).astype(np.float32)
    mask = rng.random(SHAPE) < 0.8
    found = two_echo(magnitude, mask, GRID, echo_times=TIMES)
    assert np.allclose(found.t2star, np.where(mask, recipe(magnitude.astype(float), GRID), 0), rtol=1e-4)
    assert found.t2star.dtype == found.r2star.dtype == found.s0.dtype == np.float32
    implausible = (t2star > 0.08) | (t2star < 0.005)
    assert found.n_implausible == np.count_nonzero(mask & implausible)


@given(t2star=st.floats(0.0051, 0.0799), s0=st.floats(1, 1e4))
@settings(max_examples=30, deadline=None)
def test_a_noiseless_decay_is_found_exactly(t2star, s0):
    found = two_echo(decay(np.full(SHAPE, t2star), s0), np.ones(SHAPE, bool), GRID, echo_times=TIMES)
    assert np.allclose(found.t2star, t2star, rtol=1e-5)
    assert np.allclose(found.r2star, 1 / t2star, rtol=1e-5)
    assert np.allclose(found.s0, s0, rtol=1e-4)
    assert found.n_implausible == found.n_filled == 0


@pytest.mark.parametrize("t2star", [0.0049, 0.0801, 0.5])
def test_values_beyond_the_limits_are_filled_from_their_neighbours(t2star):
    truth = np.full(SHAPE, 0.03)
    truth[3:10, 3:9, 4] = t2star
    found = two_echo(decay(truth), np.ones(SHAPE, bool), GRID, echo_times=TIMES)
    assert np.allclose(found.t2star, 0.03, rtol=1e-5)
    assert found.n_implausible == 42
    assert found.n_filled == 38  # the median already took the block's four corners


def test_the_median_works_in_the_plane_across_b0():
    turned = Grid((8, 14, 12), (3.0, 0.8, 0.8), (1, 0, 0))
    truth = np.random.default_rng(1).uniform(0.01, 0.07, SHAPE)
    mask = np.ones(SHAPE, bool)
    upright = two_echo(decay(truth), mask, GRID, echo_times=TIMES).t2star
    magnitude = np.moveaxis(decay(truth), 2, 0)
    found = two_echo(magnitude, np.moveaxis(mask, 2, 0), turned, echo_times=TIMES).t2star
    assert np.allclose(found, np.moveaxis(upright, 2, 0))


def test_it_is_zero_outside_the_mask_and_where_there_is_no_signal():
    mask = np.zeros(SHAPE, bool)
    mask[5:8, 5:8, 3:5] = True
    found = two_echo(np.zeros((*SHAPE, 2)), mask, GRID, echo_times=TIMES)
    assert not found.t2star.any() and not found.r2star.any() and not found.s0.any()
    magnitude = decay(np.full(SHAPE, 0.03))
    before = magnitude.copy()
    assert np.array_equal(two_echo(magnitude, mask, GRID, echo_times=TIMES).t2star > 0, mask)
    assert np.array_equal(magnitude, before)


def test_other_than_two_echoes_and_milliseconds_are_refused_with_their_cure():
    mask = np.ones(SHAPE, bool)
    with pytest.raises(MetadataError, match="use log_linear or nonlinear"):
        two_echo(np.ones((*SHAPE, 3)), mask, GRID, echo_times=(0.005, 0.01, 0.02))
    with pytest.raises(UnitsError, match="Divide them by 1000"):
        two_echo(np.ones((*SHAPE, 2)), mask, GRID, echo_times=(9.42, 20))
