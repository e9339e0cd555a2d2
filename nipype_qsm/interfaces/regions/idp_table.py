"""One table of phenotypes from the tables of several grids, and UK Biobank's one-line files."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from nipype.interfaces.base import TraitedSpec, isdefined

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.base import KernelInputSpec, SimpleStep
from nipype_qsm.interfaces.regions.base import (
    CONFOUND_COLUMNS,
    IDP_COLUMNS,
    REGION_COLUMNS,
    table,
    tables,
    texts,
)
from nipype_qsm.io import atomically
from nipype_qsm.kernels.regions.idps import CORE
from nipype_qsm.kernels.regions.naming import CHI, PHENOTYPES, SIDES, STRUCTURES, T2STAR
from nipype_qsm.tables import Row, read_rows, write_rows


class IDPTableInputSpec(KernelInputSpec):
    """Tables, as `idps` writes them."""

    idps = tables("phenotypes of each grid: the first number of a phenotype counts", mandatory=True)
    regions = tables("statistics of each grid, and of any atlas: put below each other")
    confounds = tables("confounds of each grid: the first number of a phenotype counts")


class IDPTableOutputSpec(TraitedSpec):
    """The subject's tables."""

    idps = table("all 35 phenotypes in UK Biobank's order")
    regions = table("statistics of all regions")
    confounds = table("confounds of the 17 phenotypes of T2*")
    idp_files = texts("one line of numbers a file, named as UK Biobank's IDP_files")


class IDPTable(SimpleStep):
    """Merge the tables of several grids, and write UK Biobank's one-line files."""

    input_spec, output_spec = IDPTableInputSpec, IDPTableOutputSpec

    def _run_interface(self, runtime: Any) -> Any:
        folder = Path(runtime.cwd)
        idps = _merged([read_rows(path, IDP_COLUMNS) for path in self.inputs.idps], "value")
        self._results = {"idps": str(write_rows(idps, folder / "idps.tsv", IDP_COLUMNS))}
        regions: list[Row] = []
        if isdefined(self.inputs.regions):
            regions = [row for path in self.inputs.regions for row in read_rows(path, REGION_COLUMNS)]
            self._results["regions"] = str(write_rows(regions, folder / "regions.tsv", REGION_COLUMNS))
        if isdefined(self.inputs.confounds):
            rows = [read_rows(path, CONFOUND_COLUMNS) for path in self.inputs.confounds]
            merged = _merged(rows, "gradient_hz_per_mm")
            self._results["confounds"] = str(write_rows(merged, folder / "confounds.tsv", CONFOUND_COLUMNS))
        self._results["idp_files"] = [str(path) for path in write_idp_files(idps, regions, folder)]
        return runtime


def _merged(found: list[list[Row]], column: str) -> list[Row]:
    """Return one row a phenotype, in UK Biobank's order: the first with a number, else the best reason."""
    known = [one.name for one in PHENOTYPES]
    by_name: dict[str, list[Row]] = {}
    for row in (row for rows in found for row in rows):
        if row["name"] not in known:
            raise QSMError(f"There is no phenotype {row['name']}.", remedy="Give tables as `idps` writes them.")
        by_name.setdefault(str(row["name"]), []).append(row)
    return [_best(by_name[name], column) for name in known if name in by_name]


def _best(rows: list[Row], column: str) -> Row:
    numbers = [row for row in rows if not math.isnan(_number(row[column]))]
    # "was not given" says less than what went wrong where it was given.
    tried = [row for row in rows if "was not given" not in str(row["reason"])]
    return (numbers or tried or rows)[0]


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else math.nan


def write_idp_files(idps: list[Row], regions: list[Row], folder: Path) -> list[Path]:
    """Write phenotypes as UK Biobank does: a line of numbers a file, NaN where there is none.

    Parameters
    ----------
    idps : list of rows
    regions : list of rows
        Statistics; the core pipeline's T2* is read from them, where it is there.
    folder : path

    Returns
    -------
    files : list of path
    """
    values = {str(row["name"]): _number(row["value"]) for row in idps}
    lines = {
        "bb_IDP_SWI_QSM": [values.get(one.name, math.nan) for one in PHENOTYPES if one.quantity == CHI],
        "bb_IDP_SWI_T2star_17": [values.get(one.name, math.nan) for one in PHENOTYPES if one.quantity == T2STAR],
        "bb_IDP_T2_FLAIR_WMH": [values.get("WMH_volume", math.nan)],
    }
    core = {str(row["region"]): _number(row["median"]) for row in regions if row["atlas"] == CORE}
    if core:
        names = [f"{side}_{structure}" for structure in STRUCTURES for side in SIDES]
        lines["bb_IDP_SWI_T2star"] = [core.get(name, math.nan) for name in names]
    return [_one_line(numbers, folder / f"{name}.txt") for name, numbers in sorted(lines.items())]


def _one_line(numbers: list[float], path: Path) -> Path:
    with atomically(path) as temporary:
        temporary.write_text(" ".join("NaN" if math.isnan(n) else f"{n:.7g}" for n in numbers) + "\n")
    return path
