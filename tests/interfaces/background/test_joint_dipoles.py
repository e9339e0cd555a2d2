"""Boundary value with joint dipoles as a node."""

from nipype_qsm.interfaces.background import JointDipoles
from nipype_qsm.kernels.background.joint_dipoles import joint_dipoles


def test_the_node_saves_what_the_kernel_returns(runs_as_its_kernel):
    runs_as_its_kernel(JointDipoles, joint_dipoles)
