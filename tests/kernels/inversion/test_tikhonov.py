import numpy as np
import pytest
from inversions import GRID, LAWS, ball, check_laws

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.inversion.tikhonov import tikhonov
from oracles import full_dipole


def noisy_ball(rng, level=0.002):
    field, mask, chi = ball()
    return field + np.where(mask, rng.normal(0, level, field.shape), 0).astype(np.float32), mask, chi


def error(found, chi, mask):
    difference = (found - chi)[mask]
    return np.sqrt(np.mean((difference - difference.mean()) ** 2))


@pytest.mark.parametrize("law", LAWS)
def test_it_keeps_the_laws_of_an_inversion(law):
    check_laws(tikhonov, law)


def test_it_is_the_closed_form_on_the_whole_spectrum(rng):
    field, mask = rng.normal(size=(9, 15, 15)), np.ones((9, 15, 15), bool)
    grid = GRID.resized(field.shape)
    kernel = full_dipole(field.shape, grid.voxel_size, grid.b0_direction)
    expected = np.fft.ifftn(np.fft.fftn(field) * kernel / (kernel**2 + 0.02)).real
    result = tikhonov(field, mask, grid, regularisation=0.02, selection="fixed", pad=0)
    # the kernel is float32: 1e-6
    np.testing.assert_allclose(result.chi, expected, atol=1e-5)
    assert result.weight == 0.02


def test_the_gradient_penalty_keeps_its_meaning_when_voxels_grow(rng):
    field, mask, _ = noisy_ball(rng)
    larger = Grid(GRID.shape, tuple(2 * size for size in GRID.voxel_size), GRID.b0_direction)
    maps = [tikhonov(field, mask, grid, penalty="gradient", pad=8).chi for grid in (GRID, larger)]
    np.testing.assert_allclose(maps[0], maps[1], atol=1e-6)


@pytest.mark.parametrize("penalty", ["identity", "gradient"])
def test_the_weight_follows_the_noise(rng, penalty):
    weights = [tikhonov(*noisy_ball(rng, level)[:2], GRID, penalty=penalty, pad=8).weight for level in (0, 0.003, 0.02)]
    assert weights[0] < weights[1] < weights[2]


def test_a_weight_from_the_error_beats_a_small_fixed_one_in_noise_and_a_large_one_without(rng):
    for level, fixed in ((0.02, 0.003), (0.0, 0.3)):
        field, mask, chi = noisy_ball(rng, level)
        chosen = tikhonov(field, mask, GRID, pad=8).chi
        other = tikhonov(field, mask, GRID, regularisation=fixed, selection="fixed", pad=8).chi
        assert error(chosen, chi, mask) < 0.9 * error(other, chi, mask)


def test_the_l_curve_chooses_a_weight_between_its_ends(rng):
    field, mask, _ = noisy_ball(rng)
    assert 1e-5 < tikhonov(field, mask, GRID, selection="l_curve", pad=8).weight < 10


@pytest.mark.parametrize("option", [{"regularisation": 0}, {"selection": "best"}, {"penalty": "edges"}])
def test_an_option_out_of_range_is_refused_with_its_cure(option):
    field, mask, _ = ball()
    with pytest.raises(QSMError, match=r"Give (a regularisation|the selection)"):
        tikhonov(field, mask, GRID, **option)


def test_an_empty_mask_is_refused_with_its_cure():
    field, mask, _ = ball()
    with pytest.raises(QSMError, match="Give a mask"):
        tikhonov(field, np.zeros_like(mask), GRID)


@pytest.mark.parametrize("selection", ["l_curve", "frequency"])
def test_a_weight_that_is_searched_for_is_what_is_used(rng, selection):
    field, mask, _ = ball()
    noisy = (field + rng.normal(0, 0.003, field.shape)).astype(np.float32)
    searched = tikhonov(noisy, mask, GRID, selection=selection, pad=4)
    fixed = tikhonov(noisy, mask, GRID, selection="fixed", regularisation=searched.weight, pad=4)
    np.testing.assert_allclose(searched.chi, fixed.chi, atol=1e-6)
