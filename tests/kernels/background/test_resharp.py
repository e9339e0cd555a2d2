"""RESHARP: laws of background removal, and the equation that it solves."""

from functools import partial

import numpy as np
import pytest
from backgrounds import LAWS, VOXELS, background_left, source_kept
from scipy import ndimage

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.background.resharp import resharp
from nipype_qsm.kernels.spheres import sphere_weights
from oracles import ball_head


@pytest.mark.parametrize("law", LAWS)
def test_it_obeys_a_law_of_background_removal(law, rng):
    law(partial(resharp, radius_mm=3.0, tolerance=1e-4), rng)


@pytest.mark.parametrize("voxel_size", VOXELS)
def test_an_outside_dipole_vanishes_and_a_local_source_survives(voxel_size):
    # Measured: 0.002 to 1.8 % of the background; slopes of 1.0000 to 1.0001.
    assert background_left(resharp, voxel_size) < 0.03
    assert source_kept(resharp, voxel_size) == pytest.approx(1, abs=0.02)


def test_a_stop_before_the_tolerance_warns_with_its_numbers(rng):
    grid, mask = ball_head((1.0, 1.0, 1.0), 8.0)
    with pytest.warns(RuntimeWarning, match=r"RESHARP stopped after 1 iterations \(limit 1\)"):
        result = resharp(rng.normal(size=grid.shape), mask, grid, radius_mm=3.0, max_iterations=1, tolerance=1e-7)
    assert not result.converged and result.residual > 1e-7


def test_a_mask_too_small_for_the_sphere_is_refused_with_a_cure():
    grid, mask = ball_head((1.0, 1.0, 1.0), 4.0)
    with pytest.raises(QSMError, match="lower radius_mm"):
        resharp(np.zeros(grid.shape), mask, grid)


def test_a_small_weight_leaves_the_high_pass_of_the_field_and_a_large_one_makes_it_smaller(rng):
    grid, mask = ball_head((1.0, 1.2, 1.5), 12.0)
    field = np.where(mask, rng.normal(size=grid.shape), 0).astype(np.float32)
    weights = sphere_weights(3.0, grid.voxel_size, subsample_mm=0.2).astype(float)
    gaps, sizes = [], []
    for regularisation in (1e-6, 1.0):
        found = resharp(field, mask, grid, radius_mm=3.0, regularisation=regularisation)
        local = found.field_local
        # The field beside `mask_local` is not given out, so only voxels two radii from the rim can be judged.
        deep = ndimage.convolve(found.mask_local.astype(float), weights, mode="constant") > weights.sum() - 1e-6
        gap = local - field - ndimage.convolve(local - field, weights / weights.sum(), mode="constant")
        gaps.append(gap[deep].std())
        sizes.append(local[deep].std())
    # Measured: 0.002 against 0.5, and half the size.
    assert gaps[0] < 0.05 < 0.3 < gaps[1]
    assert sizes[1] < 0.7 * sizes[0]
