"""Tables of traits and covariates, with the id columns that genetics programs write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nipype_qsm.errors import QSMError
from nipype_qsm.tables import read_table


def read_phenotypes(path: str | Path) -> Any:
    """Read a table of numbers indexed by id; a column of families (FID) is left out.

    Parameters
    ----------
    path : path

    Returns
    -------
    table : pandas.DataFrame
    """
    table = read_table(path, None, text="keep")
    table = table.drop(columns=[name for name in table if str(name).lstrip("#").upper() == "FID"])
    if not len(table.columns):
        raise QSMError(f"{path} has no column beside the ids.", remedy="Give a table with one column a trait.")
    words = [str(name) for name in table if table[name].dtype.kind not in "fiub"]
    if words:
        raise QSMError(
            f"{path} has text in {', '.join(words[:3])}.",
            remedy="Code categories as numbers, leave cells without a value empty, or drop the column.",
        )
    return table
