"""The automatic ventricle mask as a node."""

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
from nipype_qsm.kernels.masks.ventricles import ventricles


class VentriclesInputSpec(KernelInputSpec):
    """Options of the search."""

    magnitude = volume("magnitude", mandatory=True)
    mask_brain = volume("mask_brain", mandatory=True)
    echo_times = traits.List(traits.Float, mandatory=True, desc="echo times [s]")
    b0_direction = b0_direction()
    fluid_level = traits.Float(0.5, usedefault=True, desc="fluid has an R2* below this part of the brain's median")
    depth_mm = traits.Float(25.0, usedefault=True, desc="least distance [mm] from the brain's surface")
    midline_mm = traits.Float(3.0, usedefault=True, desc="leave out voxels this near [mm] to the middle")
    reach_mm = traits.Float(10.0, usedefault=True, desc="a piece must reach this far [mm] from the middle")
    smoothing_mm = traits.Float(1.0, usedefault=True, desc="smoothing [mm] of the magnitudes before the fit")


class VentriclesOutputSpec(TraitedSpec):
    """The mask, how it came about, and its size."""

    mask_reference = volume_out("mask_reference")
    reference_source = traits.Str(desc="says that the region was found automatically")
    n_voxels = traits.Int(desc="voxels of the region")
    volume_ml = traits.Float(desc="volume of the region [ml]")


class Ventricles(KernelInterface):
    """Find the lateral ventricles as deep, slowly decaying voxels on both sides of the middle."""

    input_spec, output_spec = VentriclesInputSpec, VentriclesOutputSpec
    _kernel = staticmethod(ventricles)
