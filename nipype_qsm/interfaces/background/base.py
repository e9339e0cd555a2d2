"""The step: total field in, local field out."""

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


class BackgroundRemovalInputSpec(KernelInputSpec):
    """What every background removal takes."""

    field_total = volume("field_total", mandatory=True)
    mask = volume("mask", mandatory=True)


class BackgroundRemovalOutputSpec(TraitedSpec):
    """What every background removal gives."""

    field_local = volume_out("field_local")
    mask_local = volume_out("mask_local")
    n_removed = traits.Int(desc="voxels of the mask that have no local field")


class IterativeBackgroundRemovalOutputSpec(BackgroundRemovalOutputSpec):
    """What the solver tells beside the field."""

    iterations = traits.Int(desc="iterations done")
    residual = traits.Float(desc="last residual relative to the right-hand side")
    converged = traits.Bool(desc="whether the tolerance was met")


class BackgroundRemoval(KernelInterface):
    """Remove the field of sources outside the mask."""

    input_spec, output_spec = BackgroundRemovalInputSpec, BackgroundRemovalOutputSpec
    memory = VoxelMemory(0.4, field_total=20)
