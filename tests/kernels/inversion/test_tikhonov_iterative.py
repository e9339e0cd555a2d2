import numpy as np
import pytest
from inversions import GRID, LAWS, ball, check_laws

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.dipole import dipole_field
from nipype_qsm.kernels.inversion.tikhonov_iterative import tikhonov_iterative


def noisy_ball(rng, level=0.002):
    field, mask, chi = ball()
    return field + np.where(mask, rng.normal(0, level, field.shape), 0).astype(np.float32), mask, chi


def error(found, chi, mask):
    difference = (found - chi)[mask]
    return np.sqrt(np.mean((difference - difference.mean()) ** 2))


@pytest.mark.parametrize("law", LAWS)
def test_it_keeps_the_laws_of_an_inversion(law):
    check_laws(tikhonov_iterative, law)


def test_it_solves_the_normal_equations(rng):
    field, mask, _ = noisy_ball(rng)
    field, magnitude = field.astype(np.float64), rng.uniform(0.2, 1, mask.shape)
    options = {"regularisation": 0.02, "selection": "fixed", "pad": 8}
    result = tikhonov_iterative(field, mask, GRID, magnitude_combined=magnitude, tolerance=1e-6, **options)
    weight = np.where(mask, np.minimum(magnitude / np.median(magnitude[mask]), 1), 0) ** 2
    misfit = weight * (dipole_field(result.chi, GRID, pad=8) - np.where(mask, field, 0))
    slope = (dipole_field(misfit, GRID, pad=8) + 0.02 * result.chi)[mask]
    start = dipole_field(weight * np.where(mask, field, 0), GRID, pad=8)[mask]
    # the map is given without its mean, which the penalty alone sees: 0.002
    assert np.linalg.norm(slope - slope.mean()) < 0.01 * np.linalg.norm(start)


def test_a_voxel_without_signal_does_not_spoil_its_neighbours(rng):
    field, mask, _ = noisy_ball(rng)
    magnitude = np.full(field.shape, 100, np.float32)
    dark = (12, 13, 14)
    magnitude[dark] = 0
    spoiled = field.copy()
    spoiled[dark] += 0.3
    options = {"regularisation": 0.01, "selection": "fixed", "pad": 8}
    clean = tikhonov_iterative(field, mask, GRID, magnitude_combined=magnitude, **options).chi
    guided = tikhonov_iterative(spoiled, mask, GRID, magnitude_combined=magnitude, **options).chi
    plain = tikhonov_iterative(spoiled, mask, GRID, **options).chi
    assert error(guided, clean, mask) < 0.2 * error(plain, clean, mask)


def test_the_weight_follows_the_noise(rng):
    weights = [tikhonov_iterative(*noisy_ball(rng, level)[:2], GRID, pad=8).weight for level in (0, 0.003, 0.02)]
    assert weights[0] < weights[1] < weights[2]


def test_too_few_iterations_warn_with_their_numbers(rng):
    field, mask, _ = noisy_ball(rng)
    with pytest.warns(RuntimeWarning, match="stopped after 1 iterations"):
        result = tikhonov_iterative(field, mask, GRID, max_iterations=1, tolerance=1e-4, pad=8)
    assert not result.converged
    assert result.iterations[-1] == 1


@pytest.mark.parametrize("option", [{"regularisation": 0}, {"tolerance": 1}, {"selection": "guess"}])
def test_an_option_out_of_range_is_refused_with_its_cure(option):
    field, mask, _ = ball()
    with pytest.raises(QSMError, match="Give a regularisation above 0"):
        tikhonov_iterative(field, mask, GRID, **option)


def test_an_empty_mask_is_refused_with_its_cure():
    field, mask, _ = ball()
    with pytest.raises(QSMError, match="Give a mask"):
        tikhonov_iterative(field, np.zeros_like(mask), GRID)


@pytest.mark.parametrize("selection", ["l_curve", "frequency"])
def test_a_weight_that_is_searched_for_is_what_is_used(rng, selection):
    field, mask, _ = ball()
    noisy = (field + rng.normal(0, 0.003, field.shape)).astype(np.float32)
    searched = tikhonov_iterative(noisy, mask, GRID, selection=selection, pad=4)
    fixed = tikhonov_iterative(noisy, mask, GRID, selection="fixed", regularisation=searched.weight, pad=4)
    np.testing.assert_allclose(searched.chi, fixed.chi, atol=1e-6)
