import numpy as np
import pytest
from inversions import GRID, LAWS, ball, check_laws, error, with_noise

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.inversion.tkd import tkd
from nipype_qsm.kernels.inversion.tv import tv
from nipype_qsm.kernels.inversion.whqsm import whqsm


@pytest.mark.parametrize("law", LAWS)
def test_it_keeps_the_laws_of_an_inversion(law):
    check_laws(whqsm, law)


@pytest.mark.parametrize("level", [0.0, 0.003, 0.01])
def test_one_setting_is_better_than_division_at_every_noise(rng, level):
    field, mask, chi = with_noise(rng, level)
    assert error(whqsm(field, mask, GRID, pad=8).chi, chi, mask) < 0.8 * error(tkd(field, mask, GRID, pad=8), chi, mask)


def test_too_few_iterations_warn_with_their_numbers(rng):
    field, mask, _ = with_noise(rng, 0.001)
    with pytest.warns(RuntimeWarning, match="stopped after"):
        result = whqsm(field, mask, GRID, max_iterations=2, pad=8)
    assert not result.converged


@pytest.mark.parametrize(
    "option", [{"regularisation": 0}, {"outside_cost": 2}, {"selection": "guess"}, {"harmonic_weight": 0}]
)
def test_an_option_out_of_range_is_refused_with_its_cure(option):
    field, mask, _ = ball()
    with pytest.raises(QSMError, match=r"Give|Choose"):
        whqsm(field, mask, GRID, **option)


def test_background_that_was_left_does_not_shade_the_map():
    field, mask, chi = ball()
    axes = ((np.arange(n) - n / 2) * d for n, d in zip(GRID.shape, GRID.voxel_size, strict=True))
    x, y, _ = np.meshgrid(*axes, indexing="ij")
    shaded = field + (0.00008 * (x**2 - y**2)).astype(np.float32)
    with_harmonic = whqsm(shaded, mask, GRID, support=True, pad=8).chi
    without = tv(shaded, mask, GRID, harmonic_weight=0.0, support=True, pad=8).chi
    # 0.0015 against 0.0134 ppm
    assert error(with_harmonic, chi, mask) < 0.2 * error(without, chi, mask)
