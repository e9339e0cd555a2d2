from functools import partial

import numpy as np
import pytest
from inversions import GRID, LAWS, ball, check_laws, turns_with_the_volume

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.dipole import dipole_field
from nipype_qsm.kernels.inversion.ndi import ndi


def noisy_ball(rng, level=0.002):
    field, mask, chi = ball()
    return field + np.where(mask, rng.normal(0, level, field.shape), 0).astype(np.float32), mask, chi


@pytest.mark.parametrize("law", LAWS)
def test_it_keeps_the_laws_of_an_inversion_where_the_field_itself_is_fitted(law):
    check_laws(partial(ndi, radians_per_ppm=0.0, tolerance=0.03), law)


@pytest.mark.parametrize("law", LAWS)
def test_it_keeps_them_with_the_phase_that_the_field_allows(law):
    check_laws(partial(ndi, tolerance=0.03), law)


@pytest.mark.parametrize("law", [law for law in LAWS if law is not turns_with_the_volume])
def test_it_keeps_them_with_the_stop_that_the_noise_asks_for(law):
    check_laws(ndi, law)


def test_it_turns_with_the_volume_with_the_stop_that_the_noise_asks_for():
    # With the laws' pad of 8 the sharp ball without noise differs by 7 % after 41 iterations: the highest frequency of
    # an even axis, which a pad of 16 brings to 3 %.
    turns_with_the_volume(lambda field, mask, grid: ndi(field, mask, grid, pad=16).chi)


def test_phases_of_whole_turns_are_the_same_to_it(rng):
    field, mask, _ = noisy_ball(rng)
    turned = field.copy()
    turned[12:14, 13, 9:12] += np.float32(2 * np.pi / 16)
    options = {"tolerance": 0.03, "pad": 8}
    maps = [ndi(f.astype(np.float64), mask, GRID, radians_per_ppm=16.0, **options).chi for f in (field, turned)]
    # 7e-8, where a plain fit differs by 1.6
    np.testing.assert_allclose(maps[0], maps[1], atol=1e-5)
    maps = [ndi(f, mask, GRID, radians_per_ppm=0.0, **options).chi for f in (field, turned)]
    assert np.abs(maps[0] - maps[1]).max() > 0.05


def test_a_smaller_tolerance_explains_more_of_the_field(rng):
    field, mask, _ = noisy_ball(rng)

    def misfit(tolerance):
        chi = ndi(field, mask, GRID, tolerance=tolerance, pad=8).chi
        left = (dipole_field(chi, GRID, pad=8) - field)[mask]
        return (left - left.mean()).std()

    assert misfit(0.02) < misfit(0.05) < misfit(0.2)


def test_it_stops_earlier_for_a_noisier_field(rng):
    steps = [ndi(*noisy_ball(rng, level)[:2], GRID, pad=8).iterations[0] for level in (0, 0.003, 0.02)]
    assert steps[0] > steps[1] > steps[2]


def test_momentum_gets_as_far_as_many_plain_steps(rng):
    field, mask, _ = noisy_ball(rng)
    field = np.where(mask, field, 0)
    plain = np.zeros_like(field)
    for _ in range(60):
        misfit = np.where(mask, dipole_field(plain, GRID, pad=8) - field, 0)
        plain -= 2 * dipole_field(misfit, GRID, pad=8)
    found = ndi(field, mask, GRID, radians_per_ppm=0.0, regularisation=0.0, pad=8)
    # 0.979 in 14 iterations
    assert found.iterations[0] < 25
    assert np.corrcoef(found.chi[mask], plain[mask])[0, 1] > 0.95


def test_a_voxel_without_signal_has_no_say(rng):
    field, mask, _ = noisy_ball(rng)
    magnitude = np.full(field.shape, 100, np.float32)
    magnitude[12, 13, 14] = 0
    spoiled = field.copy()
    spoiled[12, 13, 14] += 0.1
    maps = [ndi(f, mask, GRID, magnitude_combined=magnitude, pad=8).chi for f in (field, spoiled)]
    np.testing.assert_array_equal(maps[0], maps[1])


def test_too_few_iterations_warn_with_their_numbers(rng):
    field, mask, _ = noisy_ball(rng)
    with pytest.warns(RuntimeWarning, match="stopped after 1 iterations"):
        result = ndi(field, mask, GRID, max_iterations=1, tolerance=1e-4, pad=8)
    assert not result.converged
    assert result.iterations[-1] == 1


@pytest.mark.parametrize(
    "option", [{"radians_per_ppm": -1}, {"regularisation": -1}, {"tolerance": 1}, {"tolerance": 0}]
)
def test_an_option_out_of_range_is_refused_with_its_cure(option):
    field, mask, _ = ball()
    with pytest.raises(QSMError, match="Give a tolerance between 0 and 1"):
        ndi(field, mask, GRID, **option)


def test_an_empty_mask_is_refused_with_its_cure():
    field, mask, _ = ball()
    with pytest.raises(QSMError, match="Give a mask"):
        ndi(field, np.zeros_like(mask), GRID)
