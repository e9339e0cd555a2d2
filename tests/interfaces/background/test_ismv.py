"""iSMV as a node."""

from nipype_qsm.interfaces.background import ISMV
from nipype_qsm.kernels.background.ismv import ismv


def test_the_node_saves_what_the_kernel_returns(runs_as_its_kernel):
    runs_as_its_kernel(ISMV, ismv, radius_mm=4.0)
