import numpy as np
import pytest

from nipype_qsm.interfaces.cohort.significance import Significance
from nipype_qsm.kernels.cohort.significance import significance


def test_thresholds_are_those_of_the_kernel(save):
    values = [9.0, 3.0, 0.5, 0.1]
    path = save("a.parquet", {"mlog10p": values})
    found = Significance(associations=path, q=0.1).run().outputs
    expected = significance(np.array(values), q=0.1)
    assert found.fdr == pytest.approx(expected.fdr)
    assert (found.n_tests, found.n_fdr, found.n_bonferroni) == (4, 2, 2)
