"""What changed in the phenotypes between two visits, as a node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nipype.interfaces.base import TraitedSpec

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.base import KernelInputSpec, SimpleStep
from nipype_qsm.interfaces.regions.base import IDP_COLUMNS, table
from nipype_qsm.reports.outputs import is_number
from nipype_qsm.tables import Row, read_rows, write_rows

CHANGE_COLUMNS = ("name", "unit", "first", "second", "change", "n_voxels_first", "n_voxels_second", "reason")


class IDPChangeInputSpec(KernelInputSpec):
    """Phenotypes of two visits, taken with the same labels."""

    idps_first = table("phenotypes of the first visit", mandatory=True)
    idps_second = table("phenotypes of the second visit", mandatory=True)


class IDPChangeOutputSpec(TraitedSpec):
    """One table."""

    changes = table("phenotypes of both visits, and second minus first")


class IDPChange(SimpleStep):
    """Subtract the first visit's phenotypes from the second's."""

    input_spec, output_spec = IDPChangeInputSpec, IDPChangeOutputSpec

    def _run_interface(self, runtime: Any) -> Any:
        first, second = (read_rows(path, IDP_COLUMNS) for path in (self.inputs.idps_first, self.inputs.idps_second))
        if [row["name"] for row in first] != [row["name"] for row in second]:
            raise QSMError(
                "The two visits list different phenotypes.", remedy="Take both with the same version, as `idps` does."
            )
        rows = [_changed(*pair) for pair in zip(first, second, strict=True)]
        self._results = {"changes": str(write_rows(rows, Path(runtime.cwd) / "changes.tsv", CHANGE_COLUMNS))}
        return runtime


def _changed(first: Row, second: Row) -> Row:
    before, after = first["value"], second["value"]
    both = is_number(before) and is_number(after)
    whose = [f"{when} visit: {row['reason']}" for when, row in (("first", first), ("second", second)) if row["reason"]]
    return {
        "name": first["name"],
        "unit": first["unit"],
        "first": before,
        "second": after,
        "change": after - before if both else float("nan"),  # type: ignore[operator]
        "n_voxels_first": first["n_voxels"],
        "n_voxels_second": second["n_voxels"],
        "reason": "; ".join(whose),
    }
