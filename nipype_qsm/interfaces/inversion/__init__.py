"""From local field to susceptibility."""

from nipype_qsm.interfaces.base import Methods
from nipype_qsm.interfaces.inversion.base import DipoleInversion
from nipype_qsm.interfaces.inversion.ilsqr import ILSQR
from nipype_qsm.interfaces.inversion.medi import MEDI
from nipype_qsm.interfaces.inversion.tkd import TKD
from nipype_qsm.interfaces.inversion.tv import TV

INVERSIONS = Methods("inversion", TKD, ILSQR, TV, MEDI)

__all__ = ["ILSQR", "INVERSIONS", "MEDI", "TKD", "TV", "DipoleInversion"]
