import numpy as np
import pytest

from nipype_qsm.kernels.cohort.drift import drift_components, smoothed


def test_smoothing_is_the_weighted_mean_over_known_values(rng):
    clock = np.round(rng.uniform(0, 1, 60), 2)
    values = rng.normal(size=(60, 2))
    values[rng.random(values.shape) < 0.3] = np.nan
    found = smoothed(values, clock, 0.1)
    for subject in (0, 17, 59):
        weight = np.exp(-0.5 * ((clock - clock[subject]) / 0.1) ** 2)
        for column in range(2):
            known = ~np.isnan(values[:, column])
            expected = np.average(values[known, column], weights=weight[known])
            assert found[subject, column] == pytest.approx(expected, abs=1e-12)


def test_one_slow_wave_in_all_phenotypes_is_one_component(rng):
    clock, site = rng.uniform(0, 5, 2000), np.repeat(["a", "b"], 1000)
    wave = np.sin(clock * 2)
    values = wave[:, None] * rng.normal(size=8) * 5 + 0.05 * rng.normal(size=(2000, 8))
    found = drift_components(values, clock, site)
    assert found.shape == (2000, 1)
    assert abs(np.corrcoef(found[site == "a", 0], wave[site == "a"])[0, 1]) > 0.99  # 0.9996


def test_a_gap_of_years_does_not_pull_the_curve_to_zero():
    clock = np.linspace(0, 2, 200)
    values = np.full((200, 1), 3.0)
    values[50:150] = np.nan
    np.testing.assert_allclose(smoothed(values, clock, 0.1)[:50], 3, atol=1e-12)


def test_nothing_that_moves_gives_no_component():
    assert drift_components(np.ones((10, 2)), np.zeros(10), np.zeros(10)).shape == (10, 0)
    assert drift_components(np.full((10, 2), np.nan), np.arange(10.0), np.zeros(10)).shape == (10, 0)
