"""A subject's quality as a node."""

from __future__ import annotations

from typing import Any, ClassVar

from nipype.interfaces.base import isdefined

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.base import Frame, TraitedSpec, VoxelMemory, traits, volume
from nipype_qsm.interfaces.regions.base import QUALITY_COLUMNS, Regions, RegionsInputSpec, table
from nipype_qsm.kernels.regions.quality import quality
from nipype_qsm.tables import read_rows


class SubjectQualityInputSpec(RegionsInputSpec):
    """What quality is measured on; whatever is absent leaves its rows out."""

    mask_brain = volume("mask_brain")
    reliability = volume("reliability")
    field_local = volume("field_local")
    idps = table("phenotypes, as `idps` writes them")
    reference_table = table("ranges of the phenotypes: columns name, mean, sd; or name, low, high")
    overlap = traits.Float(desc="overlap (Dice) of the two brain masks after registration")
    offset_mm = traits.Float(desc="distance [mm] of the registration from the best place")
    similarity = traits.Float(desc="similarity of the two images after registration")
    similarity_mirrored = traits.Float(desc="the same with one of them mirrored")
    peak_ratio = traits.Float(desc="how far the similarity stands out from that of places nearby")
    template_peak_ratio = traits.Float(desc="the same of T1 and the template, through the warp")
    lesions_ml = traits.Float(desc="volume [ml] of lesions that were found here and not given")
    outlier_factor = traits.Float(4.0, usedefault=True, desc="standard deviations from the reference mean that flag")


class SubjectQualityOutputSpec(TraitedSpec):
    """One table."""

    qc = table("numbers, their usual range, and a flag where they lie outside")


class SubjectQuality(Regions):
    """Measure whether a subject can be used."""

    input_spec, output_spec = SubjectQualityInputSpec, SubjectQualityOutputSpec
    memory = VoxelMemory(reliability=48)
    _kernel = staticmethod(quality)
    _columns: ClassVar = {"qc": QUALITY_COLUMNS}

    def _call(self, arguments: dict[str, Any], frame: Frame) -> Any:
        if isdefined(self.inputs.idps):
            arguments["idps"] = read_rows(self.inputs.idps, ["name", "value"])
        if isdefined(self.inputs.reference_table):
            arguments["reference_table"] = _ranges(self.inputs.reference_table)
        return super()._call(arguments, frame)


def _ranges(path: str) -> list[dict[str, object]]:
    rows = read_rows(path, ["name"])
    known = [set(row) for row in rows]
    if not all({"mean", "sd"} <= columns or {"low", "high"} <= columns for columns in known):
        raise QSMError(f"{path} holds no ranges.", remedy="Give the columns name, mean, sd; or name, low, high.")
    return rows
