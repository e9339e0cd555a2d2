"""Points into pixels, and quantiles from counts."""

import numpy as np
import pytest
from scipy import stats

from nipype_qsm.reports.genome import COLUMNS, KNEE, STEP, Genome, Pixels, Quantiles, compressed


def test_the_axis_is_linear_then_logarithmic_and_continuous():
    assert compressed(np.array([3.0, KNEE])).tolist() == [3, KNEE]
    assert compressed(np.array([KNEE * np.e])) == pytest.approx([2 * KNEE])


def test_chromosomes_stand_one_after_the_other():
    genome = Genome()
    assert genome.place("1", np.array([0])) == pytest.approx([0])
    assert genome.place("X", np.array([155270560])) == pytest.approx([1])
    assert genome.place("2", np.array([1])) > genome.place("1", np.array([249250621]))


def test_every_point_lights_a_pixel_where_it_stands(rng):
    pixels = Pixels(Genome())
    pos, strength = rng.integers(1, 48_000_000, 5000), rng.exponential(1, 5000)
    strength[7] = 1700
    pixels.add("21", pos, strength)
    x, y = pixels.points()["21"]
    assert pixels.n_points == 5000 and pixels.highest == 1700
    lit = {(int(a * COLUMNS), int(b / STEP)) for a, b in zip(x, y, strict=True)}
    place = (pixels.genome.place("21", pos) * COLUMNS).astype(int)
    assert lit == set(zip(place.tolist(), (compressed(strength) / STEP).astype(int).tolist(), strict=True))


def test_what_is_unknown_or_elsewhere_is_left_out():
    pixels = Pixels(Genome())
    pixels.add("21", np.array([5]), np.array([np.nan]))
    pixels.add("MT", np.array([5]), np.array([9.0]))
    assert pixels.n_points == 0 and not pixels.points()


@pytest.mark.parametrize("inflation", [1.0, 1.3])
def test_lambda_is_the_inflation_of_the_median(rng, inflation):
    curve = Quantiles()
    curve.add(-np.log10(stats.chi2.sf(inflation * rng.chisquare(1, 200_000), 1)))
    assert curve.lambda_gc() == pytest.approx(inflation, rel=0.015)  # measured 0.4 %
    expected, observed = curve.curve()
    assert (np.diff(expected) > 0).all() and (np.diff(observed) > 0).all()
