"""The adaptive coil combination as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import traits, volume
from nipype_qsm.interfaces.coils.base import CoilCombination, CoilCombinationInputSpec
from nipype_qsm.kernels.coils.adaptive import adaptive


class AdaptiveInputSpec(CoilCombinationInputSpec):
    """Options of the adaptive combination."""

    phase_difference = volume("phase_difference")
    magnitude_difference = volume("magnitude_difference")
    block_mm = traits.Float(3.0, usedefault=True, desc="side of the blocks that are averaged [mm]")


class Adaptive(CoilCombination):
    """Combine coils by the strongest eigenvector of their local covariance."""

    input_spec = AdaptiveInputSpec
    _kernel = staticmethod(adaptive)
