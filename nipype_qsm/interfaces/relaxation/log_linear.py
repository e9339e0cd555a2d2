"""The log-linear T2* fit as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import traits
from nipype_qsm.interfaces.relaxation.base import RelaxationInputSpec, RelaxationOutputSpec, T2Star
from nipype_qsm.kernels.relaxation.log_linear import log_linear


class LogLinearInputSpec(RelaxationInputSpec):
    """Options of the log-linear fit."""

    longest_s = traits.Float(1.0, usedefault=True, desc="longer T2* [s] are set to zero")
    smallest_signal = traits.Float(0.0, usedefault=True, desc="leave out echoes from the first below it on")


class LogLinearOutputSpec(RelaxationOutputSpec):
    """The maps, and where there is none."""

    n_failed = traits.Int(desc="voxels of the mask without T2*")


class LogLinearT2Star(T2Star):
    """Fit a line through the logarithms, each echo weighted by its magnitude squared."""

    input_spec, output_spec = LogLinearInputSpec, LogLinearOutputSpec
    _kernel = staticmethod(log_linear)
