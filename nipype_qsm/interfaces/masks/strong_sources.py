"""The mask without strong sources as a node."""

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
from nipype_qsm.kernels.masks.strong_sources import strong_sources


class StrongSourcesInputSpec(KernelInputSpec):
    """Options of the search."""

    chi = volume("chi", mandatory=True)
    mask = volume("mask", mandatory=True)
    b0_direction = b0_direction()
    level_ppm = traits.Float(0.3, usedefault=True, desc="least distance from the tissue's median [ppm]")
    grow_mm = traits.Float(2.0, usedefault=True, desc="what is taken around them, too [mm]")


class StrongSourcesOutputSpec(TraitedSpec):
    """The mask without its strong sources."""

    mask_without_sources = volume_out("mask_without_sources")
    n_removed = traits.Int(desc="voxels taken out")


class StrongSources(KernelInterface):
    """Take voxels of extreme susceptibility, and their surroundings, out of a mask."""

    input_spec, output_spec = StrongSourcesInputSpec, StrongSourcesOutputSpec
    _kernel = staticmethod(strong_sources)
