"""The step: maps and regions in, tables out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from nipype.interfaces.base import InputMultiObject, OutputMultiObject, isdefined

from nipype_qsm.errors import GeometryError
from nipype_qsm.interfaces.base import Frame, KernelInputSpec, KernelInterface, b0_direction, traits, volume
from nipype_qsm.interfaces.ports import File
from nipype_qsm.io import read_sidecar
from nipype_qsm.spaces import SUBJECT, declared_space, require_same_space
from nipype_qsm.tables import write_rows

IDP_COLUMNS = ("name", "value", "unit", "n_voxels", "statistic", "region", "quantity", "ukb_name", "ukb_field",
               "reason")  # fmt: skip
REGION_COLUMNS = ("atlas", "index", "region", "quantity", "unit", "n_voxels", "mean", "sd", "median", "reason")
CONFOUND_COLUMNS = ("name", "n_voxels", "gradient_hz_per_mm", "dephasing_rate_per_s", "t2star_bias_ms", "reason")
QUALITY_COLUMNS = ("name", "value", "unit", "low", "high", "flag", "meaning")


def table(description: str, **metadata: Any) -> traits.TraitType:
    """Declare a port that carries a table of tab-separated text."""
    return File(exists=True, table=True, desc=description, **metadata)


def tables(description: str, **metadata: Any) -> traits.TraitType:
    """Declare an input port that carries one table or more."""
    return InputMultiObject(File(exists=True), table=True, desc=description, **metadata)


def texts(description: str) -> traits.TraitType:
    """Declare an output port that carries text files."""
    return OutputMultiObject(File(exists=True), table=True, desc=description)


class RegionsInputSpec(KernelInputSpec):
    """What every step on regions is offered."""

    chi_referenced = volume("chi_referenced")
    t2star = volume("t2star")
    mask_tissue = volume("mask_tissue")
    labels = volume("labels")
    b0_direction = b0_direction()
    space = traits.Str("", usedefault=True, desc="space of the maps, 'subject' where nobody tells")


class Regions(KernelInterface):
    """Take numbers from regions of maps, and write them as tables."""

    _columns: ClassVar[Mapping[str, Sequence[str]]]
    """Output port to the columns of its table."""

    _laid_over: ClassVar[tuple[str, ...]] = ("labels",)
    """Ports whose declared space must be that of the maps."""

    def _call(self, arguments: dict[str, Any], frame: Frame) -> Any:
        for port in self._laid_over:
            if isdefined(getattr(self.inputs, port)):
                self._require_space(port)
        return super()._call(arguments, frame)

    def _require_space(self, port: str, given: str = "", *, known: bool = False) -> None:
        """Refuse a mask of another space than the maps'; with `known`, also one whose space nobody tells."""
        declared = [space for space in (given, space_of(getattr(self.inputs, port))) if space]
        for own in declared:
            require_same_space(self._space_of_maps(), own, port)
        if declared:
            return
        if known:
            option = f"--{port.partition('_')[0]}-space"
            raise GeometryError(
                f"Nobody says in which space {port} lies, and two template spaces can be 2 mm apart.",
                remedy=f"Say it ({option} MNI152NLin6Asym; {option} subject for the subject's own), or put it into the "
                "side-car (Space) or the file name (space-...).",
            )

    def _space_of_maps(self) -> str:
        if self.inputs.space:
            return str(self.inputs.space)
        maps = [path for name in ("chi_referenced", "t2star") if isdefined(path := getattr(self.inputs, name))]
        return next((space for space in map(space_of, maps) if space), SUBJECT)

    def _saved(self, result: Any, frame: Frame, folder: Path) -> dict[str, Any]:
        named = result._asdict() if hasattr(result, "_asdict") else {next(iter(self._columns)): result}
        return {
            port: str(write_rows(rows, folder / f"{port}.tsv", self._columns[port])) for port, rows in named.items()
        }


def space_of(path: str) -> str:
    """Return the space that an image's side-car or name declares; empty when neither does."""
    return declared_space(Path(path).name, read_sidecar(path))
