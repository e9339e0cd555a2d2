import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.regions.extraction import eroded_in_plane, regions_of, summary, whole_numbers


def slow_erosion(region, axis):
    kept = np.zeros_like(region)
    padded = np.pad(region, 1)
    for x, y, z in np.argwhere(region):
        block = padded[x : x + 3, y : y + 3, z : z + 3]
        kept[x, y, z] = block.take(1, axis).all()
    return kept


@given(seed=st.integers(0, 500), axis=st.integers(0, 2))
def test_erosion_is_that_of_a_3_by_3_neighbourhood_in_each_plane(seed, axis):
    region = np.random.default_rng(seed).random((6, 7, 5)) < 0.85
    np.testing.assert_array_equal(eroded_in_plane(region, axis), slow_erosion(region, axis))


def test_a_slice_does_not_erode_its_neighbour():
    region = np.zeros((7, 7, 3), bool)
    region[1:6, 1:6, 1] = True
    assert np.argwhere(eroded_in_plane(region, 2)).tolist() == [[x, y, 1] for x in (2, 3, 4) for y in (2, 3, 4)]


def test_the_box_of_a_label_holds_it_with_a_margin():
    labels = np.zeros((6, 6, 6), np.int32)
    labels[0, 2:4, 5] = 7
    assert regions_of(labels) == {7: (slice(0, 2), slice(1, 5), slice(4, 6))}


def test_statistics_are_those_of_numpy_in_double_precision(rng):
    values = (1e4 + rng.normal(size=1000)).astype(np.float32)
    found = summary(values, 10)
    wide = values.astype(np.float64)
    assert (found.n_voxels, found.mean, found.sd, found.median) == (1000, wide.mean(), wide.std(), np.median(wide))
    assert found.reason == ""


@pytest.mark.parametrize(("count", "fewest"), [(9, 10), (0, 0)])
def test_too_few_voxels_give_no_number_but_a_reason(count, fewest):
    found = summary(np.ones(count), fewest, "of lesions")
    assert np.isnan([found.mean, found.sd, found.median]).all()
    assert found.reason == f"{count} voxels of lesions; {max(1, fewest)} are needed"


def test_an_interpolated_label_image_is_refused_with_its_cure():
    with pytest.raises(QSMError, match=r"2 values that are not whole numbers.*nearest"):
        whole_numbers(np.array([[[1.0, 2.5, 10.4]]], np.float32))
    assert whole_numbers(np.array([10.0001])).tolist() == [10]
