"""The step: a map without zero in, a map with one out."""

from __future__ import annotations

import inspect
from typing import Any

from nipype_qsm.errors import MetadataError
from nipype_qsm.interfaces.base import (
    Frame,
    KernelInputSpec,
    KernelInterface,
    TraitedSpec,
    VoxelMemory,
    b0_direction,
    traits,
    volume,
    volume_out,
)


class ReferenceInputSpec(KernelInputSpec):
    """What every reference is offered; the whole brain needs no region."""

    chi = volume("chi", mandatory=True)
    mask_tissue = volume("mask_tissue", mandatory=True)
    mask_reference = volume("mask_reference")
    b0_direction = b0_direction()


class ReferenceOutputSpec(TraitedSpec):
    """What every reference gives."""

    chi_referenced = volume_out("chi_referenced")
    reference_value = traits.Float(desc="what was subtracted [ppm]")
    reference_method = traits.Str(desc="how it was found, after any fallback")
    n_voxels = traits.Int(desc="voxels it was found on")


class ReferenceSusceptibility(KernelInterface):
    """Subtract the susceptibility of a reference."""

    input_spec, output_spec = ReferenceInputSpec, ReferenceOutputSpec
    memory = VoxelMemory(chi=10)

    def _call(self, arguments: dict[str, Any], frame: Frame) -> Any:
        needed = inspect.signature(type(self)._kernel).parameters
        if "mask_reference" in needed and "mask_reference" not in arguments:
            raise MetadataError(
                f"{type(self).__name__} needs a region, and mask_reference was not given.",
                remedy="Give a ventricle mask on the map's grid (--reference-mask FILE), have one made ('ventricles'), "
                "or choose the whole brain as zero (--reference brain).",
            )
        return super()._call(arguments, frame)
