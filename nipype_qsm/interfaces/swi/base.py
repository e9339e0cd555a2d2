"""What every susceptibility-weighted image gives."""

from __future__ import annotations

from nipype_qsm.interfaces.base import KernelInterface, TraitedSpec, volume_out


class WeightedImageOutputSpec(TraitedSpec):
    """The weighted image."""

    swi = volume_out("swi")


class WeightedImage(KernelInterface):
    """Darken the magnitude where the phase tells of veins and iron."""

    output_spec = WeightedImageOutputSpec
