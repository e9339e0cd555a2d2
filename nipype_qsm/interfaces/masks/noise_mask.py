"""The mask from the noise of the air as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import KernelInputSpec, KernelInterface, TraitedSpec, traits, volume, volume_out
from nipype_qsm.kernels.masks.noise_mask import noise_mask


class NoiseMaskInputSpec(KernelInputSpec):
    """Options of the noise-based mask."""

    magnitude_combined = volume("magnitude_combined", mandatory=True)
    factor = traits.Float(2.5, usedefault=True, desc="signal begins at this multiple of the noise level")
    noise_level = traits.Float(0.0, usedefault=True, desc="mean magnitude of noise, its unit; 0 takes the darkest part")
    opening_mm = traits.Float(3.0, usedefault=True, desc="bridges thinner than twice this [mm] are cut")
    closing_mm = traits.Float(6.0, usedefault=True, desc="furrows narrower than twice this [mm] are closed")


class NoiseMaskOutputSpec(TraitedSpec):
    """The mask, and what it was cut by."""

    mask_brain = volume_out("mask_brain")
    n_voxels = traits.Int(desc="voxels of the mask")
    noise_level = traits.Float(desc="noise that was given or found, unit of the magnitude")


class NoiseMask(KernelInterface):
    """Keep the largest piece that is brighter than a multiple of the noise."""

    input_spec, output_spec = NoiseMaskInputSpec, NoiseMaskOutputSpec
    _kernel = staticmethod(noise_mask)
