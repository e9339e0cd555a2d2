"""Where the data can be trusted."""

from nipype_qsm.interfaces.base import Methods
from nipype_qsm.interfaces.masks.lesions import Lesions
from nipype_qsm.interfaces.masks.magnitude_mask import MagnitudeMask
from nipype_qsm.interfaces.masks.merge_passes import MergePasses
from nipype_qsm.interfaces.masks.noise_mask import NoiseMask
from nipype_qsm.interfaces.masks.phase_quality_mask import PhaseQualityMask
from nipype_qsm.interfaces.masks.refine import RefineMask
from nipype_qsm.interfaces.masks.reliability import PhaseReliability
from nipype_qsm.interfaces.masks.strong_sources import StrongSources
from nipype_qsm.interfaces.masks.threshold_mask import ThresholdMask
from nipype_qsm.interfaces.masks.ventricles import Ventricles
from nipype_qsm.interfaces.masks.white_matter import WhiteMatter

MASKS = Methods(
    "masks",
    ThresholdMask,
    MagnitudeMask,
    PhaseQualityMask,
    NoiseMask,
    PhaseReliability,
    RefineMask,
    Ventricles,
    WhiteMatter,
    Lesions,
    StrongSources,
    MergePasses,
)

__all__ = [
    "MASKS",
    "Lesions",
    "MagnitudeMask",
    "MergePasses",
    "NoiseMask",
    "PhaseQualityMask",
    "PhaseReliability",
    "RefineMask",
    "StrongSources",
    "ThresholdMask",
    "Ventricles",
    "WhiteMatter",
]
