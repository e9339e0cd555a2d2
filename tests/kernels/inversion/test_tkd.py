import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inversions import GRID, LAWS, ball, check_laws

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.inversion.tkd import tkd
from oracles import full_dipole


@pytest.mark.parametrize("law", LAWS)
def test_it_keeps_the_laws_of_an_inversion(law):
    check_laws(tkd, law)


@given(seed=st.integers(0, 1000), factor=st.floats(-3, 3))
def test_it_is_linear(seed, factor):
    a, b = np.random.default_rng(seed).normal(size=(2, 8, 9, 10))
    mask, grid = np.ones(a.shape, bool), GRID.resized(a.shape)
    both = tkd(a + factor * b, mask, grid, pad=4)
    # 8e-14 in 200 trials
    np.testing.assert_allclose(both, tkd(a, mask, grid, pad=4) + factor * tkd(b, mask, grid, pad=4), atol=1e-11)


def test_it_is_the_division_of_the_whole_spectrum(rng):
    field, mask = rng.normal(size=(9, 15, 15)), np.ones((9, 15, 15), bool)
    grid = GRID.resized(field.shape)
    kernel = full_dipole(field.shape, grid.voxel_size, grid.b0_direction)
    inverse = 1 / np.where(np.abs(kernel) < 0.2, np.copysign(0.2, kernel), kernel)
    inverse[0, 0, 0] = 0
    expected = np.fft.ifftn(inverse * np.fft.fftn(field)).real
    # the kernel is float32: 6e-7
    np.testing.assert_allclose(tkd(field, mask, grid, threshold=0.2, pad=0), expected, atol=1e-5)


def test_a_larger_threshold_underestimates_a_ball_more():
    field, mask, chi = ball()
    found = [tkd(field, mask, GRID, threshold=t, pad=8) for t in (0.1, 0.2, 0.3)]
    contrast = [f[chi > 0].mean() - f[mask & (chi == 0)].mean() for f in found]
    assert contrast[0] > contrast[1] > contrast[2] > 0


@pytest.mark.parametrize("threshold", [0, -0.1, 0.7])
def test_a_threshold_outside_the_kernels_range_is_refused_with_its_cure(threshold):
    field, mask, _ = ball()
    with pytest.raises(QSMError, match="between 0 and 2/3"):
        tkd(field, mask, GRID, threshold=threshold)
