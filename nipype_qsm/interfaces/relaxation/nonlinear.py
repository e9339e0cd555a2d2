"""The nonlinear T2* fit as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import traits
from nipype_qsm.interfaces.relaxation.base import RelaxationInputSpec, RelaxationOutputSpec, T2Star
from nipype_qsm.kernels.relaxation.nonlinear import nonlinear


class NonlinearInputSpec(RelaxationInputSpec):
    """Options of the nonlinear fit."""

    longest_s = traits.Float(1.0, usedefault=True, desc="longer T2* [s] are set to zero")
    noise_level = traits.Float(0.0, usedefault=True, desc="noise of the magnitude, its unit; 0: no noise floor")
    max_iterations = traits.Int(30, usedefault=True, desc="most steps a voxel takes")


class NonlinearOutputSpec(RelaxationOutputSpec):
    """The maps, where there is none, and where the steps did not settle."""

    n_failed = traits.Int(desc="voxels of the mask without T2*")
    n_unsettled = traits.Int(desc="voxels of the mask still changing after the last step")


class NonlinearT2Star(T2Star):
    """Fit the decay itself, with the noise floor where the noise is known."""

    input_spec, output_spec = NonlinearInputSpec, NonlinearOutputSpec
    _kernel = staticmethod(nonlinear)
