"""A brain mask from the magnitude, as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import (
    KernelInputSpec,
    KernelInterface,
    TraitedSpec,
    VoxelMemory,
    algorithm,
    traits,
    volume,
    volume_out,
)
from nipype_qsm.kernels.masks.magnitude_mask import magnitude_mask


class MagnitudeMaskInputSpec(KernelInputSpec):
    """Options of the magnitude-based mask."""

    algorithm = algorithm("2")
    magnitude_combined = volume("magnitude_combined", mandatory=True)
    level = traits.Float(0.8, usedefault=True, desc="part of the head's median at which a voxel is bright")
    opening_mm = traits.Float(8.0, usedefault=True, desc="bridges thinner than twice this [mm] are cut")
    closing_mm = traits.Float(6.0, usedefault=True, desc="furrows narrower than twice this [mm] are closed")
    bias_mm = traits.Float(18.0, usedefault=True, desc="smoothness [mm] of the intensity that is divided out")


class MagnitudeMaskOutputSpec(TraitedSpec):
    """The mask and its volume."""

    mask_brain = volume_out("mask_brain")
    n_voxels = traits.Int(desc="voxels of the mask")
    volume_ml = traits.Float(desc="volume of the mask [ml]")


class MagnitudeMask(KernelInterface):
    """Cut the brain out of a head by the darkness of the skull."""

    input_spec, output_spec = MagnitudeMaskInputSpec, MagnitudeMaskOutputSpec
    memory = VoxelMemory(magnitude_combined=60)
    _kernel = staticmethod(magnitude_mask)
