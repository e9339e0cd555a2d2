import numpy as np
import pytest

from nipype_qsm.kernels.register.chain import Displacement, Matrix, Settling, merged, positions, slabs

SHAPE = (7, 8, 9)
WHOLE = slice(0, SHAPE[0])


@pytest.fixture
def field():
    """A smooth field of a few voxels' displacement."""
    axes = np.meshgrid(*(np.linspace(-1, 1, n) for n in SHAPE), indexing="ij")
    bump = np.exp(-2 * sum(axis**2 for axis in axes))
    return np.stack([0.9 * bump, -0.6 * bump, 0.3 * bump]).astype(np.float32)


def turned(degrees, shift):
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, -s, 0, shift[0]], [s, c, 0, shift[1]], [0, 0, 1, shift[2]], [0, 0, 0, 1.0]])


def indices(shape=SHAPE):
    return np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")).astype(float)


def test_neighbouring_matrices_become_one():
    a, b = turned(10, (1, 2, 3)), turned(-25, (0, 1, 0))
    (one,) = merged([Matrix(a), Matrix(b)])
    np.testing.assert_allclose(one.matrix, b @ a)


def test_slabs_cover_a_grid_once_and_in_order():
    shape = (500, 40, 90)
    cut = list(slabs(shape))
    assert len(cut) > 1
    assert [i for slab in cut for i in range(slab.start, slab.stop)] == list(range(500))


def test_without_a_step_points_stay():
    np.testing.assert_array_equal(positions([], SHAPE, WHOLE), indices())


def test_a_slab_is_a_part_of_the_whole(field):
    chain = [Matrix(turned(5, (0.1, 0, 0))), Displacement(field, np.eye(4), np.eye(4))]
    np.testing.assert_array_equal(positions(chain, SHAPE, slice(2, 5)), positions(chain, SHAPE, WHOLE)[:, 2:5])


def test_a_field_on_the_grid_of_the_points_is_read_without_interpolation(field):
    points = positions([Displacement(field, np.eye(4), np.eye(4))], SHAPE, WHOLE)
    np.testing.assert_array_equal(points, indices() + field)


def test_a_displacement_is_added_to_the_linear_part(field):
    linear = turned(30, (3, -2, 1))
    points = positions([Displacement(field, np.eye(4), linear)], SHAPE, WHOLE)
    expected = np.einsum("ij,jxyz->ixyz", linear[:3, :3], indices()) + linear[:3, 3].reshape(3, 1, 1, 1) + field
    np.testing.assert_allclose(points, expected, atol=1e-12)


def test_beyond_its_grid_a_field_goes_on_as_at_its_edge(field):
    shift = np.eye(4)
    shift[0, 3] = 100
    points = positions([Matrix(shift), Displacement(field, np.eye(4), np.eye(4))], SHAPE, WHOLE)
    there = points - indices() - np.array([100, 0, 0]).reshape(3, 1, 1, 1)
    np.testing.assert_allclose(there, np.repeat(field[:, -1:], SHAPE[0], axis=1), atol=1e-5)


@pytest.mark.parametrize("linear", [np.eye(4), turned(12, (2, -1, 0.5))])
def test_there_and_back_ends_where_it_began(field, linear):
    there = Displacement(field, np.eye(4), linear)
    back = Displacement(field, np.eye(4), linear, inverse=True)
    settling = Settling()
    points = positions([back, there], SHAPE, WHOLE, settling)
    assert np.abs(points - indices()).max() < 0.01  # measured 0.006: what ends the iteration
    assert settling.n_unsettled == 0


def test_a_stretch_to_two_and_a_half_times_is_inverted():
    stretch = np.zeros((3, *SHAPE), np.float32)
    stretch[0] = 1.5 * (np.arange(SHAPE[0]) - 3).reshape(-1, 1, 1)
    settling = Settling()
    points = positions([Displacement(stretch, np.eye(4), np.eye(4), inverse=True)], SHAPE, WHOLE, settling)
    np.testing.assert_allclose(points[0], (indices()[0] - 3) / 2.5 + 3, atol=0.02)  # measured 0.004
    assert settling.n_unsettled == 0


def test_a_field_that_tears_is_counted():
    """A jump leaves places that nothing comes from."""
    jump = np.zeros((3, *SHAPE), np.float32)
    jump[0, 4:] = 5
    settling = Settling()
    positions([Displacement(jump, np.eye(4), np.eye(4), inverse=True)], SHAPE, WHOLE, settling)
    assert settling.n_unsettled > 0
