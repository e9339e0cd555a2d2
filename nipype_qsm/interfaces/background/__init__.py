"""Removing the field of sources outside the brain."""

from nipype_qsm.interfaces.background.base import BackgroundRemoval
from nipype_qsm.interfaces.background.ismv import ISMV
from nipype_qsm.interfaces.background.joint_dipoles import JointDipoles
from nipype_qsm.interfaces.background.lbv import LBV
from nipype_qsm.interfaces.background.mean_of_three import MeanOfThree
from nipype_qsm.interfaces.background.pdf import PDF
from nipype_qsm.interfaces.background.pdf_lbv import PDFLBV
from nipype_qsm.interfaces.background.resharp import RESHARP
from nipype_qsm.interfaces.background.sharp import SHARP
from nipype_qsm.interfaces.background.vsharp import VSHARP
from nipype_qsm.interfaces.base import Methods

BACKGROUND_REMOVALS = Methods("background", VSHARP, SHARP, RESHARP, ISMV, PDF, LBV, PDFLBV, MeanOfThree, JointDipoles)

__all__ = [
    "BACKGROUND_REMOVALS",
    "ISMV",
    "LBV",
    "PDF",
    "PDFLBV",
    "RESHARP",
    "SHARP",
    "VSHARP",
    "BackgroundRemoval",
    "JointDipoles",
    "MeanOfThree",
]
