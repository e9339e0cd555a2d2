import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nipype_qsm.kernels.cohort.quantise import quantise


@pytest.mark.parametrize("kind", ["int16", "uint8", ">i2", "float32", ">f4", "float64"])
def test_steps_are_the_rounded_values_of_the_brains_voxels(rng, kind):
    stored = rng.integers(1, 200, 300).astype(kind)
    index = np.sort(rng.choice(300, 120, replace=False))
    found = quantise(stored, index, slope=2.5, intercept=-7.0)
    value = stored[index].astype(float) * 2.5 - 7
    np.testing.assert_array_equal(found.values, np.where(value == 0, -32768, np.rint(value)))
    assert (found.n_missing, found.n_beyond) == ((value == 0).sum(), 0)
    assert (found.low, found.high) == (value[value != 0].min(), value.max())


@given(st.floats(-3276.7, 3276.7).filter(lambda value: value != 0))
def test_rounding_costs_half_a_step_at_most(value):
    found = quantise(np.array([value]), np.array([0]), slope=10.0)
    assert abs(found.values[0] * 0.1 - value) <= 0.05 + 1e-9
    assert found.values[0] != -32768


def test_nothing_is_clipped_what_is_too_large_is_missing_and_counted():
    stored = np.array([32767.4, -32767.4, 32767.6, -32768, 1e30, -np.inf, 5])
    found = quantise(stored, np.arange(7))
    assert found.values.tolist() == [32767, -32767, -32768, -32768, -32768, -32768, 5]
    assert (found.n_beyond, found.n_missing) == (4, 0)
    assert (found.low, found.high) == (-np.inf, 1e30)


def test_nan_is_missing_and_zero_where_maps_are_zero_outside_their_mask():
    stored = np.array([np.nan, 0.0, -0.0, 1e-9], np.float32)
    assert quantise(stored, np.arange(4)).values.tolist() == [-32768, -32768, -32768, 0]
    assert quantise(stored, np.arange(4), zero_is_missing=False).values.tolist() == [-32768, 0, 0, 0]
    assert quantise(stored, np.arange(4)).n_missing == 3


def test_a_map_without_a_value_has_no_least_and_no_largest():
    found = quantise(np.zeros(4), np.arange(4))
    assert (found.low, found.high, found.n_missing) == (np.inf, -np.inf, 4)
