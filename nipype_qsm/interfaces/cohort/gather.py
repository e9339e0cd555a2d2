"""Phenotypes of many subjects in one table, and who is left out why.

Sources are folders of results (each subject's `idps.tsv` is found wherever it lies) and tables that have a row a
subject already, as UK Biobank's. Who a result belongs to is read from its path (`sub-01/ses-2`, `1000010_20252_2_0`) or
is its folder's name. Exclusions are columns of flags; the flow table counts them in the order of the columns.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from nipype.interfaces.base import isdefined

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.base import TraitedSpec, algorithm, traits
from nipype_qsm.interfaces.cohort.base import Cohort, CohortInputSpec, allowed, read_ids, table, written
from nipype_qsm.kernels.regions.naming import PHENOTYPES
from nipype_qsm.map_files import owner
from nipype_qsm.tables import VISIT_COLUMNS, id_column_of, plain_id, read_frame, read_rows, read_table

if TYPE_CHECKING:
    import pandas as pd

ENDINGS = (".tsv", ".csv", ".parquet", ".txt", ".gz")
INSIDE = "IDP_files"
"""Folder of the tables in a visit of UK Biobank's tree."""
MEANINGS = {"confounds": "gradient_hz_per_mm", "idps": "value"}


class GatherInputSpec(CohortInputSpec):
    """Where results lie, and who is left out."""

    algorithm = algorithm("2")
    sources = traits.List(traits.Str, mandatory=True, desc="folders of results, or tables with a row a subject")
    flags = table("columns of flags: who has a number other than 0 is left out, for the reason of the column's name")


class GatherOutputSpec(TraitedSpec):
    """One table, and how it came about."""

    idps = table("a row a subject and visit, a column a phenotype")
    gradients = table("the field gradient of each phenotype of T2*, where results have it")
    flow = table("subjects scanned, left out for each reason, and analysed")
    dictionary = table("unit, region and meaning of each column")


class Gather(Cohort):
    """Gather the phenotypes of many subjects into one table."""

    input_spec, output_spec = GatherInputSpec, GatherOutputSpec

    def _tables(self, folder: Path) -> dict[str, Any]:
        found = [self._source(Path(source)) for source in self.inputs.sources]
        idps = _stacked([tables["idps"] for tables in found])
        gradients = _stacked([tables["confounds"] for tables in found if "confounds" in tables])
        idps, flow = self._excluded(idps)
        made = {
            "idps": written(idps, folder, "idps.tsv"),
            "flow": written(flow, folder, "flow.tsv"),
            "dictionary": written(dictionary(list(idps.columns)), folder, "dictionary.tsv"),
        }
        if gradients is not None:
            kept = gradients[gradients.index.isin(idps.index)]
            made["gradients"] = written(kept, folder, "gradients.tsv")
        return made

    def _source(self, source: Path) -> dict[str, pd.DataFrame]:
        if source.is_dir():
            return results_below(source)
        if not source.name.endswith(ENDINGS):
            raise QSMError(f"{source} is neither a folder nor a table.", remedy="Give folders, TSV, CSV or parquet.")
        frame = read_frame(source)
        column = id_column_of(list(frame.columns), self.inputs.id_column or None)
        visits = next((name for name in VISIT_COLUMNS if name in frame), None)
        if visits is None:
            return {"idps": read_table(source, column)}
        several = sorted({plain_id(visit) for visit in frame[visits]})
        parts = [read_table(source, column, visit=visit).assign(visit=visit) for visit in several]
        return {"idps": _visit_first(_concatenated(parts))}

    def _excluded(self, idps: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        import pandas as pd

        ids = idps.index
        redacted = ~allowed(ids, set())
        faults = [("id is not positive", redacted)] if redacted.any() else []
        if isdefined(self.inputs.withdrawn):
            faults.append(("withdrawn", ids.isin(read_ids(self.inputs.withdrawn))))
        if isdefined(self.inputs.flags):
            flags = read_table(self.inputs.flags, self.inputs.id_column or None)
            faults += [(str(name), ids.isin(flags.index[flags[name].fillna(0) != 0])) for name in flags.columns]
        faults.append(("no phenotype", idps.drop(columns="visit", errors="ignore").isna().all(axis=1).to_numpy()))
        steps, left = [("scanned", len(ids))], np.ones(len(ids), bool)
        for reason, bad in faults:
            steps.append((reason, int((left & bad).sum())))
            left &= ~bad
        steps.append(("analysed", int(left.sum())))
        return idps[left], pd.DataFrame(steps, columns=["step", "n"])


def results_below(folder: Path) -> dict[str, pd.DataFrame]:
    """Read every `idps.tsv` and `confounds.tsv` below a folder.

    Parameters
    ----------
    folder : path
    """
    made: dict[str, pd.DataFrame] = {}
    for kind in ("idps", "confounds"):
        rows: dict[tuple[str, str], dict[str, float]] = {}
        paths = {}
        for path in sorted(folder.rglob(f"*{kind}.tsv")):
            found = read_rows(path)
            if not found or not {"name", MEANINGS[kind]} <= set(found[0]):
                continue
            who = whose(path, folder)
            if who in rows:
                raise QSMError(
                    f"{path} and {paths[who]} are both of subject {who[0]}{', visit ' + who[1] if who[1] else ''}.",
                    remedy="Give one of the two folders.",
                )
            rows[who], paths[who] = {str(row["name"]): _number(row[MEANINGS[kind]]) for row in found}, path
        if rows:
            made[kind] = _wide(rows)
    if "idps" not in made:
        raise QSMError(f"No idps.tsv lies below {folder}.", remedy="Give a folder of results, or a table.")
    return made


def whose(path: Path, top: Path) -> tuple[str, str]:
    """Return the subject and the visit that a result belongs to, from its path.

    Parameters
    ----------
    path : path
    top : path
        The folder that was given.
    """
    own = owner(path, top)
    if own is not None:
        return own
    folder = path.absolute().parent
    return folder.parent.name if folder.name == INSIDE else folder.name, ""


def dictionary(columns: list[str]) -> pd.DataFrame:
    """Return unit, region and meaning of each column, as far as the vocabulary knows them.

    Parameters
    ----------
    columns : list of str
    """
    import pandas as pd

    known = {one.name: one for one in PHENOTYPES}
    rows = [
        {
            "name": name,
            "unit": known[name].unit if name in known else "",
            "quantity": known[name].quantity if name in known else "",
            "region": known[name].region if name in known else "",
            "statistic": known[name].statistic if name in known else "",
            "ukb_field": known[name].ukb_field if name in known else "",
        }
        for name in columns
        if name != "visit"
    ]
    return pd.DataFrame(rows, columns=["name", "unit", "quantity", "region", "statistic", "ukb_field"])


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else math.nan


def _wide(rows: dict[tuple[str, str], dict[str, float]]) -> pd.DataFrame:
    import pandas as pd

    frame = pd.DataFrame(list(rows.values()), index=pd.Index([who for who, _ in rows], name="eid"))
    if any(visit for _, visit in rows):
        frame = frame.assign(visit=[visit for _, visit in rows])
    return _visit_first(frame)


def _visit_first(frame: pd.DataFrame) -> pd.DataFrame:
    if "visit" not in frame:
        return frame
    return frame[["visit", *[name for name in frame.columns if name != "visit"]]]


def _concatenated(parts: list[pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    return pd.concat(parts)


def _stacked(parts: list[pd.DataFrame]) -> pd.DataFrame | None:
    """Put tables together: the same phenotypes below each other, others beside."""
    if not parts:
        return None
    stacked = parts[0]
    for part in parts[1:]:
        keys = ["visit"] if "visit" in stacked and "visit" in part else []
        shared = [name for name in part.columns if name in stacked and name not in keys]
        apart = not set(_keys(stacked, keys)) & set(_keys(part, keys))
        if apart:
            stacked = _visit_first(_concatenated([stacked, part.rename_axis(stacked.index.name)]))
        elif shared:
            raise QSMError(
                f"Two sources have the column {shared[0]} for the same subjects.", remedy="Drop it from one of them."
            )
        else:
            left, right = (one.reset_index(names="eid") for one in (stacked, part))
            stacked = left.merge(right, on=["eid", *keys], how="outer").set_index("eid")
    twice = _duplicated(stacked)
    if twice:
        raise QSMError(f"Subject {twice[0]} stands in two sources.", remedy="Give each subject and visit once.")
    return stacked


def _keys(frame: pd.DataFrame, keys: list[str]) -> list[Any]:
    return list(zip(frame.index, *[frame[key] for key in keys], strict=True))


def _duplicated(frame: pd.DataFrame) -> list[str]:
    keys = _keys(frame, ["visit"] if "visit" in frame else [])
    seen: set[Any] = set()
    return [key[0] for key in keys if key in seen or seen.add(key)]
