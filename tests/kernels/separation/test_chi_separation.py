"""Chi-separation by R2'."""

import numpy as np
import pytest

from nipype_qsm.kernels.separation.chi_separation import chi_separation


@pytest.mark.parametrize("field_strength", [1.5, 3.0, 7.0])
def test_iron_and_myelin_of_one_voxel_are_recovered(field_strength):
    iron, myelin = np.array([0.15, 0.05, 0.0, 0.1]), np.array([-0.02, -0.05, -0.08, 0.0])
    r2prime = 137.0 * field_strength / 3 * (iron - myelin)
    volumes = (volume.reshape(4, 1, 1) for volume in (iron + myelin, r2prime, np.ones(4, bool)))
    found = chi_separation(*volumes, field_strength=field_strength)
    np.testing.assert_allclose(found.chi_paramagnetic.ravel(), iron, atol=1e-7)
    np.testing.assert_allclose(found.chi_diamagnetic.ravel(), myelin, atol=1e-7)


def test_half_the_relaxivity_gives_twice_the_sources_where_they_cancel():
    one = np.ones((2, 2, 2))
    found = [
        chi_separation(0 * one, 30 * one, one > 0, field_strength=3.0, relaxivity_3t=relaxivity).chi_paramagnetic
        for relaxivity in (68.5, 137.0)
    ]
    np.testing.assert_allclose(found[0], 2 * found[1], rtol=1e-6)
    np.testing.assert_allclose(found[1], 30 / 137 / 2, rtol=1e-6)
