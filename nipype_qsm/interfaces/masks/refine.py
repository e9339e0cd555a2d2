"""Mask refinement as a node."""

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
from nipype_qsm.kernels.masks.refine import refine


class RefineMaskInputSpec(KernelInputSpec):
    """Options of the refinement."""

    mask = volume("mask", mandatory=True)
    reliability = volume("reliability", mandatory=True)
    b0_direction = b0_direction()
    thresholds = traits.List(
        traits.Float, [0.6, 0.5], usedefault=True, desc="least reliability, one an echo; further echoes take the last"
    )
    smallest_component = traits.Int(300, usedefault=True, desc="islands of a slice with fewer pixels are removed")
    smallest_hole = traits.Int(50, usedefault=True, desc="gaps of a slice with fewer pixels are filled")
    scale_areas = traits.Bool(True, usedefault=True, desc="count areas in pixels of 0.64 mm2")


class RefineMaskOutputSpec(TraitedSpec):
    """The mask, and what changed."""

    mask = volume_out("mask")
    n_removed = traits.Int(desc="voxels of the mask given that are gone")
    changes = traits.Dict(desc="voxels that each stage removed or added, by its reason")


class RefineMask(KernelInterface):
    """Drop unreliable voxels, then remove small islands and fill small holes."""

    input_spec, output_spec = RefineMaskInputSpec, RefineMaskOutputSpec
    memory = VoxelMemory(mask=20)
    _kernel = staticmethod(refine)
