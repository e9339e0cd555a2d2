"""The homodyne filter as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import (
    KernelInputSpec,
    KernelInterface,
    TraitedSpec,
    b0_direction,
    traits,
    volume,
    volume_out,
)
from nipype_qsm.kernels.swi.filtered_phase import filtered_phase


class FilteredPhaseInputSpec(KernelInputSpec):
    """Options of the filter."""

    phase = volume("phase", mandatory=True)
    magnitude = volume("magnitude", mandatory=True)
    b0_direction = b0_direction()
    window = traits.Range(low=2, value=96, usedefault=True, desc="full width of the window [samples of k-space]")


class FilteredPhaseOutputSpec(TraitedSpec):
    """The filtered phase."""

    phase_filtered = volume_out("phase_filtered")


class FilteredPhase(KernelInterface):
    """Take the slow part out of the phase of each slice."""

    input_spec, output_spec = FilteredPhaseInputSpec, FilteredPhaseOutputSpec
    _kernel = staticmethod(filtered_phase)
