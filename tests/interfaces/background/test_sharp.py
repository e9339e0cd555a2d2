"""SHARP as a node."""

from nipype_qsm.interfaces.background import SHARP
from nipype_qsm.kernels.background.sharp import sharp


def test_the_node_saves_what_the_kernel_returns(runs_as_its_kernel):
    runs_as_its_kernel(SHARP, sharp, radius_mm=4.0)
