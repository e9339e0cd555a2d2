"""Where the data can be trusted."""

from nipype_qsm.interfaces.base import Methods
from nipype_qsm.interfaces.masks.magnitude_mask import MagnitudeMask
from nipype_qsm.interfaces.masks.refine import RefineMask
from nipype_qsm.interfaces.masks.reliability import PhaseReliability
from nipype_qsm.interfaces.masks.threshold_mask import ThresholdMask
from nipype_qsm.interfaces.masks.ventricles import Ventricles

MASKS = Methods("masks", ThresholdMask, MagnitudeMask, PhaseReliability, RefineMask, Ventricles)

__all__ = ["MASKS", "MagnitudeMask", "PhaseReliability", "RefineMask", "ThresholdMask", "Ventricles"]
