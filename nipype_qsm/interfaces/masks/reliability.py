"""Phase reliability as a node."""

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
from nipype_qsm.kernels.masks.reliability import reliability


class PhaseReliabilityInputSpec(KernelInputSpec):
    """Options of the reliability."""

    phase = volume("phase", mandatory=True)
    mask_brain = volume("mask_brain", mandatory=True)
    b0_direction = b0_direction()
    radius_mm = traits.Float(2.0, usedefault=True, desc="radius of the sphere [mm]")
    radius_voxels = traits.Float(
        1.33, usedefault=True, desc="least radius, in the shortest voxel side; for coarse grids"
    )
    center = traits.Enum("voxel", "corner", usedefault=True, desc="where it stands; 'corner' is UK Biobank's")


class PhaseReliabilityOutputSpec(TraitedSpec):
    """One map an echo."""

    reliability = volume_out("reliability")


class PhaseReliability(KernelInterface):
    """Take the length of the mean phasor over a small sphere."""

    input_spec, output_spec = PhaseReliabilityInputSpec, PhaseReliabilityOutputSpec
    memory = VoxelMemory(phase=21)
    _kernel = staticmethod(reliability)
