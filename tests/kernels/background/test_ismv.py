"""iSMV: laws of background removal, and the equation that it solves."""

from functools import partial

import numpy as np
import pytest
from backgrounds import LAWS, VOXELS, background_left, source_kept
from scipy import ndimage

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.background.ismv import ismv
from nipype_qsm.kernels.spheres import sphere_weights
from oracles import ball_head


@pytest.mark.parametrize("law", LAWS)
def test_it_obeys_a_law_of_background_removal(law, rng):
    law(ismv, rng)


@pytest.mark.parametrize("voxel_size", VOXELS)
def test_an_outside_dipole_vanishes_and_a_local_source_survives(voxel_size):
    # Measured: 0.002 to 1.5 % of the background; slopes of 0.9994 to 0.9999.
    assert background_left(partial(ismv, radius_mm=6.0), voxel_size) < 0.03
    assert source_kept(ismv, voxel_size) == pytest.approx(1, abs=0.02)


def test_a_stop_before_the_tolerance_warns_with_its_numbers(rng):
    grid, mask = ball_head((1.0, 1.0, 1.0), 8.0)
    with pytest.warns(RuntimeWarning, match=r"iSMV stopped after 1 iterations \(limit 1\)"):
        result = ismv(rng.normal(size=grid.shape), mask, grid, max_iterations=1, tolerance=1e-5)
    assert not result.converged and result.residual > 1e-5


def test_a_mask_too_small_for_the_sphere_is_refused_with_a_cure():
    grid, mask = ball_head((1.0, 1.0, 1.0), 4.0)
    with pytest.raises(QSMError, match="lower radius_mm"):
        ismv(np.zeros(grid.shape), mask, grid)


def test_the_background_is_its_own_mean_inside_and_the_field_at_the_rim(rng):
    grid, mask = ball_head((1.0, 1.2, 1.5), 10.0)
    field = rng.normal(size=grid.shape).astype(np.float32)
    result = ismv(field, mask, grid, tolerance=1e-5)
    background = np.where(mask, field - result.field_local, 0)
    weights = sphere_weights(5.0, grid.voxel_size, subsample_mm=0.2).astype(float)
    mean = ndimage.convolve(background, weights / weights.sum(), mode="constant")
    # Measured: 1e-6 of a deviation of 1.
    np.testing.assert_allclose(background[result.mask_local], mean[result.mask_local], atol=1e-4)
