"""The field gradient and its effect on T2* as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import (
    KernelInputSpec,
    KernelInterface,
    TraitedSpec,
    VoxelMemory,
    b0_direction,
    traits,
    volume,
    volume_out,
)
from nipype_qsm.kernels.regions.field_gradient_confound import field_gradient_confound


class FieldGradientConfoundInputSpec(KernelInputSpec):
    """Two echoes, and T2* where it is to be corrected."""

    phase = volume("phase", mandatory=True)
    magnitude = volume("magnitude", mandatory=True)
    mask_brain = volume("mask_brain", mandatory=True)
    echo_times = traits.List(traits.Float, mandatory=True, desc="echo times [s]")
    t2star = volume("t2star")
    b0_direction = b0_direction()
    smoothing_mm = traits.Float(1.0, usedefault=True, desc="smoothing of the echo difference's phasor [mm]")
    longest_s = traits.Float(0.5, usedefault=True, desc="corrected T2* [s] beyond it is set to zero")


class FieldGradientConfoundOutputSpec(TraitedSpec):
    """The maps, and how far the model holds."""

    field_gradient = volume_out("field_gradient")
    dephasing_rate = volume_out("dephasing_rate")
    t2star_corrected = volume_out("t2star_corrected")
    n_beyond = traits.Int(desc="voxels whose signal the gradient nearly destroys")


class FieldGradientConfound(KernelInterface):
    """Map the field gradient and the rate that it adds to R2*, and take it off T2*."""

    input_spec, output_spec = FieldGradientConfoundInputSpec, FieldGradientConfoundOutputSpec
    memory = VoxelMemory(phase=30)
    _kernel = staticmethod(field_gradient_confound)
