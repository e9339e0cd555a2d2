import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from nipype_qsm.errors import GeometryError
from nipype_qsm.kernels.regions.midway import half_rigid, midway

ANGLES = st.tuples(*[st.floats(-40, 40)] * 3)
SHIFTS = st.tuples(*[st.floats(-30, 30)] * 3)
GRID = np.diag([-0.8, 0.8, 3.0, 1.0])


def motion(angles, shift):
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    matrix[:3, 3] = shift
    return matrix


@given(angles=ANGLES, shift=SHIFTS)
def test_half_the_motion_twice_is_the_motion(angles, shift):
    whole = motion(angles, shift)
    np.testing.assert_allclose(half_rigid(whole) @ half_rigid(whole), whole, atol=1e-9)


@given(angles=ANGLES, shift=SHIFTS)
def test_both_visits_are_moved_alike_and_meet(angles, shift):
    whole = motion(angles, shift)
    found = midway(whole, GRID, GRID)
    np.testing.assert_allclose(found.first_to_mid @ whole, found.second_to_mid, atol=1e-9)
    np.testing.assert_allclose(found.first_to_mid @ found.second_to_mid, np.eye(4), atol=1e-9)
    # the same prescription at both visits: the middle's grid is that prescription
    np.testing.assert_allclose(found.affine, GRID, atol=1e-8)


@given(angles=ANGLES, shift=SHIFTS)
def test_exchanging_the_visits_exchanges_the_transforms_and_keeps_the_grid(angles, shift):
    whole, other = motion(angles, shift), motion((5, -3, 2), (1, 2, 3)) @ GRID
    forth, back = midway(whole, GRID, other), midway(np.linalg.inv(whole), other, GRID)
    np.testing.assert_allclose(forth.first_to_mid, back.second_to_mid, atol=1e-9)
    np.testing.assert_allclose(forth.affine, back.affine, atol=1e-8)


def test_grids_of_two_prescriptions_meet_halfway():
    turned = motion((0, 0, 10), (4, 0, 0)) @ GRID
    found = midway(np.eye(4), GRID, turned)
    cosine = np.trace((found.affine @ np.linalg.inv(GRID))[:3, :3]) / 2 - 0.5
    assert np.isclose(np.degrees(np.arccos(cosine)), 5)
    np.testing.assert_allclose(np.linalg.norm(found.affine[:3, :3], axis=0), (0.8, 0.8, 3.0))


def test_a_transform_that_stretches_or_mirrors_is_refused():
    for matrix in (np.diag([1.1, 1, 1, 1.0]), np.diag([-1.0, 1, 1, 1])):
        with pytest.raises(GeometryError, match=r"not rigid.*six degrees"):
            midway(matrix, GRID, GRID)
