"""What every step on a cohort's tables shares: tables are joined by id, and who is left out is said.

Withdrawn participants and ids that are not positive numbers (UK Biobank's redacted rows) never take part.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from nipype.interfaces.base import InputMultiObject, isdefined

from nipype_qsm.errors import QSMError
from nipype_qsm.genotypes.cohorts import withdrawn
from nipype_qsm.interfaces.base import KernelInputSpec, TableStep, traits
from nipype_qsm.interfaces.ports import File
from nipype_qsm.tables import plain_id, read_table, write_table

if TYPE_CHECKING:
    import pandas as pd


def table(description: str, **metadata: Any) -> traits.TraitType:
    """Declare a port that carries a table: TSV, CSV or parquet."""
    return File(exists=True, table=True, desc=description, **metadata)


def tables(description: str, **metadata: Any) -> traits.TraitType:
    """Declare an input port that carries tables."""
    return InputMultiObject(File(exists=True), table=True, desc=description, **metadata)


class CohortInputSpec(KernelInputSpec):
    """How subjects are told apart."""

    id_column = traits.Str("", usedefault=True, desc="column of the subjects' ids; eid, or the first, if left out")
    visit = traits.Str("", usedefault=True, desc="the visit to take, where tables have a column for visits")
    withdrawn = File(exists=True, table=True, desc="ids of withdrawn participants, one a line")


class Cohort(TableStep):
    """Read tables, call one kernel, write tables."""

    def _read(self, port: str, **options: Any) -> pd.DataFrame | None:
        """Read the table of a port; none where it was not given."""
        path = getattr(self.inputs, port)
        if not isdefined(path):
            return None
        visit = self.inputs.visit or None
        return read_table(path, self.inputs.id_column or None, visit=visit, **options)

    def _options(self, *names: str) -> dict[str, Any]:
        return {name: value for name in names if isdefined(value := getattr(self.inputs, name)) and value is not None}

    def _joined(self, frames: Mapping[str, pd.DataFrame | None]) -> dict[str, pd.DataFrame]:
        withdrawn = self.inputs.withdrawn
        return joined(frames, read_ids(withdrawn) if isdefined(withdrawn) else set())


def joined(frames: Mapping[str, pd.DataFrame | None], withdrawn: set[str]) -> dict[str, pd.DataFrame]:
    """Keep the subjects that all tables have, in the order of the first table; say who is left out.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        Indexed by id; tables that are not there are left out.
    withdrawn : set of str
    """
    present = {name: frame for name, frame in frames.items() if frame is not None}
    kept = {name: frame[allowed(frame.index, withdrawn)] for name, frame in present.items()}
    refused = {name: len(present[name]) - len(kept[name]) for name in present}
    if any(refused.values()):
        told = ", ".join(f"{count} of {name}" for name, count in refused.items() if count)
        warnings.warn(f"Withdrawn participants or ids that are not positive left out: {told}.", stacklevel=2)
    first, *others = kept.values()
    ids = first.index
    for other in others:
        ids = ids[ids.isin(other.index)]
    if not len(ids):
        shown = "; ".join(f"{name}: {', '.join(frame.index[:2])}" for name, frame in kept.items())
        raise QSMError(
            f"No subject is in all tables ({shown}).",
            remedy="Check that the ids are of one kind, and the column of the ids (--id).",
        )
    missing = {name: len(frame) - len(ids) for name, frame in kept.items() if len(frame) > len(ids)}
    if missing:
        told = ", ".join(f"{count} of {name}" for name, count in missing.items())
        warnings.warn(f"{len(ids)} subjects are in all tables; without a partner: {told}.", stacklevel=2)
    return {name: frame.loc[ids] for name, frame in kept.items()}


def allowed(ids: pd.Index, listed: set[str]) -> np.ndarray:
    """Tell which ids take part: not listed as withdrawn, and above zero where they are numbers.

    Parameters
    ----------
    ids : Index
    listed : set of str
    """
    return np.array([one not in listed and not withdrawn(one) for one in ids], bool)


def read_ids(path: str) -> set[str]:
    """Read ids, one a line; a heading does no harm.

    Parameters
    ----------
    path : path
    """
    lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    return {plain_id(line.replace(",", " ").split()[0].strip('"')) for line in lines if line.strip(' ,\t"')}


def replaced(frame: pd.DataFrame, numbers: pd.DataFrame) -> pd.DataFrame:
    """Return a table with its columns of numbers replaced, and those of text as they are.

    Parameters
    ----------
    frame, numbers : DataFrame
    """
    import pandas as pd

    text = [name for name in frame.columns if name not in numbers]
    return numbers if not text else pd.concat([numbers, frame[text]], axis=1)[list(frame.columns)]


def written(frame: pd.DataFrame, folder: Path, name: str) -> str:
    """Write a table into a node's folder: parquet, which keeps numbers as they are.

    Parameters
    ----------
    frame : DataFrame
    folder : path
    name : str
        With its ending.
    """
    return str(write_table(frame, folder / name))
