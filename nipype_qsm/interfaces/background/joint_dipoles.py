"""Laplacian boundary value with joint dipoles as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.background.base import (
    BackgroundRemoval,
    BackgroundRemovalInputSpec,
    BackgroundRemovalOutputSpec,
)
from nipype_qsm.interfaces.base import algorithm, b0_direction, traits
from nipype_qsm.kernels.background.joint_dipoles import joint_dipoles


class JointDipolesInputSpec(BackgroundRemovalInputSpec):
    """Options of the dipoles; the boundary value is the published one."""

    algorithm = algorithm("2")
    b0_direction = b0_direction()
    outside = traits.Range(
        low=0.0, high=1000.0, value=2.0, exclude_low=True, usedefault=True, desc="how large sources outside may be"
    )
    tolerance = traits.Range(0.0, 1.0, 0.01, usedefault=True, desc="stop when an iteration explains less of the energy")
    max_iterations = traits.Range(1, 10000, 30, usedefault=True, desc="limit of the dipoles' iteration")
    pad_mm = traits.Float(8.0, usedefault=True, desc="how far outside the mask's box sources may lie [mm]")


class JointDipolesOutputSpec(BackgroundRemovalOutputSpec):
    """What the two solvers tell beside the field: the boundary value first."""

    iterations = traits.List(traits.Int, desc="iterations done, of the boundary value and of the dipoles")
    residual = traits.List(traits.Float, desc="their last residuals")
    converged = traits.Bool(desc="whether both met their tolerance")


class JointDipoles(BackgroundRemoval):
    """Remove the background by boundary value, and by what outside dipoles explain of the rest beside inside ones."""

    input_spec, output_spec = JointDipolesInputSpec, JointDipolesOutputSpec
    _kernel = staticmethod(joint_dipoles)
