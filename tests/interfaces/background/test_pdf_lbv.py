"""The mean of PDF and LBV as a node."""

from nipype_qsm.interfaces.background import PDFLBV
from nipype_qsm.kernels.background.pdf_lbv import pdf_lbv


def test_the_node_saves_what_the_kernel_returns(runs_as_its_kernel):
    runs_as_its_kernel(PDFLBV, pdf_lbv)
