"""The imaging-derived phenotypes of a subject as a node."""

from __future__ import annotations

from typing import Any, ClassVar

from nipype.interfaces.base import isdefined

from nipype_qsm.errors import MetadataError
from nipype_qsm.interfaces.base import Frame, TraitedSpec, VoxelMemory, traits, volume
from nipype_qsm.interfaces.regions.base import (
    CONFOUND_COLUMNS,
    IDP_COLUMNS,
    REGION_COLUMNS,
    Regions,
    RegionsInputSpec,
    table,
)
from nipype_qsm.kernels.regions.idps import idps


class IDPsInputSpec(RegionsInputSpec):
    """Regions of the phenotypes, and how they are taken."""

    nigra_left = volume("nigra_left")
    nigra_right = volume("nigra_right")
    mask_lesions = volume("mask_lesions")
    mask_white_matter = volume("mask_white_matter")
    mask_bianca = volume("mask_bianca")
    field_gradient = volume("field_gradient")
    dephasing_rate = volume("dephasing_rate")
    nigra_space = traits.Str("", usedefault=True, desc="space of the nigra's masks, where no side-car or name tells")
    erode = traits.Bool(True, usedefault=True, desc="take a pixel off deep grey structures for susceptibility")
    erode_t2star = traits.Bool(True, usedefault=True, desc="the same for T2*; UK Biobank does not")
    zeros_in_t2star = traits.Bool(False, usedefault=True, desc="count zeros of T2* in a structure; UK Biobank does")
    nigra_from_labels = traits.Bool(True, usedefault=True, desc="without masks, read the nigra from labels (27, 59)")
    nigra_threshold = traits.Float(0.5, usedefault=True, desc="least probability of the nigra")
    nigra_drop_negative = traits.Bool(True, usedefault=True, desc="leave out the nigra's negative susceptibility")
    nigra_same_voxels = traits.Bool(True, usedefault=True, desc="take T2* of the nigra on the voxels that remain")
    lesion_threshold = traits.Float(0.5, usedefault=True, desc="above it, a voxel is in a mask of lesions or matter")
    fewest_voxels = traits.Range(low=1, value=10, usedefault=True, desc="fewer voxels give NaN, with the reason")


class IDPsOutputSpec(TraitedSpec):
    """Three tables."""

    idps = table("phenotypes in UK Biobank's order: 17 of chi [ppb], 17 of T2* [ms], lesion volume [mm3]")
    regions = table("mean, standard deviation, median and voxels of every region")
    confounds = table("what the field gradient does to each phenotype of T2*")


class IDPs(Regions):
    """Take UK Biobank's phenotypes of susceptibility and T2* from maps and regions on one grid."""

    input_spec, output_spec = IDPsInputSpec, IDPsOutputSpec
    memory = VoxelMemory(chi_referenced=26, labels=28)
    _kernel = staticmethod(idps)
    _columns: ClassVar = {"idps": IDP_COLUMNS, "regions": REGION_COLUMNS, "confounds": CONFOUND_COLUMNS}
    _laid_over = ("labels", "mask_lesions", "mask_white_matter", "mask_bianca")

    def _call(self, arguments: dict[str, Any], frame: Frame) -> Any:
        if not {"chi_referenced", "t2star"} & set(arguments):
            raise MetadataError(
                "Neither chi_referenced nor t2star was given.", remedy="Give one of them at least: a map to measure."
            )
        for port in ("nigra_left", "nigra_right"):
            if isdefined(getattr(self.inputs, port)):
                self._require_space(port, self.inputs.nigra_space, known=True)
        return super()._call(arguments, frame)
