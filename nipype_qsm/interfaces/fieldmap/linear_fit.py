"""The magnitude-weighted linear fit as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import algorithm, traits, volume, volume_out
from nipype_qsm.interfaces.fieldmap.base import FieldMapping, FieldMappingInputSpec, FieldMappingOutputSpec
from nipype_qsm.kernels.fieldmap.linear_fit import linear_fit


class LinearFitInputSpec(FieldMappingInputSpec):
    """Options of the linear fit."""

    algorithm = algorithm("2")
    magnitude = volume("magnitude", mandatory=True)
    mask = volume("mask", mandatory=True)
    intercept = traits.Bool(False, usedefault=True, desc="fit the phase at echo time zero, too")
    noise_level = traits.Float(0.0, usedefault=True, desc="noise of the magnitude, its unit; 0 estimates it")


class LinearFitOutputSpec(FieldMappingOutputSpec):
    """The field, its noise, and the phase at echo time zero."""

    field_noise = volume_out("field_noise")
    phase_offset = volume_out("phase_offset")
    noise_level = traits.Float(desc="noise of the magnitude that was given or estimated, its unit")


class LinearFit(FieldMapping):
    """Fit a line through the phases, each echo weighted by its magnitude squared."""

    input_spec, output_spec = LinearFitInputSpec, LinearFitOutputSpec
    _kernel = staticmethod(linear_fit)
