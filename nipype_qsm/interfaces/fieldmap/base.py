"""The step: unwrapped phases in, one field out."""

from __future__ import annotations

from nipype_qsm.interfaces.base import (
    KernelInputSpec,
    KernelInterface,
    TraitedSpec,
    VoxelMemory,
    traits,
    volume,
    volume_out,
)


class FieldMappingInputSpec(KernelInputSpec):
    """What a field mapping is offered; a method without weights leaves magnitude and mask unread."""

    phase_unwrapped = volume("phase_unwrapped", mandatory=True)
    magnitude = volume("magnitude")
    mask = volume("mask")
    echo_times = traits.List(traits.Float, mandatory=True, desc="echo times [s]")
    field_strength = traits.Float(mandatory=True, desc="field strength [T]")


class FieldMappingOutputSpec(TraitedSpec):
    """What every field mapping gives."""

    field_total = volume_out("field_total")


class FieldMapping(KernelInterface):
    """Combine the phases of the echoes into a field."""

    input_spec, output_spec = FieldMappingInputSpec, FieldMappingOutputSpec
    memory = VoxelMemory(phase_unwrapped=8)
