"""Best-path unwrapping as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.unwrap.base import PhaseUnwrapping
from nipype_qsm.kernels.unwrap.best_path import best_path


class BestPath(PhaseUnwrapping):
    """Unwrap each echo along its most reliable edges, with scikit-image."""

    _kernel = staticmethod(best_path)
