"""Two maps become one."""

import numpy as np
import pytest

from nipype_qsm.errors import ImageError
from nipype_qsm.kernels.masks.merge_passes import merge_passes


@pytest.fixture
def passes(rng):
    chi = rng.normal(0.1, 0.05, (6, 6, 6)).astype(np.float32)
    chi[0] = 0
    without = np.ones(chi.shape, bool)
    without[3, 3, 3] = False
    return chi, np.where(without, chi - np.float32(0.4), 0).astype(np.float32), without


def test_tissue_comes_from_the_second_pass_at_the_level_of_the_first_and_sources_from_the_first(passes, rng):
    chi, tissue, without = passes
    tissue = tissue + np.float32(0.01) * rng.standard_normal(chi.shape).astype(np.float32)
    found = merge_passes(chi, tissue, without)
    assert found[3, 3, 3] == chi[3, 3, 3]
    inside = without & (chi != 0)
    gap = found[inside] - tissue[inside]
    np.testing.assert_allclose(gap, gap[0], atol=1e-6)
    assert gap[0] == pytest.approx(0.4, abs=0.005)
    assert found.dtype == np.float32 and not found[0].any()


def test_equal_passes_change_nothing_and_inputs_are_untouched(passes):
    chi, tissue, without = passes
    before = [array.copy() for array in passes]
    np.testing.assert_allclose(merge_passes(chi, tissue, without), chi, atol=1e-6)
    for array, kept in zip(passes, before, strict=True):
        np.testing.assert_array_equal(array, kept)


def test_maps_that_do_not_meet_are_refused_with_the_cure(passes):
    chi, tissue, _ = passes
    with pytest.raises(ImageError, match="make one pass"):
        merge_passes(chi, tissue, np.zeros(chi.shape, bool))
