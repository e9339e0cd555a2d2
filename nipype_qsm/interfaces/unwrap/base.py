"""The step: wrapped phase in, phase without jumps out."""

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


class PhaseUnwrappingInputSpec(KernelInputSpec):
    """What every unwrapping takes; not every method uses all of it."""

    phase = volume("phase", mandatory=True)
    magnitude = volume("magnitude")
    mask = volume("mask", mandatory=True)
    echo_times = traits.List(traits.Float, desc="echo times [s], where there is more than one echo")
    b0_direction = b0_direction()


class PhaseUnwrappingOutputSpec(TraitedSpec):
    """What every unwrapping gives."""

    phase_unwrapped = volume_out("phase_unwrapped")


class PhaseUnwrapping(KernelInterface):
    """Remove the jumps of 2 pi from the phase of every echo."""

    input_spec, output_spec = PhaseUnwrappingInputSpec, PhaseUnwrappingOutputSpec
    memory = VoxelMemory(phase=30)
