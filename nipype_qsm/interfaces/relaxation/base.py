"""The step: magnitudes in, T2*, R2* and S0 out."""

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


class RelaxationInputSpec(KernelInputSpec):
    """What every relaxation method takes."""

    magnitude = volume("magnitude", mandatory=True)
    mask = volume("mask", mandatory=True)
    echo_times = traits.List(traits.Float, mandatory=True, desc="echo times [s]")
    b0_direction = b0_direction()


class RelaxationOutputSpec(TraitedSpec):
    """What every relaxation method gives."""

    t2star = volume_out("t2star")
    r2star = volume_out("r2star")
    s0 = volume_out("s0")


class T2Star(KernelInterface):
    """Map the decay of the signal over the echoes."""

    input_spec, output_spec = RelaxationInputSpec, RelaxationOutputSpec
    memory = VoxelMemory(magnitude=21)
