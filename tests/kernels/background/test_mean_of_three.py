"""The mean of three: the mean where all have a value, of two along the rim."""

import numpy as np
import pytest
from backgrounds import LAWS

from nipype_qsm.kernels.background.mean_of_three import mean_of_three
from nipype_qsm.kernels.background.pdf_lbv import pdf_lbv
from nipype_qsm.kernels.background.vsharp import vsharp
from nipype_qsm.kernels.dipole import dipole_field
from oracles import ball_head, point_dipole_field


@pytest.mark.parametrize("law", LAWS)
def test_it_obeys_a_law_of_background_removal(law, rng):
    law(mean_of_three, rng)


def test_it_is_the_mean_of_three_where_all_have_a_value_and_of_two_along_the_rim(rng):
    grid, mask = ball_head((1.2, 1.2, 2.0), 10.0)
    chi = np.where(mask, rng.normal(size=grid.shape), 0).astype(np.float32)
    field = dipole_field(chi, grid, pad=8) + 1e4 * point_dipole_field(grid, (14.0, 10.0, 9.0)).astype(np.float32)
    field.setflags(write=False)
    mask.setflags(write=False)
    three, two, third = (kernel(field, mask, grid) for kernel in (mean_of_three, pdf_lbv, vsharp))
    inner = two.mask_local & third.mask_local
    rim = two.mask_local & ~inner
    assert inner.any() and rim.any()
    np.testing.assert_allclose(
        three.field_local[inner], ((2 * two.field_local + third.field_local) / 3)[inner], rtol=1e-5, atol=1e-5
    )
    np.testing.assert_array_equal(three.field_local[rim], two.field_local[rim])
    np.testing.assert_array_equal(three.mask_local, two.mask_local)
    assert three.field_local.dtype == np.float32 and not three.field_local[~three.mask_local].any()
    assert (three.n_removed, three.iterations, three.converged) == (two.n_removed, two.iterations, two.converged)


def test_options_reach_the_methods(rng):
    grid, mask = ball_head((1.5, 1.5, 2.0), 9.0)
    field = rng.normal(size=grid.shape).astype(np.float32)
    peeled = mean_of_three(field, mask, grid, peel=1)
    np.testing.assert_array_equal(peeled.mask_local, pdf_lbv(field, mask, grid, peel=1).mask_local)
    assert np.any(
        mean_of_three(field, mask, grid, max_radius_mm=4.0).field_local != mean_of_three(field, mask, grid).field_local
    )
