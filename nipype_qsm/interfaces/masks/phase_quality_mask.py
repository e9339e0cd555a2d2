"""The mask from the quality of the phase as a node."""

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
from nipype_qsm.kernels.masks.phase_quality_mask import phase_quality_mask


class PhaseQualityMaskInputSpec(KernelInputSpec):
    """Options of the quality-based mask."""

    phase_difference = volume("phase_difference", mandatory=True)
    magnitude_difference = volume("magnitude_difference")
    b0_direction = b0_direction()
    measure = traits.Enum("romeo", "second_difference", usedefault=True, desc="how straight phase is rated")
    level = traits.Float(0.0, usedefault=True, desc="least quality of a voxel; 0 reads it from the histogram")
    smoothing_mm = traits.Float(2.0, usedefault=True, desc="sigma [mm] of the quality's smoothing")
    opening_mm = traits.Float(5.0, usedefault=True, desc="bridges thinner than twice this [mm] are cut")
    closing_mm = traits.Float(6.0, usedefault=True, desc="furrows narrower than twice this [mm] are closed")


class PhaseQualityMaskOutputSpec(TraitedSpec):
    """The mask, and the quality it is cut from."""

    mask_brain = volume_out("mask_brain")
    quality = volume_out("quality")
    n_voxels = traits.Int(desc="voxels of the mask")
    threshold = traits.Float(desc="least quality that was asked for or found")


class PhaseQualityMask(KernelInterface):
    """Keep the largest piece in which the phase runs straight."""

    input_spec, output_spec = PhaseQualityMaskInputSpec, PhaseQualityMaskOutputSpec
    _kernel = staticmethod(phase_quality_mask)
