import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nipype_qsm.kernels.cohort.template import covered, difference, template
from nipype_qsm.kernels.cohort.unit_sums import merged, unit_sums

BLOCKS = arrays(np.int16, st.tuples(st.integers(2, 12), st.integers(1, 9)), elements=st.integers(-32768, 32767))


def floats(block):
    return np.where(block == -32768, np.nan, block.astype(float))


@pytest.fixture
def block(rng):
    made = np.rint(rng.normal(1200, 300, (40, 500))).astype(np.int16)
    made[rng.random(made.shape) < rng.random(500)] = -32768
    made[:, 0] = -32768
    return made


@pytest.mark.filterwarnings("ignore:Mean of empty", "ignore:Degrees of freedom")
def test_average_variance_and_coverage_are_numpys(block):
    found = template(unit_sums(block), scale=0.1, min_coverage=0)
    values = floats(block) * 0.1
    np.testing.assert_allclose(found.average, np.nan_to_num(np.nanmean(values, axis=0)), rtol=1e-7)  # 6e-8, float32
    np.testing.assert_allclose(found.variance, np.nan_to_num(np.nanvar(values, axis=0, ddof=1)), rtol=1e-6)  # 1e-7
    np.testing.assert_allclose(found.coverage, (~np.isnan(values)).mean(axis=0), rtol=1e-7)


def test_the_variance_of_small_differences_on_a_large_value_does_not_cancel(rng):
    block = (32000 + rng.integers(-1, 2, (900, 20))).astype(np.int16)
    expected = (block.astype(float) - 32000).var(axis=0, ddof=1)
    np.testing.assert_allclose(template(unit_sums(block)).variance, expected, rtol=1e-6)  # 6e-8


@given(BLOCKS, st.randoms())
def test_order_and_sharing_out_change_no_bit(block, random):
    order = list(range(len(block)))
    random.shuffle(order)
    cut = random.randrange(1, len(block))
    whole = template(unit_sums(block), scale=0.1)
    parts = template(merged(unit_sums(part) for part in (block[order[:cut]], block[order[cut:]])), scale=0.1)
    for mine, other in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(mine, other)


def test_where_too_few_have_a_value_there_is_none(block):
    sums = unit_sums(block)
    found = template(sums, min_coverage=0.5)
    few = (block != -32768).mean(axis=0) < 0.5
    assert 0 < few.sum() < few.size
    assert np.all(found.average[few] == 0)
    assert np.all(found.variance[few] == 0)
    assert np.all(found.average[~few] != 0)
    np.testing.assert_array_equal(covered(sums, 0.5), ~few)


def test_the_difference_is_the_later_group_minus_the_earlier(rng):
    young = np.rint(rng.normal(100, 20, (30, 50))).astype(np.int16)
    old = np.rint(rng.normal(400, 20, (25, 50))).astype(np.int16)
    found = difference(unit_sums(old), unit_sums(young), scale=0.1)
    np.testing.assert_allclose(found, (old.mean(axis=0) - young.mean(axis=0)) * 0.1, rtol=1e-6)  # 6e-8
    assert found.min() > 20
    np.testing.assert_array_equal(difference(unit_sums(young), unit_sums(old), scale=0.1), -found)


def test_a_voxel_that_one_group_lacks_has_no_difference(rng):
    young, old = (rng.integers(1, 99, (10, 3)).astype(np.int16) for _ in range(2))
    young[:6, 1] = -32768
    found = difference(unit_sums(old), unit_sums(young))
    assert found[1] == 0
    assert np.all(found[[0, 2]] != 0)
