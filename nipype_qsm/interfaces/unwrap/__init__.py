"""Phase without jumps of 2 pi."""

from nipype_qsm.interfaces.base import Methods
from nipype_qsm.interfaces.unwrap.base import PhaseUnwrapping
from nipype_qsm.interfaces.unwrap.best_path import BestPath
from nipype_qsm.interfaces.unwrap.harperella import HARPERELLA
from nipype_qsm.interfaces.unwrap.laplacian import LaplacianUnwrap
from nipype_qsm.interfaces.unwrap.prelude import PRELUDE
from nipype_qsm.interfaces.unwrap.romeo import ROMEO

UNWRAPPERS = Methods("unwrap", LaplacianUnwrap, ROMEO, BestPath, HARPERELLA, PRELUDE)

__all__ = ["HARPERELLA", "PRELUDE", "ROMEO", "UNWRAPPERS", "BestPath", "LaplacianUnwrap", "PhaseUnwrapping"]
