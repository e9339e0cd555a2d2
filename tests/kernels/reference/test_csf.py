"""The fluid's susceptibility in a ventricle mask that holds more than fluid."""

import warnings

import numpy as np
import pytest
from scipy import integrate

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.reference.csf import _tail, csf, fluid_mixture

SHAPE = (20, 20, 10)
GRID = Grid(SHAPE, (1.0, 1.0, 1.0), (0, 0, 1))
ALL = np.ones(SHAPE, bool)
FLUID = 0.02


def fluid_with(rng, part, side):
    """Fluid of 15 ppb spread, and a part of the voxels further out on one side."""
    fluid = rng.normal(FLUID, 0.015, SHAPE)
    other = FLUID + side * (0.05 + rng.gamma(2, 0.03, SHAPE))
    return np.where(rng.random(SHAPE) < part, other, fluid).astype(np.float32)


@pytest.mark.parametrize(("part", "side"), [(0.15, 1), (0.15, -1), (0.3, 1), (0.3, -1)])
def test_the_mixture_is_closer_to_the_fluid_than_median_and_mean(rng, part, side):
    chi = fluid_with(rng, part, side)
    found = csf(chi, ALL, ALL, GRID)
    error = abs(found.reference_value - FLUID)
    assert error < 0.002  # measured 0.1 to 0.8 ppb
    assert error < 0.5 * abs(np.median(chi) - FLUID)  # measured 2.9 to 9.4 ppb
    assert error < 0.1 * abs(chi.mean() - FLUID)  # measured 16 to 34 ppb
    assert found.reference_method == "csf" and found.converged
    assert found.fluid_share == pytest.approx(1 - part, abs=0.05)
    assert found.n_voxels == ALL.sum()


def test_a_shift_and_a_scale_of_the_map_shift_and_scale_the_reference(rng):
    values = fluid_with(rng, 0.2, 1).astype(float).ravel()
    plain, moved = fluid_mixture(values), fluid_mixture(3 * values - 0.7)
    assert moved.centre == pytest.approx(3 * plain.centre - 0.7, abs=1e-9)
    assert moved.width == pytest.approx(3 * plain.width, rel=1e-6)
    mirrored = fluid_mixture(-values)
    assert mirrored.centre == pytest.approx(-plain.centre, abs=1e-9)


def test_the_tail_is_a_density_with_the_mean_and_variance_given():
    moments = [integrate.quad(lambda v, p=power: v**p * _tail(np.array(v), 3.0, 1.5), 0, 200)[0] for power in range(3)]
    assert moments[0] == pytest.approx(1, abs=1e-6)
    assert moments[1] == pytest.approx(3, abs=1e-5)
    assert moments[2] - moments[1] ** 2 == pytest.approx(1.5, abs=1e-2)  # its far tail is cut at 200
    assert _tail(np.array([-1.0, 0.0]), 3.0, 1.5).tolist() == [0, 0]


def test_the_reference_is_subtracted_inside_the_tissue_only(rng):
    chi = fluid_with(rng, 0.15, 1)
    tissue, ventricles = ALL.copy(), ALL.copy()
    tissue[:5] = False
    before = chi.copy()
    found = csf(chi, tissue, ventricles, GRID)
    assert found.chi_referenced.dtype == np.float32
    assert not found.chi_referenced[:5].any()
    assert np.allclose(found.chi_referenced[5:], chi[5:] - found.reference_value, atol=1e-6)
    assert found.n_voxels == tissue.sum()
    assert np.array_equal(chi, before)


def test_few_voxels_fall_back_to_the_median_and_say_so(rng):
    chi, ventricles = fluid_with(rng, 0.15, 1), np.zeros(SHAPE, bool)
    ventricles[:7, :7, 0] = True
    with pytest.warns(UserWarning, match="49 voxels are fewer than 50"):
        found = csf(chi, ALL, ventricles, GRID)
    assert found.reference_method == "median"
    assert found.reference_value == pytest.approx(np.median(chi[ventricles]))
    assert found.n_voxels == 49


def test_an_iteration_without_convergence_falls_back_to_the_median_and_says_so(rng):
    chi = fluid_with(rng, 0.15, 1)
    with pytest.warns(UserWarning, match="no convergence in 2 iterations"):
        found = csf(chi, ALL, ALL, GRID, max_iterations=2)
    assert found.reference_method == "median" and not found.converged and found.iterations == 2


def test_a_region_that_is_mostly_something_else_falls_back_to_the_median(rng):
    chi = np.where(
        rng.random(SHAPE) < 0.3, rng.normal(0, 0.002, SHAPE), rng.choice([-1, 1], SHAPE) * rng.gamma(3, 0.1, SHAPE)
    )
    with pytest.warns(UserWarning, match="share is 0.[1-4]"):
        found = csf(chi, ALL, ALL, GRID)
    assert found.reference_method == "median"


def test_equal_values_are_their_own_reference():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = csf(np.full(SHAPE, 0.3), ALL, ALL, GRID)
    assert found.reference_value == 0.3
    assert not found.chi_referenced.any()


def test_erosion_takes_the_surface_off_the_ventricles(rng):
    chi, ventricles = fluid_with(rng, 0.15, 1), np.zeros(SHAPE, bool)
    ventricles[2:18, 2:18, 1:9] = True
    assert csf(chi, ALL, ventricles, GRID, erosion_mm=1.0).n_voxels == 14 * 14 * 6
    with pytest.raises(QSMError, match="erosion_mm=0"):
        csf(chi, ALL, ventricles, GRID, erosion_mm=10.0)


def test_ventricles_outside_the_tissue_are_refused_with_the_cure(rng):
    tissue, ventricles = ALL.copy(), ALL.copy()
    tissue[:10], ventricles[10:] = False, False
    with pytest.raises(QSMError, match="take the whole brain"):
        csf(fluid_with(rng, 0.15, 1), tissue, ventricles, GRID)
