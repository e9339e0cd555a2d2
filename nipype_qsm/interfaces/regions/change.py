"""Maps of change as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import KernelInputSpec, KernelInterface, TraitedSpec, volume, volume_out
from nipype_qsm.kernels.regions.change import change


class ChangeInputSpec(KernelInputSpec):
    """Maps of two visits on one grid."""

    chi_first = volume("chi_first")
    chi_second = volume("chi_second")
    t2star_first = volume("t2star_first")
    t2star_second = volume("t2star_second")


class ChangeOutputSpec(TraitedSpec):
    """Second visit minus first."""

    chi_change = volume_out("chi_change")
    t2star_change = volume_out("t2star_change")


class Change(KernelInterface):
    """Subtract the first visit's maps from the second's."""

    input_spec, output_spec = ChangeInputSpec, ChangeOutputSpec
    _kernel = staticmethod(change)
