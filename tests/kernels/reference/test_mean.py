"""The mean of a region as zero."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.reference.mean import mean

SHAPE = (6, 5, 4)
TISSUE = np.ones(SHAPE, bool)
TISSUE[0] = False
REGION = np.zeros(SHAPE, bool)
REGION[:3] = True


@given(shift=st.floats(-1, 1))
def test_the_result_does_not_depend_on_the_maps_own_zero(shift):
    chi = np.where(TISSUE, np.random.default_rng(0).normal(size=SHAPE), 0)
    found, moved = mean(chi, TISSUE, REGION), mean(chi + shift, TISSUE, REGION)
    assert np.allclose(found.chi_referenced, moved.chi_referenced)
    assert moved.reference_value == pytest.approx(found.reference_value + shift)
    assert found.chi_referenced[REGION & TISSUE].mean() == pytest.approx(0, abs=1e-12)


def test_only_tissue_counts_and_the_outputs_say_what_was_done():
    chi = np.where(TISSUE, np.float32(2), np.float32(0))
    found = mean(chi, TISSUE, REGION)
    assert (found.reference_value, found.reference_method, found.n_voxels) == (2.0, "mean", 40)
    assert found.chi_referenced.dtype == np.float32 and not found.chi_referenced.any()
    assert (chi[1:] == 2).all()


def test_a_large_offset_loses_nothing_in_single_precision(rng):
    chi = (1000 + rng.normal(size=SHAPE)).astype(np.float32)
    assert mean(chi, TISSUE, REGION).reference_value == pytest.approx(
        chi[REGION & TISSUE].astype(float).mean(), abs=1e-9
    )


def test_a_region_outside_the_tissue_is_refused_with_the_cure():
    with pytest.raises(QSMError, match="Check mask_reference"):
        mean(np.zeros(SHAPE), TISSUE, ~TISSUE)
