"""RESHARP as a node."""

from nipype_qsm.interfaces.background import RESHARP
from nipype_qsm.kernels.background.resharp import resharp


def test_the_node_saves_what_the_kernel_returns(runs_as_its_kernel):
    runs_as_its_kernel(RESHARP, resharp, radius_mm=4.0)
