import numpy as np
import pytest

from nipype_qsm.errors import MetadataError
from nipype_qsm.kernels.regions.change import change


def test_the_first_visit_is_taken_from_the_second_where_both_have_a_value():
    first, second = np.array([[[0.1, 0.0, 0.3]]], np.float32), np.array([[[0.15, 0.2, 0.0]]], np.float32)
    found = change(first, second)
    np.testing.assert_allclose(found.chi_change, [[[0.05, 0, 0]]], atol=1e-7)
    assert found.chi_change.dtype == np.float32
    assert found.t2star_change is None


def test_the_change_backwards_is_the_negative(rng):
    maps = [rng.random((4, 4, 4)).astype(np.float32) for _ in range(4)]
    forth, back = change(*maps), change(maps[1], maps[0], maps[3], maps[2])
    np.testing.assert_array_equal(forth.chi_change, -back.chi_change)
    np.testing.assert_array_equal(forth.t2star_change, -back.t2star_change)


def test_one_visit_alone_is_refused():
    with pytest.raises(MetadataError, match="Only one visit's t2star"):
        change(t2star_first=np.ones((2, 2, 2)))
