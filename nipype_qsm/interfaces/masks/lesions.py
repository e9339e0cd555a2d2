"""White matter hyperintensities from FLAIR, as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import (
    KernelInputSpec,
    KernelInterface,
    TraitedSpec,
    VoxelMemory,
    algorithm,
    traits,
    volume,
    volume_out,
)
from nipype_qsm.kernels.masks.lesions import lesions


class LesionsInputSpec(KernelInputSpec):
    """FLAIR on T1's grid, what is known of the tissue, and the levels."""

    algorithm = algorithm("2")
    flair = volume("flair", mandatory=True)
    mask_white_matter = volume("mask_white_matter", mandatory=True)
    mask_brain = volume("mask_brain", mandatory=True, desc="brain on T1's grid")
    labels = volume("labels", desc="deep grey structures on T1's grid: left out")
    level = traits.Float(1.5, usedefault=True, desc="standard deviations of a lesion's border above grey matter")
    core_level = traits.Float(3.0, usedefault=True, desc="standard deviations of its core above grey matter")
    white_around = traits.Float(0.65, usedefault=True, desc="least share of white matter around")
    smoothing_mm = traits.Float(0.7, usedefault=True, desc="smoothing of the image [mm]")
    smallest_mm3 = traits.Float(10.0, usedefault=True, desc="smaller pieces are noise [mm3]")


class LesionsOutputSpec(TraitedSpec):
    """The mask and its size."""

    mask_lesions = volume_out("mask_lesions")
    n_lesions = traits.Int(desc="pieces")
    lesions_ml = traits.Float(desc="volume [ml]: tested on digital subjects alone, and not BIANCA's")
    brightness = traits.Float(desc="least brightness of a lesion over that of white matter")


class Lesions(KernelInterface):
    """Find white matter hyperintensities as pieces of white matter that are brighter than grey matter."""

    input_spec, output_spec = LesionsInputSpec, LesionsOutputSpec
    memory = VoxelMemory(flair=60)
    _kernel = staticmethod(lesions)
