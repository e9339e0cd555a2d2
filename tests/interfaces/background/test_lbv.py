"""LBV as a node."""

from nipype_qsm.interfaces.background import LBV
from nipype_qsm.kernels.background.lbv import lbv


def test_the_node_saves_what_the_kernel_returns(runs_as_its_kernel):
    runs_as_its_kernel(LBV, lbv)
