"""Susceptibility-weighted images."""

from nipype_qsm.interfaces.base import Methods
from nipype_qsm.interfaces.swi.base import WeightedImage
from nipype_qsm.interfaces.swi.clear_swi import ClearSWI
from nipype_qsm.interfaces.swi.filtered_phase import FilteredPhase
from nipype_qsm.interfaces.swi.minimum_projection import MinimumProjection
from nipype_qsm.interfaces.swi.swi import SWI

SWI_METHODS = Methods("swi", FilteredPhase, SWI, ClearSWI, MinimumProjection)

__all__ = ["SWI", "SWI_METHODS", "ClearSWI", "FilteredPhase", "MinimumProjection", "WeightedImage"]
