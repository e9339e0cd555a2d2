import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nipype_qsm.kernels.cohort.bland_altman import bland_altman


def test_the_angle_tells_who_sees_it():
    found = bland_altman(np.array([8.0, 5.0, 0.0, 9.0]), np.array([0.0, 5.0, 8.0, 3.0]))
    np.testing.assert_allclose(found.angle, [63.4349488, 0, -63.4349488, 45], atol=1e-6)
    np.testing.assert_array_equal(found.mean, [4, 5, 4, 6])
    np.testing.assert_array_equal(found.difference, [8, 0, -8, 6])


@given(st.floats(0, 2000), st.floats(0, 2000))
def test_exchanging_the_modalities_turns_the_sign_and_strength_does_not_matter(a, b):
    one, other = bland_altman(a, b), bland_altman(b, a)
    assert one.angle == -other.angle
    assert abs(one.angle) <= 63.44
    np.testing.assert_allclose(bland_altman(2 * a, 2 * b).angle, one.angle, atol=1e-9)
