"""White matter from a T1-weighted image, as a node."""

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
from nipype_qsm.kernels.masks.white_matter import white_matter


class WhiteMatterInputSpec(KernelInputSpec):
    """T1, its brain, and how smooth the border is."""

    t1w = volume("t1w", mandatory=True)
    mask_brain = volume("mask_brain", mandatory=True, desc="brain on T1's grid")
    labels = volume("labels", desc="deep grey structures on T1's grid: left out")
    smoothness = traits.Float(0.45, usedefault=True, desc="how much a neighbour counts")


class WhiteMatterOutputSpec(TraitedSpec):
    """The mask and its size."""

    mask_white_matter = volume_out("mask_white_matter")
    n_voxels = traits.Int(desc="voxels of the mask")
    volume_ml = traits.Float(desc="volume of the mask [ml]")


class WhiteMatter(KernelInterface):
    """Find white matter as the brightest of three classes in a T1-weighted image."""

    input_spec, output_spec = WhiteMatterInputSpec, WhiteMatterOutputSpec
    memory = VoxelMemory(t1w=60)
    _kernel = staticmethod(white_matter)
