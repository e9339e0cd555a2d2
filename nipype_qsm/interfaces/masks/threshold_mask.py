"""Making a moved mask true or false, as a node."""

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
from nipype_qsm.kernels.masks.threshold_mask import threshold_mask


class ThresholdMaskInputSpec(KernelInputSpec):
    """Options of the threshold."""

    mask_fraction = volume("mask_fraction", mandatory=True)
    threshold = traits.Float(0.6, usedefault=True, desc="least fraction of brain in a voxel that is kept")


class ThresholdMaskOutputSpec(TraitedSpec):
    """The mask, and what it leaves out."""

    mask_brain = volume_out("mask_brain")
    n_voxels = traits.Int(desc="voxels of the mask")
    n_removed = traits.Int(desc="voxels above zero and below the threshold")


class ThresholdMask(KernelInterface):
    """Keep the voxels whose fraction of brain reaches a threshold."""

    input_spec, output_spec = ThresholdMaskInputSpec, ThresholdMaskOutputSpec
    memory = VoxelMemory(mask_fraction=8)
    _kernel = staticmethod(threshold_mask)
