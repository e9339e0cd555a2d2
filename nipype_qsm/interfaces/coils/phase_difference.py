"""The phase between two echoes, from all coils, as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import TraitedSpec, VoxelMemory, volume_out
from nipype_qsm.interfaces.coils.base import SeriesInputSpec, SeriesInterface
from nipype_qsm.kernels.coils.phase_difference import phase_difference


class PhaseDifferenceOutputSpec(TraitedSpec):
    """Outputs of the phase difference."""

    phase_difference = volume_out("phase_difference", desc="wrapped phase between the first two echoes [rad]")
    magnitude_difference = volume_out("magnitude_difference")
    magnitude_combined = volume_out("magnitude_combined")


class PhaseDifference(SeriesInterface):
    """Compute the wrapped phase between the first two echoes, weighted over coils."""

    input_spec, output_spec = SeriesInputSpec, PhaseDifferenceOutputSpec
    memory = VoxelMemory(series=38)
    _kernel = staticmethod(phase_difference)
