"""The step: susceptibility and decay in, two sources out."""

from __future__ import annotations

import inspect
from typing import Any

from nipype_qsm.errors import MetadataError
from nipype_qsm.interfaces.base import (
    Frame,
    KernelInputSpec,
    KernelInterface,
    TraitedSpec,
    traits,
    volume,
    volume_out,
)

CURES = {
    "r2prime": "Give R2* - R2, which needs a spin-echo scan (--r2prime FILE), or choose 'r2star_qsm', which does not.",
    "r2star": "Give the R2* map that the relaxation step makes (--r2star FILE).",
}
"""What to do where the decay that a method needs was not given."""


class SeparationInputSpec(KernelInputSpec):
    """What every separation is offered; a method takes one of the two decays."""

    chi_referenced = volume("chi_referenced", mandatory=True)
    r2star = volume("r2star")
    r2prime = volume("r2prime")
    mask = volume("mask", mandatory=True)
    field_strength = traits.Float(mandatory=True, desc="field strength [T]")


class SeparationOutputSpec(TraitedSpec):
    """What every separation gives."""

    chi_paramagnetic = volume_out("chi_paramagnetic")
    chi_diamagnetic = volume_out("chi_diamagnetic")
    n_inconsistent = traits.Int(desc="voxels whose decay is too small for their susceptibility")


class SourceSeparation(KernelInterface):
    """Separate susceptibilities of opposite sign in one voxel."""

    input_spec, output_spec = SeparationInputSpec, SeparationOutputSpec

    def _call(self, arguments: dict[str, Any], frame: Frame) -> Any:
        needed = inspect.signature(type(self)._kernel).parameters
        for port, cure in CURES.items():
            if port in needed and port not in arguments:
                raise MetadataError(f"{type(self).__name__} needs {port}, and it was not given.", remedy=cure)
        return super()._call(arguments, frame)
