"""UK Biobank's two-echo T2* as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import traits
from nipype_qsm.interfaces.relaxation.base import RelaxationInputSpec, RelaxationOutputSpec, T2Star
from nipype_qsm.kernels.relaxation.two_echo import two_echo


class TwoEchoInputSpec(RelaxationInputSpec):
    """Options of the two-echo recipe."""

    longest_s = traits.Float(0.080, usedefault=True, desc="longer T2* [s] are set to zero, then filled")
    shortest_s = traits.Float(0.005, usedefault=True, desc="shorter T2* [s] are set to zero, then filled")
    fill_radius_mm = traits.Float(3.0, usedefault=True, desc="zeros take the mean of what lies this near [mm]")


class TwoEchoOutputSpec(RelaxationOutputSpec):
    """The maps, and how many voxels each step touched."""

    n_implausible = traits.Int(desc="voxels of the mask beyond the limits")
    n_filled = traits.Int(desc="voxels of the mask filled from their neighbours")


class TwoEchoT2Star(T2Star):
    """Take T2* from the ratio of two echoes, clean it with a median and fill what is missing."""

    input_spec, output_spec = TwoEchoInputSpec, TwoEchoOutputSpec
    _kernel = staticmethod(two_echo)
