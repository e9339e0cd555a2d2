"""From fractions to a mask."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nipype_qsm.errors import ImageError
from nipype_qsm.kernels.masks.threshold_mask import threshold_mask


def test_voxels_from_six_tenths_on_are_kept_and_the_rest_is_counted():
    found = threshold_mask(np.array([0.0, 0.3, 0.59, 0.6, 1.0]).reshape(5, 1, 1))
    assert found.mask_brain.ravel().tolist() == [False, False, False, True, True]
    assert (found.n_voxels, found.n_removed) == (2, 2)


@given(
    fraction=arrays(np.float32, (3, 3, 2), elements=st.floats(0, 1, width=32)),
    low=st.floats(0.05, 1),
    high=st.floats(0.05, 1),
)
def test_a_higher_threshold_keeps_no_more(fraction, low, high):
    low, high = sorted((low, high))
    fraction[0, 0, 0] = 1
    assert not (
        threshold_mask(fraction, threshold=high).mask_brain & ~threshold_mask(fraction, threshold=low).mask_brain
    ).any()


def test_an_empty_result_is_refused_with_its_cure():
    with pytest.raises(ImageError, match="moved onto this grid"):
        threshold_mask(np.full((2, 2, 2), 0.5))
