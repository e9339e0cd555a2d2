"""PDF as a node."""

from nipype_qsm.interfaces.background import PDF
from nipype_qsm.kernels.background.pdf import pdf


def test_the_node_saves_what_the_kernel_returns(runs_as_its_kernel):
    runs_as_its_kernel(PDF, pdf)
