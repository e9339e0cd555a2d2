"""The minimum-intensity projection as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import (
    KernelInputSpec,
    KernelInterface,
    TraitedSpec,
    b0_direction,
    traits,
    volume,
    volume_out,
)
from nipype_qsm.kernels.swi.minimum_projection import minimum_projection


class MinimumProjectionInputSpec(KernelInputSpec):
    """Options of the projection."""

    swi = volume("swi", mandatory=True)
    mask = volume("mask", mandatory=True)
    b0_direction = b0_direction()
    n_slices = traits.Range(low=1, value=7, usedefault=True, desc="slices of a slab")


class MinimumProjectionOutputSpec(TraitedSpec):
    """The projection."""

    swi_minimum = volume_out("swi_minimum")


class MinimumProjection(KernelInterface):
    """Take the minimum over neighbouring slices, voxel by voxel."""

    input_spec, output_spec = MinimumProjectionInputSpec, MinimumProjectionOutputSpec
    _kernel = staticmethod(minimum_projection)
