"""Numbers for a registration's quality, as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import KernelInputSpec, KernelInterface, TraitedSpec, VoxelMemory, traits, volume
from nipype_qsm.kernels.register.alignment import alignment


class AlignmentInputSpec(KernelInputSpec):
    """Two images on one grid."""

    fixed = volume("fixed", mandatory=True)
    moved = volume("moved", mandatory=True)
    mask = volume("mask", mandatory=True)
    mask_moved = volume("mask_moved")
    shift_mm = traits.Float(2.0, usedefault=True, desc="distance of the places that are compared [mm]")


class AlignmentOutputSpec(TraitedSpec):
    """What the comparison found."""

    similarity = traits.Float(desc="normalised mutual information, 1 (none) to 2")
    offset_mm = traits.Float(desc="estimated distance from the best place [mm]")
    similarity_mirrored = traits.Float(desc="the same with the moved image turned left to right")
    overlap = traits.Float(desc="Dice coefficient of the two masks; NaN without a second one")


class Alignment(KernelInterface):
    """Measure how well an image lies on another."""

    input_spec, output_spec = AlignmentInputSpec, AlignmentOutputSpec
    memory = VoxelMemory(fixed=22)
    _kernel = staticmethod(alignment)
