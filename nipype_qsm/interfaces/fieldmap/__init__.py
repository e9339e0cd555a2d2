"""One field from several echoes."""

from nipype_qsm.interfaces.base import Methods
from nipype_qsm.interfaces.fieldmap.base import FieldMapping
from nipype_qsm.interfaces.fieldmap.linear_fit import LinearFit
from nipype_qsm.interfaces.fieldmap.nonlinear_fit import NonlinearFit
from nipype_qsm.interfaces.fieldmap.reliable_echoes import ReliableEchoes
from nipype_qsm.interfaces.fieldmap.weighted_echoes import WeightedEchoes

FIELD_MAPPINGS = Methods("fieldmap", WeightedEchoes, LinearFit, NonlinearFit, ReliableEchoes)

__all__ = ["FIELD_MAPPINGS", "FieldMapping", "LinearFit", "NonlinearFit", "ReliableEchoes", "WeightedEchoes"]
