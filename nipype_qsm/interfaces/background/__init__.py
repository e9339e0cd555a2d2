"""Removing the field of sources outside the brain."""

from nipype_qsm.interfaces.background.base import BackgroundRemoval
from nipype_qsm.interfaces.background.lbv import LBV
from nipype_qsm.interfaces.background.pdf import PDF
from nipype_qsm.interfaces.background.pdf_lbv import PDFLBV
from nipype_qsm.interfaces.background.vsharp import VSHARP
from nipype_qsm.interfaces.base import Methods

BACKGROUND_REMOVALS = Methods("background", VSHARP, PDF, LBV, PDFLBV)

__all__ = ["BACKGROUND_REMOVALS", "LBV", "PDF", "PDFLBV", "VSHARP", "BackgroundRemoval"]
