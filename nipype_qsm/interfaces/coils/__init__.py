"""Combining receive coils into one image per echo."""

from nipype_qsm.interfaces.base import Methods
from nipype_qsm.interfaces.coils.adaptive import Adaptive
from nipype_qsm.interfaces.coils.base import CoilCombination, SeriesInterface
from nipype_qsm.interfaces.coils.combined import Combined
from nipype_qsm.interfaces.coils.mcpc3ds import MCPC3DS
from nipype_qsm.interfaces.coils.phase_difference import PhaseDifference
from nipype_qsm.interfaces.coils.phase_difference_combination import PhaseDifferenceCombination
from nipype_qsm.interfaces.coils.sum_of_squares import SumOfSquares
from nipype_qsm.interfaces.coils.virtual_reference import VirtualReference

COIL_COMBINATIONS = Methods(
    "coils", MCPC3DS, Adaptive, VirtualReference, Combined, PhaseDifferenceCombination, PhaseDifference, SumOfSquares
)

__all__ = [
    "COIL_COMBINATIONS",
    "MCPC3DS",
    "Adaptive",
    "CoilCombination",
    "Combined",
    "PhaseDifference",
    "PhaseDifferenceCombination",
    "SeriesInterface",
    "SumOfSquares",
    "VirtualReference",
]
