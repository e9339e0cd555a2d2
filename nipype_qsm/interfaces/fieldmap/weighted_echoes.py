"""UK Biobank's weighted sum of echoes as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import traits
from nipype_qsm.interfaces.fieldmap.base import FieldMapping, FieldMappingInputSpec, FieldMappingOutputSpec
from nipype_qsm.kernels.fieldmap.weighted_echoes import weighted_echoes


class WeightedEchoesInputSpec(FieldMappingInputSpec):
    """Options of the weighted sum."""

    t2star_s = traits.Float(0.040, usedefault=True, desc="assumed T2* [s]; larger trusts late echoes more")


class WeightedEchoesOutputSpec(FieldMappingOutputSpec):
    """The field, and the echo that the sum stands for."""

    effective_echo_time = traits.Float(desc="echo time [s] of the summed phase")
    echo_weights = traits.List(traits.Float, desc="weights of the phases; their sum is 1")


class WeightedEchoes(FieldMapping):
    """Sum the phases with weights that follow an assumed T2*."""

    input_spec, output_spec = WeightedEchoesInputSpec, WeightedEchoesOutputSpec
    _kernel = staticmethod(weighted_echoes)
