"""The mean of three as a node."""

from nipype_qsm.interfaces.background import MeanOfThree
from nipype_qsm.kernels.background.mean_of_three import mean_of_three


def test_the_node_saves_what_the_kernel_returns(runs_as_its_kernel):
    runs_as_its_kernel(MeanOfThree, mean_of_three)
