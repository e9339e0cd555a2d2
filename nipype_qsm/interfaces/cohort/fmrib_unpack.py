"""FUNPACK as a node: UK Biobank's phenotypes parsed and cleaned, an external program, so there is no kernel.

The program and its FMRIB configuration come from PyPI (`fmrib-unpack`; the package `funpack` is another thing). What it
writes is read by every other step; its categories are handed on as a table of phenotypes and categories.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from nipype.interfaces.base import isdefined

from nipype_qsm.errors import QSMError, RunError, ToolMissing
from nipype_qsm.interfaces.base import TraitedSpec, traits
from nipype_qsm.interfaces.cohort.base import Cohort, CohortInputSpec, table, tables, written
from nipype_qsm.tables import column_names, read_frame

REMEDY = "Install it, in an environment of its own if you like: pip install fmrib-unpack, and put it on the PATH."


class FmribUnpackInputSpec(CohortInputSpec):
    """What is parsed."""

    raw = tables("UK Biobank's tables, CSV or TSV", mandatory=True)
    config = traits.Str("fmrib_standard", usedefault=True, desc="FUNPACK configuration; empty for none")
    categories = traits.List(
        traits.Str, usedefault=True, desc="keep these categories only: names or numbers of FUNPACK"
    )
    variables = traits.List(traits.Str, usedefault=True, desc="keep these fields only")
    category_file = table("FUNPACK's table of categories; its own if left out")
    extra = traits.List(traits.Str, usedefault=True, desc="further arguments of fmrib_unpack")


class FmribUnpackOutputSpec(TraitedSpec):
    """Cleaned phenotypes."""

    phenotypes = table("a column of ids, and one a phenotype")
    phenotype_categories = table("columns phenotype and category")
    descriptions = table("what each column is, as FUNPACK says")


class FmribUnpack(Cohort):
    """Parse and clean UK Biobank's phenotypes with FUNPACK."""

    input_spec, output_spec = FmribUnpackInputSpec, FmribUnpackOutputSpec
    program = "fmrib_unpack"

    def __init__(self, **inputs: Any) -> None:
        if shutil.which(self.program) is None:
            raise ToolMissing("The program fmrib_unpack is not on the PATH.", remedy=REMEDY)
        super().__init__(**inputs)

    def command(self, folder: Path) -> list[str]:
        """Return the command line, writing into a folder.

        Parameters
        ----------
        folder : path
        """
        inputs = self.inputs
        line = [self.program, "-q", "-ow", "-nj", str(inputs.num_threads)]
        line += ["-cfg", inputs.config] if inputs.config else []
        for flag, values in (("-c", inputs.categories), ("-v", inputs.variables)):
            line += [part for value in values for part in (flag, value)]
        line += ["-cf", inputs.category_file] if isdefined(inputs.category_file) else []
        line += ["-esn", "-def", str(folder / "descriptions.tsv"), *inputs.extra]
        return [*line, str(folder / "phenotypes.tsv"), *inputs.raw]

    def _tables(self, folder: Path) -> dict[str, Any]:
        done = subprocess.run(self.command(folder), cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            told = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
            raise RunError(
                f"fmrib_unpack ended with status {done.returncode}: {told[-1] if told else 'it said nothing'}",
                remedy="Run the same command in a terminal to see all it says: " + " ".join(self.command(folder)),
            )
        made = {"phenotypes": str(folder / "phenotypes.tsv")}
        if (folder / "descriptions.tsv").is_file():
            made["descriptions"] = str(folder / "descriptions.tsv")
        source = self.inputs.category_file if isdefined(self.inputs.category_file) else own_categories(self.program)
        if source is not None:
            names = column_names(made["phenotypes"])[1:]
            made["phenotype_categories"] = written(categorised(names, source), folder, "categories.tsv")
        return made


def own_categories(program: str) -> Path | None:
    """Find the table of categories that came with the program.

    Parameters
    ----------
    program : str
    """
    found = shutil.which(program)
    home = Path(found).resolve().parent.parent if found else Path("nowhere")
    return next(iter(home.glob("lib/python3*/site-packages/funpack/configs/fmrib/categories.tsv")), None)


def categorised(names: list[str], source: str | Path) -> Any:
    """Return the category of each phenotype.

    Parameters
    ----------
    names : list of str
        Columns as FUNPACK writes them; the first number is the field.
    source : path
        Columns Category and Variables; Variables are fields and ranges first:last, separated by commas.
    """
    import pandas as pd

    frame = read_frame(source)
    if not {"Category", "Variables"} <= set(frame.columns):
        raise QSMError(f"{source} is no table of FUNPACK's categories.", remedy="It has Category and Variables.")
    ranges = [
        (int(first), int(last or first), str(category))
        for category, variables in zip(frame["Category"], frame["Variables"].astype(str), strict=True)
        for first, last in re.findall(r"(\d+)(?::(\d+))?", variables)
    ]
    rows = []
    for name in names:
        number = re.search(r"\d+", str(name))
        inside = [c for first, last, c in ranges if number and first <= int(number[0]) <= last]
        rows.append({"phenotype": name, "category": inside[0] if inside else "no category"})
    return pd.DataFrame(rows, columns=["phenotype", "category"])
