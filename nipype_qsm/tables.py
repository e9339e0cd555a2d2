"""Small tables as tab-separated text: a heading, a row a line, NaN where there is no number."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from nipype_qsm.errors import ImageError, QSMError
from nipype_qsm.io import atomically

Row = dict[str, object]


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


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else f"{value:.7g}"
    return " ".join(str(value).split())


def _value(cell: str) -> object:
    text = cell.strip()
    if text.lower() in ("nan", "n/a", "na"):
        return math.nan
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
