"""Tables of what `python -m benchmarks.accuracy --write` measured.

The figures stand in docs/measured.json, with the version of the algorithm that they are of: a table says where a method
has changed since.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parents[1]
FILE = HERE / "measured.json"
COSTS = {"cpu": "CPU s", "memory": "MB"}
Table = tuple[tuple[str, ...], list[tuple[str, ...]]]


def written() -> dict[str, Any]:
    """Return all that was measured."""
    return json.loads(FILE.read_text())


def table(room: str, head: str, measured: dict[str, Any]) -> Table:
    """Return the titles and rows of a room's methods on a head; no rows where none was measured."""
    from nipype_qsm.interfaces.rooms import room as methods_of

    titles = {**measured["rooms"].get(room, {"columns": {}})["columns"], **COSTS}
    rows = {row["method"]: row for row in measured["rows"] if (row["room"], row["head"]) == (room, head)}
    own = methods_of(room)
    names = [name for name in own if name in rows] + [name for name in rows if name not in own]
    cells = [
        (named(rows[name], own.get(name)), *(shown(rows[name].get(column)) for column in titles)) for name in names
    ]
    return ("method", *titles.values()), cells


def named(row: dict[str, Any], interface: Any) -> str:
    """Return a method's name; where its algorithm has changed since it was measured, with that; a peer's version."""
    if interface is None:
        return f"{row['method']} {row['algorithm']}"
    version = interface.input_spec().algorithm
    return f"`{row['method']}`" + (f" (before version {version})" if row["algorithm"] != version else "")


def shown(value: float | None) -> str:
    """Return a figure with three digits, and no more places than the eye can use."""
    if value is None:
        return ""
    return (
        f"{value:.0f}" if abs(value) >= 100 else f"{value:#.3g}".rstrip(".") if abs(value) >= 0.01 else f"{value:.4f}"
    )


def about(room: str, measured: dict[str, Any]) -> str:
    """Return the sentences around a room's table: what was given, and what has no figures."""
    from nipype_qsm.interfaces.rooms import room as methods_of

    reasons = measured["unmeasured"]
    if room in reasons:
        return f"Not measured here: {reasons[room]}.\n"
    missing = [f"`{name}`: {reason}" for name in methods_of(room) if (reason := reasons.get(f"{room}/{name}"))]
    return f"Given: {measured['rooms'][room]['given']}.\n" + (f"Without: {'; '.join(missing)}.\n" if missing else "")
