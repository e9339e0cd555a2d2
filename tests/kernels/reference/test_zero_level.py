"""Values of a region, and their subtraction."""

import numpy as np
import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.reference.zero_level import subtracted, values_in

SHAPE = (4, 3, 2)
TISSUE = np.ones(SHAPE, bool)
TISSUE[0] = False


def test_only_the_part_of_a_region_inside_the_tissue_counts(rng):
    chi = rng.normal(size=SHAPE).astype(np.float32)
    values = values_in(chi, np.ones(SHAPE, bool), TISSUE)
    assert values.dtype == np.float64
    assert np.array_equal(values, chi[1:].ravel().astype(float))


def test_subtraction_leaves_zero_outside_and_the_precision_as_it_was():
    chi = np.full(SHAPE, 2, np.float32)
    found = subtracted(chi, 0.5, TISSUE)
    assert found.dtype == np.float32
    assert (found[1:] == 1.5).all() and not found[0].any()
    assert (chi == 2).all()


def test_an_empty_meeting_of_region_and_tissue_is_refused_with_its_size():
    with pytest.raises(QSMError, match=r"region \(6 voxels\).*take the whole brain"):
        values_in(np.zeros(SHAPE), ~TISSUE, TISSUE)
