"""The median of a region as zero."""

import numpy as np
import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.reference.median import median

SHAPE = (6, 5, 4)
TISSUE = np.ones(SHAPE, bool)
TISSUE[0] = False
REGION = np.zeros(SHAPE, bool)
REGION[:3] = True


def test_two_fifths_of_strange_voxels_hardly_move_it(rng):
    chi = rng.normal(scale=0.01, size=SHAPE)
    clean = median(chi, TISSUE, REGION).reference_value
    chi[1, :, :3] = 5.0  # 15 of 40
    assert abs(median(chi, TISSUE, REGION).reference_value - clean) < 0.02
    assert chi[REGION & TISSUE].mean() > 1.5


def test_only_tissue_counts_and_the_outputs_say_what_was_done(rng):
    chi = rng.normal(size=SHAPE).astype(np.float32)
    found = median(chi, TISSUE, REGION)
    assert (found.reference_method, found.n_voxels) == ("median", 40)
    assert np.median(found.chi_referenced[REGION & TISSUE]) == pytest.approx(0, abs=1e-6)
    assert not found.chi_referenced[0].any()


def test_a_region_outside_the_tissue_is_refused_with_the_cure():
    with pytest.raises(QSMError, match="Check mask_reference"):
        median(np.zeros(SHAPE), TISSUE, ~TISSUE)
