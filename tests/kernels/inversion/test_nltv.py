import numpy as np
import pytest
from inversions import GRID, LAWS, ball, check_laws, error, with_noise

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.inversion.nltv import nltv
from nipype_qsm.kernels.inversion.tkd import tkd
from nipype_qsm.kernels.inversion.tv import tv


@pytest.mark.parametrize("law", LAWS)
def test_it_keeps_the_laws_of_an_inversion(law):
    check_laws(nltv, law)


@pytest.mark.parametrize("level", [0.0, 0.003, 0.01])
def test_one_setting_is_better_than_division_at_every_noise(rng, level):
    field, mask, chi = with_noise(rng, level)
    assert error(nltv(field, mask, GRID, pad=8).chi, chi, mask) < 0.8 * error(tkd(field, mask, GRID, pad=8), chi, mask)


def test_too_few_iterations_warn_with_their_numbers(rng):
    field, mask, _ = with_noise(rng, 0.001)
    with pytest.warns(RuntimeWarning, match="stopped after"):
        result = nltv(field, mask, GRID, max_iterations=2, pad=8)
    assert not result.converged


@pytest.mark.parametrize(
    "option", [{"regularisation": 0}, {"outside_cost": 2}, {"selection": "guess"}, {"radians_per_ppm": -1}]
)
def test_an_option_out_of_range_is_refused_with_its_cure(option):
    field, mask, _ = ball()
    with pytest.raises(QSMError, match=r"Give|Choose"):
        nltv(field, mask, GRID, **option)


def test_a_voxel_that_is_wrong_by_a_whole_turn_does_not_spoil_the_map():
    field, mask, chi = ball()
    turned = field.copy()
    turned[12, 13, 9] += 2 * np.pi / 20
    # The error of the turned voxel would be taken for noise everywhere: the strength is given.
    options = {"selection": "fixed", "regularisation": 0.002, "pad": 8}
    found = nltv(turned, mask, GRID, radians_per_ppm=20.0, **options).chi
    linear = tv(turned, mask, GRID, harmonic_weight=0.0, support=False, **options).chi
    assert error(found, chi, mask) < 0.8 * error(linear, chi, mask)  # measured 0.55


def test_few_radians_make_it_linear():
    field, mask, _ = ball()
    nearly = nltv(field, mask, GRID, radians_per_ppm=0.1, pad=8).chi
    linear = tv(field, mask, GRID, harmonic_weight=0.0, support=False, pad=8).chi
    np.testing.assert_allclose(nearly, linear, atol=1e-4)
