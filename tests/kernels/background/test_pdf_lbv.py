"""The mean of projection and boundary value: nothing but the mean."""

import numpy as np
import pytest
from backgrounds import LAWS

from nipype_qsm.kernels.background.lbv import lbv
from nipype_qsm.kernels.background.pdf import pdf
from nipype_qsm.kernels.background.pdf_lbv import pdf_lbv
from nipype_qsm.kernels.dipole import dipole_field
from oracles import ball_head, point_dipole_field


@pytest.mark.parametrize("law", LAWS)
def test_it_obeys_a_law_of_background_removal(law, rng):
    law(pdf_lbv, rng)


def test_it_is_the_mean_of_both_where_both_have_a_value(rng):
    grid, mask = ball_head((1.2, 1.2, 2.0), 10.0)
    chi = np.where(mask, rng.normal(size=grid.shape), 0).astype(np.float32)
    field = dipole_field(chi, grid, pad=8) + 1e4 * point_dipole_field(grid, (14.0, 10.0, 9.0)).astype(np.float32)
    before = field.copy(), mask.copy()
    both, projection, boundary = (
        pdf_lbv(field, mask, grid),
        pdf(field, mask, grid),
        lbv(field, mask, grid, reach_mm=None),
    )
    np.testing.assert_array_equal(both.mask_local, boundary.mask_local)
    mean = (projection.field_local + boundary.field_local) / 2
    np.testing.assert_array_equal(both.field_local, np.where(both.mask_local, mean, 0))
    assert both.n_removed == mask.sum() - both.mask_local.sum()
    assert both.iterations == [projection.iterations, boundary.iterations] and both.converged
    np.testing.assert_array_equal(field, before[0])
    np.testing.assert_array_equal(mask, before[1])


def test_the_peel_of_the_boundary_value_sets_the_kept_mask(rng):
    grid, mask = ball_head((1.5, 1.5, 2.0), 9.0)
    field = rng.normal(size=grid.shape).astype(np.float32)
    peeled = pdf_lbv(field, mask, grid, peel=1)
    np.testing.assert_array_equal(peeled.mask_local, lbv(field, mask, grid, peel=1).mask_local)
    assert not peeled.field_local[~peeled.mask_local].any()
