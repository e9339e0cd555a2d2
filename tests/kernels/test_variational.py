import numpy as np
import pytest
from inversions import GRID, ball, with_noise

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.inversion.nltv import nltv
from nipype_qsm.kernels.inversion.tgv import tgv
from nipype_qsm.kernels.inversion.tv import tv
from nipype_qsm.kernels.inversion.whqsm import whqsm
from nipype_qsm.kernels.variational import Settings, require, require_positive
from nipype_qsm.kernels.weighted_field import WeightedField


def shaded():
    """Return the ball's field with background that was left."""
    x, y, _ = np.meshgrid(
        *((np.arange(n) - n / 2) * d for n, d in zip(GRID.shape, GRID.voxel_size, strict=True)), indexing="ij"
    )
    return ball()[0] + (0.00008 * (x**2 - y**2)).astype(np.float32)


@pytest.mark.parametrize("selection", ["l_curve", "frequency"])
def test_a_weight_that_is_searched_for_is_a_trial_and_is_what_is_used(rng, selection, monkeypatch):
    monkeypatch.setattr("nipype_qsm.kernels.regularisation.TRIALS", 3.0 ** np.arange(-2, 3))
    field, mask, _ = with_noise(rng, 0.003)
    searched, start = (tv(field, mask, GRID, selection=how, pad=4) for how in (selection, "error"))
    trials = start.weight * 3.0 ** np.arange(-2, 3)
    assert np.min(np.abs(trials / searched.weight - 1)) < 1e-6
    fixed = tv(field, mask, GRID, selection="fixed", regularisation=searched.weight, pad=4)
    np.testing.assert_array_equal(searched.chi, fixed.chi)


def test_a_fixed_weight_is_what_is_used():
    field, mask, _ = ball()
    assert tv(field, mask, GRID, selection="fixed", regularisation=0.02, pad=8).weight == 0.02


def test_by_default_the_weight_follows_the_cube_of_the_error():
    result = tv(shaded(), ball()[1], GRID, regularisation=0.2, pad=8)
    assert result.weight == pytest.approx(0.2 * result.inconsistency**3)


def test_where_nothing_was_removed_the_weight_follows_the_energy_of_the_noise(rng):
    weights = []
    for level in (0.003, 0.006):
        field, mask, _ = with_noise(rng, level)
        weights.append(tv(field, mask, GRID, pad=8).weight)
    assert weights[1] / weights[0] == pytest.approx(4, rel=0.4)


def test_no_field_makes_no_map_and_no_warning():
    field, mask, _ = ball()
    result = tv(np.zeros_like(field), mask, GRID)
    assert (result.iterations, result.converged, result.weight) == ([0], True, 0.0)


@pytest.mark.parametrize(
    "wrong",
    [Settings(0.0, "error", 0.1, 0.01, 8), Settings(0.1, "error", 2.0, 0.01, 8), Settings(0.1, "guess", 0.1, 0.01, 8)],
)
def test_settings_that_cannot_work_are_refused_with_their_cure(wrong):
    with pytest.raises(QSMError, match=r"Give|Choose"):
        require(wrong)


def test_an_option_of_zero_is_refused_by_its_name():
    require_positive(left_out=None, given=1.0)
    with pytest.raises(QSMError, match="size is 0"):
        require_positive(size=0.0)


def test_a_phase_that_is_not_given_keeps_nearly_all_of_the_field_below_a_fifth_of_a_radian():
    field, mask, _ = ball()
    problem = WeightedField.prepare(field, mask, GRID, None, outside_cost=0.02, pad=8)
    phase = problem.turn(None) * np.abs(problem.field[problem.inside])
    assert np.quantile(phase, 0.999) == pytest.approx(0.2, rel=1e-5)
    assert problem.turn(8.0) == pytest.approx(8.0 * problem.scale)


@pytest.mark.parametrize("invert", [tv, tgv, whqsm])
def test_a_harmonic_field_is_fitted_unless_nothing_was_removed_when_the_map_is_held_outside(invert):
    (field, mask, _), options = ball(), {"pad": 4, "tolerance": 0.02}
    kept, asked_for = (invert(shaded(), mask, GRID, harmonic_weight=weight, **options).chi for weight in (None, 1e5))
    np.testing.assert_array_equal(kept, asked_for)
    left_out, asked_for = (invert(field, mask, GRID, harmonic_weight=weight, **options) for weight in (None, 1e5))
    assert np.abs(asked_for.chi - left_out.chi).max() > 1e-3
    fixed = options | {"selection": "fixed", "regularisation": left_out.weight, "support": True}
    without, more = (nltv, {}) if invert is whqsm else (invert, {"harmonic_weight": 0.0})
    np.testing.assert_array_equal(left_out.chi, without(field, mask, GRID, **fixed, **more).chi)


@pytest.mark.parametrize("invert", [tv, tgv, whqsm])
def test_the_map_is_held_outside_where_nothing_was_removed(invert):
    for field, held in ((ball()[0], True), (shaded(), False)):
        by_default, asked_for = (invert(field, ball()[1], GRID, support=how, pad=4).chi for how in (None, held))
        np.testing.assert_array_equal(by_default, asked_for)


def test_what_is_to_be_given_back_was_taken():
    field, mask, _ = ball()
    by_default, asked_for = (tv(field, mask, GRID, give_back=True, pad=4, harmonic_weight=w).chi for w in (None, 1e5))
    np.testing.assert_array_equal(by_default, asked_for)
