from functools import partial

import numpy as np
import pytest
from inversions import GRID, LAWS, ball, check_laws, error, scales_with_the_field, with_noise

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.inversion.medi import medi as with_fine_tolerance
from nipype_qsm.kernels.inversion.tkd import tkd

# Three or four steps instead of five or six, for speed.
medi = partial(with_fine_tolerance, tolerance=0.1)


@pytest.mark.parametrize("law", LAWS)
def test_with_the_linear_data_term_it_keeps_the_laws_of_an_inversion(law):
    check_laws(partial(medi, radians_per_ppm=0.0), law)


@pytest.mark.parametrize("law", [law for law in LAWS if law is not scales_with_the_field])
def test_with_a_given_phase_it_keeps_all_laws_but_proportion(law):
    check_laws(partial(medi, radians_per_ppm=8.0), law)


@pytest.mark.parametrize("law", LAWS)
def test_with_the_phase_that_the_field_allows_it_keeps_all_laws(law):
    check_laws(medi, law)


@pytest.mark.parametrize("level", [0.0, 0.003, 0.01])
def test_one_setting_is_better_than_division_at_every_noise(rng, level):
    field, mask, chi = with_noise(rng, level)
    assert error(medi(field, mask, GRID, pad=8).chi, chi, mask) < 0.8 * error(tkd(field, mask, GRID, pad=8), chi, mask)


def test_a_weak_field_makes_the_complex_data_term_linear(rng):
    field, mask, _ = with_noise(rng, 0.003)
    nearly, linear = (medi(field, mask, GRID, radians_per_ppm=phase, pad=8).chi for phase in (0.01, 0.0))
    np.testing.assert_allclose(nearly, linear, atol=1e-4)


def test_a_voxel_a_whole_turn_off_spoils_only_the_linear_data_term(rng):
    field, mask, _ = with_noise(rng, 0.001)
    spoiled = field.copy()
    spoiled[12, 17, 13] += np.float32(2 * np.pi / 8)

    def harm(phase):
        with_it, without = (
            medi(values, mask, GRID, radians_per_ppm=phase, merit=False, tolerance=0.2, pad=8).chi
            for values in (spoiled, field)
        )
        return error(with_it, without, mask)

    # 0.56: the estimated error, and so the smoothing, still sees it
    assert harm(8.0) < 0.7 * harm(0.0)


def test_merit_takes_weight_from_a_voxel_that_nothing_explains(rng):
    field, mask, _ = with_noise(rng, 0.001)
    spoiled = field.copy()
    spoiled[12, 17, 13] += 0.3
    clean = medi(field, mask, GRID, radians_per_ppm=0.0, pad=8).chi
    with_merit, without = (
        medi(spoiled, mask, GRID, radians_per_ppm=0.0, merit=merit, pad=8).chi for merit in (True, False)
    )
    assert error(with_merit, clean, mask) < 0.7 * error(without, clean, mask)


def test_free_edges_of_the_magnitude_keep_contrast(rng):
    field, mask, chi = with_noise(rng, 0.005)
    magnitude = np.where(chi > 0, 50, 100).astype(np.float32)
    guided = medi(field, mask, GRID, magnitude_combined=magnitude, pad=8, regularisation=1.0).chi
    assert error(guided, chi, mask) < error(medi(field, mask, GRID, pad=8, regularisation=1.0).chi, chi, mask)


def test_a_reference_region_becomes_uniform_and_zero(rng):
    field, mask, _ = with_noise(rng, 0.01)
    reference = np.zeros_like(mask)
    reference[9:12, 16:19, 8:12] = True
    plain = medi(field, mask, GRID, pad=8).chi
    zeroed = medi(field, mask, GRID, mask_reference=reference, reference_weight=1.0, pad=8).chi
    assert zeroed[reference].mean() == pytest.approx(0, abs=1e-6)
    assert zeroed[reference].std() < 0.7 * plain[reference].std()


def test_an_empty_reference_region_changes_nothing():
    field, mask, _ = ball()
    with_it = medi(field, mask, GRID, mask_reference=np.zeros_like(mask), pad=8)
    np.testing.assert_array_equal(with_it.chi, medi(field, mask, GRID, pad=8).chi)


def test_more_regularisation_is_smoother(rng):
    field, mask, _ = with_noise(rng, 0.005)

    def variation(weight):
        chi = medi(field, mask, GRID, regularisation=weight, pad=8).chi
        return sum(np.abs(np.diff(chi, axis=axis)).sum() for axis in range(3))

    assert variation(0.1) > variation(0.4) > variation(1.6)


def test_too_few_steps_warn_with_their_numbers(rng):
    field, mask, _ = with_noise(rng, 0.001)
    with pytest.warns(RuntimeWarning, match="stopped after 1 iterations"):
        result = medi(field, mask, GRID, max_iterations=1, pad=8)
    assert not result.converged
    assert result.iterations[0] == 1


@pytest.mark.parametrize("option", [{"regularisation": 0}, {"outside_cost": 0}, {"outside_cost": 2}])
def test_an_option_out_of_range_is_refused_with_its_cure(option):
    field, mask, _ = ball()
    with pytest.raises(QSMError, match="Give a regularisation above 0"):
        medi(field, mask, GRID, **option)


def test_an_empty_mask_is_refused_with_its_cure():
    field, mask, _ = ball()
    with pytest.raises(QSMError, match="Give a mask"):
        medi(field, np.zeros_like(mask), GRID)
