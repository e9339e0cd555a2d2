import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.register.apply_transform import apply_transform
from nipype_qsm.kernels.register.chain import Displacement, Matrix

SHAPE = (9, 10, 11)


def shifted(*by):
    matrix = np.eye(4)
    matrix[:3, 3] = by
    return [Matrix(matrix)]


@pytest.mark.parametrize("interpolation", ["nearest", "linear", "spline"])
def test_without_a_step_nothing_changes(rng, interpolation):
    volume = rng.normal(size=SHAPE).astype(np.float32)
    before = volume.copy()
    result = apply_transform(volume, [], shape=SHAPE, interpolation=interpolation)
    np.testing.assert_allclose(result.moved, volume, atol=2e-6)  # measured 1.0e-6 (spline), 0 otherwise
    np.testing.assert_array_equal(volume, before)
    assert (result.n_outside, result.n_unsettled) == (0, 0)


def test_a_shift_by_whole_voxels_moves_the_values(rng):
    volume = rng.normal(size=SHAPE).astype(np.float32)
    result = apply_transform(volume, shifted(2, 0, -1), shape=SHAPE)
    np.testing.assert_array_equal(result.moved[:-2, :, 1:], volume[2:, :, :-1])
    assert not result.moved[-2:].any()
    assert not result.moved[:, :, 0].any()
    assert result.n_outside == 9 * 10 * 11 - 7 * 10 * 10


def test_values_reach_to_the_faces_of_their_voxels_and_no_further():
    ones = np.ones(SHAPE, np.float32)
    for interpolation in ("nearest", "linear", "spline"):
        assert apply_transform(ones, shifted(0.45, 0, 0), shape=SHAPE, interpolation=interpolation).n_outside == 0
        result = apply_transform(ones, shifted(0.55, 0, 0), shape=SHAPE, interpolation=interpolation)
        assert result.n_outside == 10 * 11
        assert not result.moved[8].any()
        np.testing.assert_allclose(result.moved[:8], 1, atol=1e-5)


@given(st.floats(-0.4, 0.4), st.floats(-0.4, 0.4))
def test_linear_and_spline_interpolation_keep_a_ramp(dx, dz):
    """Inside: a cubic spline with mirrored ends bends near them."""
    ramp = np.broadcast_to(np.arange(SHAPE[0], dtype=np.float32).reshape(-1, 1, 1), SHAPE)
    for interpolation, tolerance in (("linear", 1e-5), ("spline", 0.02)):
        moved = apply_transform(ramp, shifted(dx, 0, dz), shape=SHAPE, interpolation=interpolation).moved
        np.testing.assert_allclose(moved[3:-3], ramp[3:-3] + dx, atol=tolerance)  # measured 4e-7 and 0.011


def test_labels_stay_labels(rng):
    labels = rng.integers(0, 60, SHAPE).astype(np.float32)
    matrix = np.diag([0.7, 0.8, 0.9, 1.0])
    moved = apply_transform(labels, [Matrix(matrix)], shape=(12, 12, 12), interpolation="nearest").moved
    assert set(np.unique(moved)) <= set(np.unique(labels))


@pytest.mark.parametrize(("interpolation", "order"), [("linear", 1), ("spline", 3)])
def test_it_equals_one_plain_interpolation_of_the_whole(rng, interpolation, order):
    volume = ndimage.gaussian_filter(rng.normal(size=SHAPE), 1).astype(np.float32)
    field = ndimage.gaussian_filter(rng.normal(size=(3, *SHAPE)), (0, 2, 2, 2)).astype(np.float32)
    moved = apply_transform(
        volume, [Displacement(field, np.eye(4), np.eye(4))], shape=SHAPE, interpolation=interpolation
    ).moved
    points = np.stack(np.meshgrid(*(np.arange(n) for n in SHAPE), indexing="ij")) + field
    inside = np.all((points >= 0) & (points <= np.array(SHAPE).reshape(3, 1, 1, 1) - 1), axis=0)
    expected = ndimage.map_coordinates(volume.astype(float), points, order=order, mode="mirror")
    assert inside.sum() > 300
    np.testing.assert_allclose(moved[inside], expected[inside], atol=1e-6)  # measured 1.2e-7


def test_an_unknown_interpolation_is_refused():
    with pytest.raises(QSMError, match="nearest, linear, spline"):
        apply_transform(np.zeros(SHAPE, np.float32), [], shape=SHAPE, interpolation="cubic")
