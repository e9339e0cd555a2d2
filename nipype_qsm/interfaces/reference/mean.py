"""The zero of susceptibility as the mean of a region, as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.reference.base import ReferenceSusceptibility
from nipype_qsm.kernels.reference.mean import mean


class MeanReference(ReferenceSusceptibility):
    """Subtract the mean of a region."""

    _kernel = staticmethod(mean)
