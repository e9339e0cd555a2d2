"""ROMEO as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import traits, volume_out
from nipype_qsm.interfaces.unwrap.base import PhaseUnwrapping, PhaseUnwrappingInputSpec, PhaseUnwrappingOutputSpec
from nipype_qsm.kernels.unwrap.romeo import romeo


class ROMEOInputSpec(PhaseUnwrappingInputSpec):
    """Options of ROMEO."""

    template_echo = traits.Range(low=1, value=1, usedefault=True, desc="the echo unwrapped in space, from 1")
    individual = traits.Bool(False, usedefault=True, desc="unwrap every echo in space, not in time")


class ROMEOOutputSpec(PhaseUnwrappingOutputSpec):
    """Outputs of ROMEO."""

    quality = volume_out("quality")
    n_regions = traits.Int(desc="parts of the mask that do not touch")


class ROMEO(PhaseUnwrapping):
    """Unwrap along edges ordered by quality, further echoes in time."""

    input_spec, output_spec = ROMEOInputSpec, ROMEOOutputSpec
    _kernel = staticmethod(romeo)
