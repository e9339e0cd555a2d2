"""The mean of all tissue as zero."""

import numpy as np
import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.reference.brain import brain

SHAPE = (6, 5, 4)
TISSUE = np.ones(SHAPE, bool)
TISSUE[0] = False


def test_the_tissue_has_mean_zero_afterwards_and_the_rest_is_zero(rng):
    chi = rng.normal(size=SHAPE)
    found = brain(chi, TISSUE)
    assert found.chi_referenced[TISSUE].mean() == pytest.approx(0, abs=1e-12)
    assert not found.chi_referenced[0].any()
    assert (found.reference_method, found.n_voxels) == ("brain", 100)
    assert found.reference_value == pytest.approx(chi[TISSUE].mean())


def test_no_tissue_is_refused():
    with pytest.raises(QSMError, match="No voxel"):
        brain(np.zeros(SHAPE), np.zeros(SHAPE, bool))
