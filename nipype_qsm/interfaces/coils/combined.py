"""Images that are combined already, as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import traits
from nipype_qsm.interfaces.coils.base import CoilCombination, CoilCombinationOutputSpec
from nipype_qsm.kernels.coils.combined import combined


class CombinedOutputSpec(CoilCombinationOutputSpec):
    """Outputs of images that are combined already."""

    smooth_phase_spread = traits.Float(desc="spread of the smooth phase [rad]; below 0.2 it was high-pass filtered")


class Combined(CoilCombination):
    """Pass on images that are combined already, and warn about filtered phase."""

    output_spec = CombinedOutputSpec
    _kernel = staticmethod(combined)
