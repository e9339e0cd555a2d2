"""Where the data can be trusted."""

from nipype_qsm.interfaces.base import Methods
from nipype_qsm.interfaces.masks.magnitude_mask import MagnitudeMask
from nipype_qsm.interfaces.masks.refine import RefineMask
from nipype_qsm.interfaces.masks.reliability import PhaseReliability
from nipype_qsm.interfaces.masks.threshold_mask import BinarizeMask
from nipype_qsm.interfaces.masks.ventricles import VentricleMask

MASKS = Methods("masks", BinarizeMask, MagnitudeMask, PhaseReliability, RefineMask, VentricleMask)

__all__ = ["MASKS", "BinarizeMask", "MagnitudeMask", "PhaseReliability", "RefineMask", "VentricleMask"]
