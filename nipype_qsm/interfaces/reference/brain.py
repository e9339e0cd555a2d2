"""The zero of susceptibility as the mean of all tissue, as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.reference.base import ReferenceSusceptibility
from nipype_qsm.kernels.reference.brain import brain


class BrainReference(ReferenceSusceptibility):
    """Subtract the mean of all tissue."""

    _kernel = staticmethod(brain)
