import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nipype_qsm.kernels.cohort.unit_sums import merged, nothing, unit_sums

BLOCKS = arrays(np.int16, st.tuples(st.integers(1, 12), st.integers(1, 9)), elements=st.integers(-32768, 32767))


def plain(block, rows):
    """The same, a voxel at a time in Python's own whole numbers."""
    columns = [[int(v) for v in column if v != -32768] for column in block[rows].T]
    return [[len(c) for c in columns], [sum(c) for c in columns], [sum(v * v for v in c) for c in columns]]


@given(BLOCKS, st.data())
def test_sums_are_those_of_plain_whole_numbers_over_the_chosen_rows(block, data):
    rows = data.draw(st.lists(st.integers(0, len(block) - 1), unique=True))
    before = block.copy()
    found = unit_sums(block, np.array(rows, int))
    assert [each.tolist() for each in found[:3]] == plain(block, rows)
    assert found.n_subjects == len(rows)
    np.testing.assert_array_equal(block, before)


@given(BLOCKS, st.integers(0, 12))
def test_units_of_any_size_give_the_same_bytes(block, cut):
    whole = unit_sums(block)
    parts = [unit_sums(part) for part in (block[cut:], block[:cut])]
    for mine, other in zip(merged(parts)[:3], whole[:3], strict=True):
        np.testing.assert_array_equal(mine, other)
    assert merged(parts).n_subjects == len(block)


def test_a_stretch_ends_where_the_voxels_end(rng):
    block = rng.integers(-32768, 32767, (5, 5000)).astype(np.int16)
    assert [each.tolist() for each in unit_sums(block)[:3]] == plain(block, range(5))


def test_a_unit_of_extremes_does_not_overflow():
    found = unit_sums(np.full((300, 3), -32767, np.int16))
    assert found.total.tolist() == [-300 * 32767] * 3
    assert found.squares.tolist() == [300 * 32767**2] * 3


def test_rows_beyond_32_bits_are_taken_in_parts(rng):
    block = rng.integers(-32767, 32767, (70_000, 1)).astype(np.int16)
    assert [each.tolist() for each in unit_sums(block)[:3]] == plain(block, range(70_000))
    extreme = unit_sums(np.full((70_000, 1), 32767, np.int16))
    assert extreme.total.tolist() == [70_000 * 32767]  # more than 2**31


def test_merging_leaves_the_parts_alone_and_starts_from_nothing(rng):
    part = unit_sums(rng.integers(-9, 9, (4, 6)).astype(np.int16))
    before = part.total.copy()
    twice = merged([part, part, nothing(6)])
    np.testing.assert_array_equal(twice.total, 2 * before)
    np.testing.assert_array_equal(part.total, before)


def test_there_is_no_sum_of_no_part():
    with pytest.raises(StopIteration):
        merged([])
