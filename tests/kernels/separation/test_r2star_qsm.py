"""Separation by R2* alone."""

import numpy as np

from nipype_qsm.kernels.separation.chi_separation import chi_separation
from nipype_qsm.kernels.separation.r2star_qsm import r2star_qsm

SHAPE = (6, 5, 4)


def test_it_is_chi_separation_where_half_of_r2star_is_reversible(rng):
    chi, r2star, mask = rng.normal(0, 0.05, SHAPE), rng.uniform(5, 60, SHAPE), rng.random(SHAPE) < 0.8
    found = r2star_qsm(chi, r2star, mask, field_strength=7.0)
    expected = chi_separation(chi, r2star / 2, mask, field_strength=7.0)
    np.testing.assert_allclose(found.chi_paramagnetic, expected.chi_paramagnetic, atol=1e-7)
    np.testing.assert_allclose(found.chi_diamagnetic, expected.chi_diamagnetic, atol=1e-7)
    assert found.n_inconsistent == expected.n_inconsistent


def test_it_takes_the_decay_of_water_for_sources():
    """The limit that the page states: no sources and an R2 of 12 /s come out as 0.02 ppm of each."""
    one = np.ones(SHAPE)
    found = r2star_qsm(0 * one, 12 * one, one > 0, field_strength=3.0)
    np.testing.assert_allclose(found.chi_paramagnetic, 0.0219, atol=1e-4)
    np.testing.assert_allclose(found.chi_diamagnetic, -0.0219, atol=1e-4)
