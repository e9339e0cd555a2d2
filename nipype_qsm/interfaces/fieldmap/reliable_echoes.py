"""The fit to reliable echoes as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import traits, volume
from nipype_qsm.interfaces.fieldmap.base import FieldMapping, FieldMappingInputSpec, FieldMappingOutputSpec
from nipype_qsm.kernels.fieldmap.reliable_echoes import reliable_echoes


class ReliableEchoesInputSpec(FieldMappingInputSpec):
    """Options of the fit to reliable echoes."""

    magnitude = volume("magnitude", mandatory=True)
    mask = volume("mask", mandatory=True)
    reliability = volume("reliability", mandatory=True)
    least_reliability = traits.Range(
        low=0.0, high=1.0, value=0.5, usedefault=True, desc="an echo with less ends the voxel's echoes"
    )


class ReliableEchoes(FieldMapping):
    """Fit each voxel's echoes as far as they are reliable."""

    input_spec, output_spec = ReliableEchoesInputSpec, FieldMappingOutputSpec
    _kernel = staticmethod(reliable_echoes)
