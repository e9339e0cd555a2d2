from functools import partial

import numpy as np
import pytest
from inversions import GRID, LAWS, ball, check_laws, error, with_noise

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.background.mean_of_three import mean_of_three
from nipype_qsm.kernels.dipole import dipole_field
from nipype_qsm.kernels.inversion.tkd import tkd
from nipype_qsm.kernels.inversion.tv import tv


@pytest.mark.parametrize("law", LAWS)
def test_it_keeps_the_laws_of_an_inversion(law):
    check_laws(tv, law)


@pytest.mark.parametrize("law", LAWS)
def test_it_keeps_them_when_the_field_is_given_back(law):
    check_laws(partial(tv, give_back=True), law)


def test_giving_back_takes_two_inversions_and_brings_back_what_background_removal_took():
    x, y, z = places = np.indices(GRID.shape) * np.reshape(GRID.voxel_size, (3, 1, 1, 1))
    radius = np.sqrt(((places - np.reshape([12, 13.5, 15], (3, 1, 1, 1))) ** 2).sum(0))
    mask = radius < 11
    chi = np.where(radius < 10, 0.03 * (np.sin(x) * np.cos(y / 2) + np.cos(z / 3) > 0.5), 0).astype(np.float32)
    removed = mean_of_three(dipole_field(chi, GRID, pad=16) * mask, mask, GRID)
    kept, inside = removed.field_local, removed.mask_local
    once, twice = (tv(kept, inside, GRID, pad=8, give_back=again) for again in (False, True))
    assert (len(once.iterations), len(twice.iterations), len(twice.residual)) == (1, 2, 2)
    assert error(twice.chi, chi, inside) < error(once.chi, chi, inside)


@pytest.mark.parametrize("level", [0.0, 0.003, 0.01])
def test_one_setting_is_better_than_division_at_every_noise(rng, level):
    field, mask, chi = with_noise(rng, level)
    assert error(tv(field, mask, GRID, pad=8).chi, chi, mask) < 0.8 * error(tkd(field, mask, GRID, pad=8), chi, mask)


def test_the_inconsistency_grows_with_the_noise(rng):
    shares = [tv(with_noise(rng, level)[0], ball()[1], GRID, pad=8).inconsistency for level in (0, 0.003, 0.006, 0.02)]
    assert shares == sorted(shares)
    # nearly all noise: as much on the cone as elsewhere
    assert shares[-1] == pytest.approx(1, abs=0.25)


def test_free_edges_of_the_magnitude_keep_contrast(rng):
    field, mask, chi = with_noise(rng, 0.005)
    magnitude = np.where(chi > 0, 50, 100).astype(np.float32)
    guided = tv(field, mask, GRID, magnitude_combined=magnitude, pad=8, regularisation=0.6).chi
    assert error(guided, chi, mask) < error(tv(field, mask, GRID, pad=8, regularisation=0.6).chi, chi, mask)


def test_a_voxel_without_signal_does_not_spoil_its_neighbours(rng):
    field, mask, _ = with_noise(rng, 0.001)
    magnitude = np.full(field.shape, 100, np.float32)
    dark = (12, 13, 14)
    magnitude[dark] = 0
    spoiled = field.copy()
    spoiled[dark] += 0.3
    result = tv(spoiled, mask, GRID, magnitude_combined=magnitude, pad=8).chi
    clean = tv(field, mask, GRID, magnitude_combined=magnitude, pad=8).chi
    plain = tv(spoiled, mask, GRID, pad=8).chi
    assert error(result, clean, mask) < 0.7 * error(plain, clean, mask)


def test_more_regularisation_is_smoother(rng):
    field, mask, _ = with_noise(rng, 0.005)

    def variation(weight):
        chi = tv(field, mask, GRID, regularisation=weight, pad=8).chi
        return sum(np.abs(np.diff(chi, axis=axis)).sum() for axis in range(3))

    assert variation(0.05) > variation(0.2) > variation(0.8)


def test_too_few_iterations_warn_with_their_numbers(rng):
    field, mask, _ = with_noise(rng, 0.001)
    with pytest.warns(RuntimeWarning, match="stopped after 2 iterations"):
        result = tv(field, mask, GRID, max_iterations=2, pad=8)
    assert not result.converged
    assert result.iterations == [2]


@pytest.mark.parametrize("option", [{"regularisation": 0}, {"outside_cost": 0}, {"outside_cost": 2}])
def test_an_option_out_of_range_is_refused_with_its_cure(option):
    field, mask, _ = ball()
    with pytest.raises(QSMError, match="Give a regularisation above 0"):
        tv(field, mask, GRID, **option)


def test_an_empty_mask_is_refused_with_its_cure():
    field, mask, _ = ball()
    with pytest.raises(QSMError, match="Give a mask"):
        tv(field, np.zeros_like(mask), GRID)
