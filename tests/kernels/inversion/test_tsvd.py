import numpy as np
import pytest
from inversions import GRID, LAWS, ball, check_laws

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.inversion.tsvd import tsvd
from oracles import full_dipole


@pytest.mark.parametrize("law", LAWS)
def test_it_keeps_the_laws_of_an_inversion(law):
    check_laws(tsvd, law)


def test_it_is_the_closed_form_on_the_whole_spectrum(rng):
    field, mask = rng.normal(size=(9, 15, 15)), np.ones((9, 15, 15), bool)
    grid = GRID.resized(field.shape)
    kernel = full_dipole(field.shape, grid.voxel_size, grid.b0_direction)
    kept = np.abs(kernel) >= 0.2
    expected = np.fft.ifftn(np.where(kept, np.fft.fftn(field) / np.where(kept, kernel, 1), 0)).real
    # the kernel is float32: 6e-7
    np.testing.assert_allclose(tsvd(field, mask, grid, threshold=0.2, pad=0), expected, atol=1e-5)


def test_a_larger_threshold_leaves_more_of_k_space_empty():
    field, mask, chi = ball()
    found = [tsvd(field, mask, GRID, threshold=t, pad=8) for t in (0.1, 0.2, 0.3)]
    contrast = [f[chi > 0].mean() - f[mask & (chi == 0)].mean() for f in found]
    assert contrast[0] > contrast[1] > contrast[2] > 0


@pytest.mark.parametrize("option", [{"threshold": 0}, {"threshold": 0.7}])
def test_an_option_out_of_range_is_refused_with_its_cure(option):
    field, mask, _ = ball()
    with pytest.raises(QSMError, match="between 0 and 2/3"):
        tsvd(field, mask, GRID, **option)
