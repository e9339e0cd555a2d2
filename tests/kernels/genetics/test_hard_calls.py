"""Two bits a person."""

import numpy as np
import pytest

from nipype_qsm.kernels.genetics.hard_calls import hard_calls, plain_counts


def test_the_four_codes_are_two_missing_one_and_none():
    moments = np.empty((3, 6))
    hard_calls(np.array([0b11100100, 0b00000010], np.uint8), np.arange(6), moments)
    assert moments[0] == pytest.approx([2, np.nan, 1, 0, 1, 2], nan_ok=True)
    assert moments[1] == pytest.approx([4, np.nan, 1, 0, 1, 4], nan_ok=True)
    assert set(moments[2]) == {2}


def test_people_are_taken_in_the_order_asked_for():
    moments = np.empty((3, 2))
    hard_calls(np.array([0b11100100], np.uint8), np.array([3, 0]), moments)
    assert list(moments[0]) == [0, 2]


def test_counts_below_zero_are_missing():
    moments = np.empty((3, 3))
    plain_counts(np.array([1.5, -9, 0], np.float32), moments)
    assert moments[:2] == pytest.approx(np.array([[1.5, np.nan, 0], [2.25, np.nan, 0]]), nan_ok=True)
