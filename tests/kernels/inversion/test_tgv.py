import numpy as np
import pytest
from inversions import GRID, LAWS, ball, check_laws, error, with_noise

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.inversion.tgv import tgv
from nipype_qsm.kernels.inversion.tkd import tkd
from nipype_qsm.kernels.inversion.tv import tv


@pytest.mark.parametrize("law", LAWS)
def test_it_keeps_the_laws_of_an_inversion(law):
    check_laws(tgv, law)


@pytest.mark.parametrize("level", [0.0, 0.003, 0.01])
def test_one_setting_is_better_than_division_at_every_noise(rng, level):
    field, mask, chi = with_noise(rng, level)
    assert error(tgv(field, mask, GRID, pad=8).chi, chi, mask) < 0.8 * error(tkd(field, mask, GRID, pad=8), chi, mask)


def test_dear_slopes_make_it_total_variation(rng):
    field, mask, _ = with_noise(rng, 0.003)
    plain = tv(field, mask, GRID, pad=8, tolerance=0.001, max_iterations=300).chi

    def distance(weight):
        chi = tgv(field, mask, GRID, second_order_mm=weight, pad=8, tolerance=0.001, max_iterations=300).chi
        return error(chi, plain, mask)

    assert distance(100.0) < 0.3 * distance(0.3)


def test_more_regularisation_is_smoother(rng):
    field, mask, _ = with_noise(rng, 0.005)

    def variation(weight):
        chi = tgv(field, mask, GRID, regularisation=weight, pad=8).chi
        return sum(np.abs(np.diff(chi, axis=axis)).sum() for axis in range(3))

    assert variation(0.05) > variation(0.2) > variation(0.8)


def test_too_few_iterations_warn_with_their_numbers(rng):
    field, mask, _ = with_noise(rng, 0.001)
    with pytest.warns(RuntimeWarning, match="stopped after 2 iterations"):
        result = tgv(field, mask, GRID, max_iterations=2, pad=8)
    assert not result.converged
    assert result.iterations == [2]


@pytest.mark.parametrize("option", [{"regularisation": 0}, {"second_order_mm": 0}, {"outside_cost": 2}])
def test_an_option_out_of_range_is_refused_with_its_cure(option):
    field, mask, _ = ball()
    with pytest.raises(QSMError, match="Give"):
        tgv(field, mask, GRID, **option)
