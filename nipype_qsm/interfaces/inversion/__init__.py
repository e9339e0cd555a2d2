"""From local field to susceptibility."""

from nipype_qsm.interfaces.base import Methods
from nipype_qsm.interfaces.inversion.base import DipoleInversion
from nipype_qsm.interfaces.inversion.ilsqr import ILSQR
from nipype_qsm.interfaces.inversion.tkd import TKD

INVERSIONS = Methods("inversion", TKD, ILSQR)

__all__ = ["ILSQR", "INVERSIONS", "TKD", "DipoleInversion"]
