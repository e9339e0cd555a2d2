"""Numbers for a registration's quality, as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import (
    KernelInputSpec,
    KernelInterface,
    TraitedSpec,
    VoxelMemory,
    algorithm,
    traits,
    volume,
)
from nipype_qsm.kernels.register.alignment import alignment


class AlignmentInputSpec(KernelInputSpec):
    """Two images on one grid."""

    algorithm = algorithm("2")
    fixed = volume("fixed", mandatory=True)
    moved = volume("moved", mandatory=True)
    mask = volume("mask", mandatory=True)
    mask_moved = volume("mask_moved")
    shift_mm = traits.Float(2.0, usedefault=True, desc="distance of the places that are compared [mm]")
    shading_mm = traits.Range(
        low=0.0, value=15.0, usedefault=True, desc="width of the local mean by which images are divided [mm]; 0: none"
    )


class AlignmentOutputSpec(TraitedSpec):
    """What the comparison found."""

    similarity = traits.Float(desc="normalised mutual information, 1 (none) to 2")
    offset_mm = traits.Float(desc="estimated distance from the best place [mm]")
    similarity_mirrored = traits.Float(desc="the same with the moved image turned left to right")
    peak_ratio = traits.Float(desc="excess of the similarity over 1, against that some millimetres away")
    overlap = traits.Float(desc="Dice coefficient of the two masks; NaN without a second one")


class Alignment(KernelInterface):
    """Measure how well an image lies on another."""

    input_spec, output_spec = AlignmentInputSpec, AlignmentOutputSpec
    memory = VoxelMemory(fixed=31)
    _kernel = staticmethod(alignment)
