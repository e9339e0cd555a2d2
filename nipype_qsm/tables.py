"""Tables: small ones as rows of tab-separated text, those of a cohort as data frames by subject.

A subject is known by its id alone, never by its place in a file. Ids are text, so that 1000010 and 1000010.0 are one.
"""

from __future__ import annotations

import math
import os
import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nipype_qsm.errors import ImageError, QSMError, ToolMissing
from nipype_qsm.io import atomically

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, object]

ID_COLUMNS = ("eid", "IID", "id", "subject", "participant_id")
"""Where the subject is looked for when nobody says."""

VISIT_COLUMNS = ("visit", "session", "instance")
"""Columns that tell the visits of one subject apart."""


def write_rows(rows: Sequence[Mapping[str, object]], path: str | os.PathLike, columns: Sequence[str]) -> Path:
    """Write a table atomically; floats keep seven digits.

    Parameters
    ----------
    rows : sequence of mappings
    path : path
    columns : sequence of str
        In this order; a row without one has an empty cell.
    """
    lines = ["\t".join(columns)]
    lines += ["\t".join(_cell(row.get(column, "")) for column in columns) for row in rows]
    with atomically(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Path(path)


def read_rows(path: str | os.PathLike, needed: Sequence[str] = ()) -> list[Row]:
    """Read a table; cells that are numbers become numbers.

    Parameters
    ----------
    path : path
        Tab-separated with a heading; comma-separated where the name ends in `.csv`.
    needed : sequence of str
        Columns that must be there.
    """
    if not Path(path).is_file():
        raise ImageError(f"{path} does not exist.", remedy="Check the path.")
    separator = "," if str(path).endswith(".csv") else "\t"
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise QSMError(f"{path} is not a text table.", remedy="Save it as UTF-8, tab-separated.") from None
    head = lines[0].split(separator) if lines else []
    missing = [column for column in needed if column not in head]
    if missing:
        raise QSMError(
            f"{path} has no column {', '.join(missing)}; it has {', '.join(head) or 'none'}.",
            remedy=f"Give a table with the columns {', '.join(needed)}.",
        )
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        cells = line.split(separator)
        if not line.strip():
            continue
        if len(cells) != len(head):
            raise QSMError(
                f"Line {number} of {path} has {len(cells)} cells, its heading {len(head)}.", remedy="Repair that line."
            )
        rows.append({column: _value(cell) for column, cell in zip(head, cells, strict=True)})
    return rows


def read_table(
    path: str | os.PathLike,
    id_column: str | None = None,
    *,
    text: Literal["refuse", "keep"] = "refuse",
    visit: str | None = None,
    columns: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Read a table of subjects: numbers, in a data frame indexed by id.

    Parameters
    ----------
    path : path
        `.parquet`, or text with a heading, separated by tabs, commas or blanks; text may be compressed.
    id_column : str, optional
        By default the first of `ID_COLUMNS` that is there, else the first column.
    text : str
        What to do with a column that holds text: `refuse` it, or `keep` it as it is.
    visit : str, optional
        Keep the rows of this visit, where there is a column for visits; a subject may stand in one row only.
    columns : sequence of str, optional
        Read these only (and what tells subjects and visits); from parquet the others are not touched.
    """
    if columns is not None:
        names = column_names(path)
        needed = {*columns, id_column_of(names, id_column), *VISIT_COLUMNS}
        columns = [name for name in names if name in needed]
    frame = read_frame(path, columns, as_text=id_column)
    frame = _by_id(frame, path, id_column)
    column = next((name for name in VISIT_COLUMNS if name in frame), None)
    if visit is not None and column is not None:
        frame = frame[frame[column].map(plain_id) == plain_id(visit)]
        if frame.empty:
            raise QSMError(f"{path} has no row of visit {visit}.", remedy=f"Look at its column {column}.")
    _require_unique(frame, path, column)
    frame = frame.drop(columns=[column] if column else [])
    return _numbers(frame, path, text)


def id_column_of(names: Sequence[str], id_column: str | None = None) -> str:
    """Return the column that holds the ids: the one that somebody says, else one of `ID_COLUMNS`, else the first."""
    return id_column or next((name for name in ID_COLUMNS if name in names), str(names[0]))


def column_names(path: str | os.PathLike) -> list[str]:
    """Return the names of a table's columns."""
    if str(path).endswith(".parquet") and Path(path).is_file():
        _require_parquet(path)
        from pyarrow import ArrowInvalid, parquet

        try:
            return list(parquet.read_schema(path).names)
        except (ArrowInvalid, OSError) as error:
            raise _unreadable(path, error) from None
    return list(read_frame(path, n_rows=1).columns)


def read_frame(
    path: str | os.PathLike,
    columns: Sequence[str] | None = None,
    *,
    n_rows: int | None = None,
    as_text: str | None = None,
) -> pd.DataFrame:
    """Read a table as it is; the first column, those of ids, and `as_text` stay as they are written: 007 is not 7.

    Parameters
    ----------
    path : path
    columns : sequence of str, optional
    n_rows : int, optional
        Read so many rows of text only.
    as_text : str, optional
    """
    import pandas as pd

    if not Path(path).is_file():
        raise ImageError(f"{path} does not exist.", remedy="Check the path.")
    try:
        if str(path).endswith(".parquet"):
            _require_parquet(path)
            return pd.read_parquet(path, columns=columns)
        head = pd.read_csv(path, header=None, nrows=1, sep="\x00", dtype=str, engine="python", encoding="utf-8-sig")
        line = str(head.iloc[0, 0])
        separator = next((one for one in ("\t", ",") if one in line), r"\s+")
        names = [name.strip().strip('"') for name in re.split(separator, line)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise QSMError(f"{path} has two columns named {twice[0]}.", remedy="Rename or drop one of them.")
        verbatim = dict.fromkeys({names[0], *ID_COLUMNS, as_text or ""} & set(names), str)
        options = {"sep": separator, "low_memory": False, "encoding": "utf-8-sig", "index_col": False}
        return pd.read_csv(path, usecols=columns, nrows=n_rows, dtype=verbatim, **options)
    except QSMError:
        raise
    except Exception as error:
        raise _unreadable(path, error) from None


def _unreadable(path: str | os.PathLike, error: Exception) -> QSMError:
    told = str(error).splitlines()[0] if str(error) else type(error).__name__
    return QSMError(f"{path} cannot be read as a table ({told}).", remedy="Save it as TSV, CSV (UTF-8) or parquet.")


def write_table(frame: pd.DataFrame, path: str | os.PathLike) -> Path:
    """Write a data frame atomically as its name says (`.tsv`, `.csv`, `.parquet`), a named index as first column."""
    named = frame.index.name is not None
    with atomically(path) as temporary:
        if str(path).endswith(".parquet"):
            _require_parquet(path)
            frame.reset_index(drop=not named).to_parquet(temporary, index=False, compression="zstd")
        else:
            separator = "," if str(path).endswith(".csv") else "\t"
            frame.to_csv(temporary, sep=separator, index=named, na_rep="NaN")
    return Path(path)


def plain_id(value: Any) -> str:
    """Return an id as text: 1000010, 1000010.0 and ' 1000010' are one."""
    return re.sub(r"^(-?\d+)\.0$", r"\1", str(value).strip())


def _require_parquet(path: str | os.PathLike) -> None:
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise ToolMissing(
            f"{path} is parquet, which needs pyarrow.", remedy="Install it: pip install 'nipype_qsm[cohort]'."
        ) from None


def _by_id(frame: pd.DataFrame, path: str | os.PathLike, id_column: str | None) -> pd.DataFrame:
    if not len(frame) or not len(frame.columns):
        raise QSMError(f"{path} has no rows.", remedy="Give a table with a heading and a row a subject.")
    column = id_column_of(list(frame.columns), id_column)
    if column not in frame:
        shown = ", ".join(map(str, frame.columns[:8])) + (", ..." if len(frame.columns) > 8 else "")
        raise QSMError(f"{path} has no column {column}; it has {shown}.", remedy="Name the column of the ids (--id).")
    if frame[column].isna().any():
        row = int(frame[column].isna().to_numpy().argmax()) + 2
        raise QSMError(f"Line {row} of {path} has no {column}.", remedy="Fill it in, or drop the line.")
    ids = frame[column].map(plain_id)
    frame = frame.drop(columns=column)
    frame.index = ids
    frame.index.name = column
    return frame


def _require_unique(frame: pd.DataFrame, path: str | os.PathLike, column: str | None) -> None:
    if frame.index.is_unique:
        return
    twice = frame.index[frame.index.duplicated()][0]
    visits = [] if column is None else sorted({plain_id(value) for value in frame[column]})
    if len(visits) > 1:
        raise QSMError(
            f"{path} mixes the visits {', '.join(visits[:6])}: {frame.index.name} {twice} stands in more than one row.",
            remedy=f"Choose one of them (--visit {visits[0]}).",
        )
    raise QSMError(
        f"{frame.index.name} {twice} stands in {int((frame.index == twice).sum())} rows of {path}.",
        remedy="Keep one row a subject; if they are visits, name them in a column 'visit' and choose one.",
    )


def _numbers(frame: pd.DataFrame, path: str | os.PathLike, text: str) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    replaced = {}
    for name in frame.columns[[not pd.api.types.is_numeric_dtype(kind) for kind in frame.dtypes]]:
        numbers = pd.to_numeric(frame[name], errors="coerce")
        bad = numbers.isna() & frame[name].notna()
        if not bad.any():
            replaced[name] = numbers
        elif text == "refuse":
            where = bad.to_numpy().argmax()
            raise QSMError(
                f"Column {name} of {path} holds text: '{frame[name].iloc[where]}' for {frame.index.name} "
                f"{frame.index[where]}{_hint(str(frame[name].iloc[where]))}.",
                remedy="Give numbers (recode categories, dates as years), leave the cell empty, or drop the column.",
            )
    kept = frame.assign(**replaced) if replaced else frame
    numeric = kept.select_dtypes(include=["number", "bool"])
    values = numeric.to_numpy(dtype=np.float64, na_value=np.nan)
    infinite = int(np.isinf(values).sum())
    if infinite:
        warnings.warn(f"{path}: {infinite} infinite values are taken as missing.", stacklevel=3)
        values = np.where(np.isinf(values), np.nan, values)
    made = pd.DataFrame(values, index=kept.index, columns=numeric.columns)
    others = [name for name in kept.columns if name not in numeric.columns]
    return made if not others else pd.concat([made, kept[others]], axis=1)[list(kept.columns)]


def _hint(value: str) -> str:
    if re.fullmatch(r"\d{4}-\d\d?-\d\d?.*|\d\d?[./]\d\d?[./]\d{2,4}", value.strip()):
        return ", which looks like a date"
    if re.fullmatch(r"-?\d+,\d+", value.strip()):
        return ", which looks like a decimal comma"
    return ""


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else f"{value:.7g}"
    return " ".join(str(value).split())


def _value(cell: str) -> object:
    text = cell.strip()
    if text.lower() in ("nan", "n/a", "na"):
        return math.nan
    for kind in (int, float) if "_" not in text else ():  # Python reads 1000010_2, a visit's name, as 10000102
        try:
            return kind(text)
        except ValueError:
            continue
    return text
