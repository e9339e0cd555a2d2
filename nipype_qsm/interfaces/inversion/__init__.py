"""From local field to susceptibility."""

from nipype_qsm.interfaces.base import Methods
from nipype_qsm.interfaces.inversion.base import DipoleInversion
from nipype_qsm.interfaces.inversion.ilsqr import ILSQR
from nipype_qsm.interfaces.inversion.tkd import TKD
from nipype_qsm.interfaces.inversion.tv import TV

INVERSIONS = Methods("inversion", TKD, ILSQR, TV)

__all__ = ["ILSQR", "INVERSIONS", "TKD", "TV", "DipoleInversion"]
