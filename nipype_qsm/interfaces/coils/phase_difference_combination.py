"""The Hermitian product of two echoes as a coil combination, as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.coils.base import CoilCombination
from nipype_qsm.kernels.coils.phase_difference_combination import phase_difference_combination


class PhaseDifferenceCombination(CoilCombination):
    """Combine coils by keeping only the phase between the first two echoes."""

    _kernel = staticmethod(phase_difference_combination)
