"""Statistics of any atlas's regions as a node."""

from __future__ import annotations

from typing import Any, ClassVar

from nipype.interfaces.base import isdefined

from nipype_qsm.errors import MetadataError
from nipype_qsm.interfaces.base import Frame, TraitedSpec, traits, volume
from nipype_qsm.interfaces.regions.base import REGION_COLUMNS, Regions, RegionsInputSpec, table
from nipype_qsm.kernels.regions.atlas import atlas
from nipype_qsm.tables import read_rows


class AtlasInputSpec(RegionsInputSpec):
    """The atlas, on the grid of the maps."""

    labels = volume("labels", mandatory=True)
    label_names = table("names of the numbers: a table with the columns index and name")
    name = traits.Str("atlas", usedefault=True, desc="written into the table")
    labels_space = traits.Str("", usedefault=True, desc="space of the atlas, where no side-car or name tells")
    erode = traits.Bool(False, usedefault=True, desc="take a pixel off every region in axial planes")
    fewest_voxels = traits.Range(low=1, value=10, usedefault=True, desc="fewer voxels give NaN, with the reason")


class AtlasOutputSpec(TraitedSpec):
    """One table."""

    regions = table("mean, standard deviation, median and voxels of every region")


class AtlasStatistics(Regions):
    """Take mean, standard deviation and median of every region of an atlas."""

    input_spec, output_spec = AtlasInputSpec, AtlasOutputSpec
    _kernel = staticmethod(atlas)
    _columns: ClassVar = {"regions": REGION_COLUMNS}
    _laid_over = ()

    def _call(self, arguments: dict[str, Any], frame: Frame) -> Any:
        if not {"chi_referenced", "t2star"} & set(arguments):
            raise MetadataError(
                "Neither chi_referenced nor t2star was given.", remedy="Give one of them at least: a map to measure."
            )
        self._require_space("labels", self.inputs.labels_space, known=True)
        if isdefined(self.inputs.label_names):
            rows = read_rows(self.inputs.label_names, ["index", "name"])
            arguments["label_names"] = {int(row["index"]): str(row["name"]) for row in rows}  # type: ignore[call-overload]
        return super()._call(arguments, frame)
