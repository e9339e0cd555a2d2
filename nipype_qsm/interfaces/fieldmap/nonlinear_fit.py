"""The fit of the complex signal as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import traits, volume
from nipype_qsm.interfaces.fieldmap.base import FieldMapping, FieldMappingInputSpec
from nipype_qsm.interfaces.fieldmap.linear_fit import LinearFitOutputSpec
from nipype_qsm.kernels.fieldmap.nonlinear_fit import nonlinear_fit


class NonlinearFitInputSpec(FieldMappingInputSpec):
    """Options of the fit of the complex signal."""

    magnitude = volume("magnitude", mandatory=True)
    mask = volume("mask", mandatory=True)
    intercept = traits.Bool(True, usedefault=True, desc="fit the phase at echo time zero, too")
    noise_level = traits.Float(0.0, usedefault=True, desc="noise of the magnitude, its unit; 0 estimates it")
    max_iterations = traits.Range(1, 1000, 30, usedefault=True, desc="Gauss-Newton steps a voxel at most")


class NonlinearFit(FieldMapping):
    """Fit the complex signals of all echoes, each weighted by its magnitude."""

    input_spec, output_spec = NonlinearFitInputSpec, LinearFitOutputSpec
    _kernel = staticmethod(nonlinear_fit)
