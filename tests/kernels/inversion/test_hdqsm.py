import numpy as np
import pytest
from inversions import GRID, LAWS, ball, check_laws, error, with_noise

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.inversion.hdqsm import hdqsm
from nipype_qsm.kernels.inversion.tkd import tkd


@pytest.mark.parametrize("law", LAWS)
def test_it_keeps_the_laws_of_an_inversion(law):
    check_laws(hdqsm, law)


@pytest.mark.parametrize("level", [0.0, 0.003, 0.01])
def test_one_setting_is_better_than_division_at_every_noise(rng, level):
    field, mask, chi = with_noise(rng, level)
    assert error(hdqsm(field, mask, GRID, pad=8).chi, chi, mask) < 0.8 * error(tkd(field, mask, GRID, pad=8), chi, mask)


def test_too_few_iterations_warn_with_their_numbers(rng):
    field, mask, _ = with_noise(rng, 0.001)
    with pytest.warns(RuntimeWarning, match="stopped after"):
        result = hdqsm(field, mask, GRID, max_iterations=2, pad=8)
    assert not result.converged


@pytest.mark.parametrize(
    "option", [{"regularisation": 0}, {"outside_cost": 2}, {"selection": "guess"}, {"rejection": 0}]
)
def test_an_option_out_of_range_is_refused_with_its_cure(option):
    field, mask, _ = ball()
    with pytest.raises(QSMError, match=r"Give|Choose"):
        hdqsm(field, mask, GRID, **option)


def test_voxels_that_lie_spoil_the_map_less_than_by_least_squares(rng):
    field, mask, _ = with_noise(rng, 0.001)
    places = rng.permutation(np.flatnonzero(mask))[:20]
    spoiled = field.copy()
    spoiled.flat[places] += rng.choice([-0.2, 0.2], 20).astype(np.float32)
    mine = error(hdqsm(spoiled, mask, GRID, pad=8).chi, hdqsm(field, mask, GRID, pad=8).chi, mask)
    division = error(tkd(spoiled, mask, GRID, pad=8), tkd(field, mask, GRID, pad=8), mask)
    assert mine < 0.4 * division  # measured 0.32


def test_the_first_stage_counts_among_the_iterations():
    field, mask, _ = ball()
    more, fewer = (hdqsm(field, mask, GRID, first_iterations=n, pad=8).iterations[0] for n in (20, 5))
    assert more >= 21
    assert fewer >= 6
