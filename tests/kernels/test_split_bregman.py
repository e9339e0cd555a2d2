from functools import partial

import numpy as np
import pytest
from inversions import GRID, ball

from nipype_qsm.kernels.dipole import dipole_field
from nipype_qsm.kernels.split_bregman import (
    Plan,
    TotalVariation,
    absolute,
    linear,
    nonlinear,
    split_bregman,
    warn_unless_converged,
)
from nipype_qsm.kernels.weighted_field import WeightedField

DIFFERENCE = np.linspace(-2, 2, 41).astype(np.float32)


def prepared(field=None):
    own, mask, _ = ball()
    return WeightedField.prepare(own if field is None else field, mask, GRID, None, outside_cost=0.02, pad=8)


def found(problem, plan, term=linear, strength=0.01):
    return split_bregman(problem, TotalVariation(problem, strength), term, plan)


def cost(term, weight, difference, rest):
    """What the multiplier's voxel minimises: data term of the rest, and its squared distance from the difference."""
    values = {
        "linear": weight**2 * rest**2 / 2,
        "nonlinear": weight**2 * (1 - np.cos(3.0 * rest)) / 9,
        "absolute": 0.3 * weight * np.abs(rest),
    }[term]
    return values + (rest - difference) ** 2 / 2


TERMS = {"linear": linear, "nonlinear": partial(nonlinear, turn=3.0), "absolute": partial(absolute, size=0.3)}


@pytest.mark.parametrize("term", TERMS)
def test_the_rest_of_a_data_term_costs_least(term):
    weight = np.full_like(DIFFERENCE, 0.8)
    rest = DIFFERENCE - TERMS[term](weight)(DIFFERENCE)
    tried = np.linspace(-3, 3, 6001)[:, None]
    least = cost(term, weight, DIFFERENCE, tried).min(axis=0)
    # the nonlinear one has two valleys: where they are nearly equal the step may end in the other, 0.0026 higher
    np.testing.assert_allclose(cost(term, weight, DIFFERENCE, rest), least, atol=4e-3)


@pytest.mark.parametrize("term", TERMS)
def test_a_voxel_without_weight_does_not_pull(term):
    np.testing.assert_array_equal(TERMS[term](np.zeros_like(DIFFERENCE))(DIFFERENCE), 0)


def test_a_map_that_is_level_outside_has_one_value_there():
    problem = prepared()
    penalty = TotalVariation(problem, 0.01)
    result = split_bregman(problem, penalty, linear, Plan(1e-3, 100, level_outside=True))
    outside = ~problem.inside
    assert np.ptp(result.map[outside]) < 0.05 * np.ptp(result.map[problem.inside])  # measured 0.006


def test_a_harmonic_field_takes_what_no_source_inside_makes():
    field, mask, chi = ball()
    axes = ((np.arange(n) - n / 2) * d for n, d in zip(GRID.shape, GRID.voxel_size, strict=True))
    x, y, _ = np.meshgrid(*axes, indexing="ij")
    problem = prepared(field + (0.00008 * (x**2 - y**2)).astype(np.float32))

    def error(harmonic):
        result = found(problem, Plan(3e-3, 300, harmonic=harmonic, level_outside=True))
        return np.std((problem.result(result.map, field) - chi)[mask])

    assert error(1e4) < 0.1 * error(0.0)  # measured 0.05


def test_going_on_from_a_result_needs_fewer_iterations_to_the_same_end():
    problem = prepared()
    penalty = TotalVariation(problem, 0.01)
    first = split_bregman(problem, penalty, linear, Plan(0.0, 20, reweight=False))
    second = split_bregman(problem, penalty, linear, Plan(1e-3, 400, reweight=False), first)
    whole = found(problem, Plan(1e-3, 400, reweight=False))
    assert second.iterations < whole.iterations
    np.testing.assert_allclose(second.map, whole.map, atol=0.05 * np.ptp(whole.map))


def test_the_field_made_is_that_of_the_map():
    problem = prepared()
    result = found(problem, Plan(1e-3, 100, level_outside=True))
    inside = np.where(problem.inside, result.map - result.map[~problem.inside].mean(), 0)
    box = problem.grid.resized(problem.field.shape)
    made = dipole_field(inside, box, pad=16)
    assert np.corrcoef(made[problem.inside], result.made[problem.inside])[0, 1] > 0.99


def test_not_converging_warns_with_its_numbers():
    result = found(prepared(), Plan(1e-6, 3))
    assert (result.iterations, result.converged) == (3, False)
    with pytest.warns(RuntimeWarning, match="Mine stopped after 3 iterations"):
        warn_unless_converged(result, "Mine", 1e-6)
