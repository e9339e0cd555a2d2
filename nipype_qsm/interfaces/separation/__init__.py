"""Paramagnetic and diamagnetic sources of one voxel."""

from nipype_qsm.interfaces.base import Methods
from nipype_qsm.interfaces.separation.base import SourceSeparation
from nipype_qsm.interfaces.separation.chi_separation import ChiSeparation
from nipype_qsm.interfaces.separation.r2star_qsm import R2StarQSM

SEPARATIONS = Methods("separation", ChiSeparation, R2StarQSM)

__all__ = ["SEPARATIONS", "ChiSeparation", "R2StarQSM", "SourceSeparation"]
