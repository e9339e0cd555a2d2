"""Choosing the zero of susceptibility."""

from nipype_qsm.interfaces.base import Methods
from nipype_qsm.interfaces.reference.base import ReferenceSusceptibility
from nipype_qsm.interfaces.reference.brain import BrainReference
from nipype_qsm.interfaces.reference.csf import CSFReference
from nipype_qsm.interfaces.reference.mean import MeanReference
from nipype_qsm.interfaces.reference.median import MedianReference

REFERENCES = Methods("reference", CSFReference, MedianReference, MeanReference, BrainReference)

__all__ = [
    "REFERENCES",
    "BrainReference",
    "CSFReference",
    "MeanReference",
    "MedianReference",
    "ReferenceSusceptibility",
]
