"""The zero of susceptibility as the median of a region, as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.reference.base import ReferenceSusceptibility
from nipype_qsm.kernels.reference.median import median


class MedianReference(ReferenceSusceptibility):
    """Subtract the median of a region."""

    _kernel = staticmethod(median)
