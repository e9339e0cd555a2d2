"""SHARP: laws of background removal."""

from functools import partial

import numpy as np
import pytest
from backgrounds import LAWS, VOXELS, background_left, source_kept
from hypothesis import given, settings
from hypothesis import strategies as st

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.background.sharp import sharp
from oracles import ball_head


@pytest.mark.parametrize("law", LAWS)
def test_it_obeys_a_law_of_background_removal(law, rng):
    law(sharp, rng)


@pytest.mark.parametrize("voxel_size", VOXELS)
def test_an_outside_dipole_vanishes_and_a_local_source_survives(voxel_size):
    # Measured: 0.002 to 1.4 % of the background, most in thick slices, where a sphere is no sphere.
    assert background_left(partial(sharp, threshold=0.3), voxel_size) < 0.03
    assert source_kept(sharp, voxel_size) == pytest.approx(1, abs=0.02)


@settings(max_examples=8)
@given(seed=st.integers(0, 10**6), factor=st.floats(-5, 5))
def test_it_is_linear_in_the_field(seed, factor):
    grid, mask = ball_head((1.5, 1.5, 2.0), 10.0)
    first, second = np.random.default_rng(seed).normal(size=(2, *grid.shape)).astype(np.float32)
    together = sharp(first + np.float32(factor) * second, mask, grid).field_local
    apart = sharp(first, mask, grid).field_local + factor * sharp(second, mask, grid).field_local
    # Measured: 3e-6.
    np.testing.assert_allclose(together, apart, atol=1e-3)


def test_a_constant_is_all_background():
    grid, mask = ball_head((1.0, 1.0, 1.0), 8.0)
    # Measured: exactly 0.
    assert np.abs(sharp(np.full(grid.shape, 7.0), mask, grid).field_local).max() < 1e-5


def test_a_larger_sphere_keeps_less():
    grid, mask = ball_head((1.0, 1.0, 1.0), 12.0)
    kept = [sharp(np.zeros(grid.shape), mask, grid, radius_mm=radius).mask_local.sum() for radius in (3, 5, 7)]
    assert kept[0] > kept[1] > kept[2]


def test_a_mask_too_small_for_the_sphere_is_refused_with_a_cure():
    grid, mask = ball_head((1.0, 1.0, 1.0), 4.0)
    with pytest.raises(QSMError, match="lower radius_mm"):
        sharp(np.zeros(grid.shape), mask, grid)
