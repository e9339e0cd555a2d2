"""How far a batch is: a line on the terminal, and a page that reloads itself."""

from __future__ import annotations

import html
import sys
import time
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Any

from nipype_qsm.batch import Batch
from nipype_qsm.io import write_text

STATES = ("done", "running", "failed", "waiting")
LISTED = 500
"""Rows of the page at most: a browser takes a cohort's hundred thousand badly."""


class Overview:
    """What is known of every task, read again only where it changed.

    Parameters
    ----------
    batch : Batch
    complete : names
        Tasks that were complete before.
    quiet : bool
    """

    def __init__(self, batch: Batch, complete: Collection[str] = (), *, quiet: bool = False) -> None:
        self.batch, self.quiet = batch, quiet
        self.began = time.time()
        self._before = len(complete)
        self._known: dict[str, dict[str, Any]] = {}
        self._final = set(complete)
        self._told, self._next = "", 0.0

    def known(self) -> dict[str, dict[str, Any]]:
        """Return the state of every task by name."""
        for task in self.batch.tasks:
            if task.name not in self._final or task.name not in self._known:
                state = self._known[task.name] = self.batch.state(task)
                if state["state"] in ("done", "failed"):
                    self._final.add(task.name)
        return self._known

    def line(self) -> str:
        """Return the counts and, once a task is done, when the rest will be."""
        return self._line(_counts(self.known()))

    def _line(self, counts: dict[str, int]) -> str:
        text = ", ".join(f"{counts[state]} {state}" for state in STATES)
        fresh = counts["done"] + counts["failed"] - self._before
        left = counts["running"] + counts["waiting"]
        if fresh > 0 and left:
            end = time.time() + (time.time() - self.began) / fresh * left
            text += f"; the end is expected at {time.strftime('%Y-%m-%d %H:%M', time.localtime(end))}"
        return text

    def __call__(self) -> None:
        """Show the state if it changed; looking takes a twentieth of the time at most."""
        began = time.monotonic()
        if began < self._next:
            return
        known = self.known()
        line = self._line(_counts(known))
        if line != self._told:
            self._told = line
            self._drawn(known)
            if not self.quiet:
                sys.stderr.write(f"{line}\n")
        self._next = time.monotonic() + max(1.0, 20 * (time.monotonic() - began))

    def draw(self) -> Path:
        """Write the page; it reloads itself as long as there is something to come."""
        return self._drawn(self.known())

    def _drawn(self, known: dict[str, dict[str, Any]]) -> Path:
        counts = _counts(known)
        line = self._line(counts)
        order = ("failed", "running", "done", "waiting")
        sequence = sorted(known, key=lambda name: (order.index(known[name]["state"]), -known[name].get("began", 0)))
        rows = [_row(name, known[name]) for name in sequence[:LISTED]]
        if len(sequence) > LISTED:
            rows.append(f'<tr><td colspan="6">and {len(sequence) - LISTED} more</td></tr>')
        total = max(1, len(known))
        parts = "".join(f'<i class="{s}" style="width:{100 * n / total:.2f}%"></i>' for s, n in counts.items() if n)
        going_on = counts["running"] + counts["waiting"] > 0
        reload = '<meta http-equiv="refresh" content="10">' if going_on else ""
        path = self.batch.folder / "overview.html"
        return write_text(PAGE.format(line=html.escape(line), rows="\n".join(rows), bar=parts, reload=reload), path)


def _counts(known: dict[str, dict[str, Any]]) -> dict[str, int]:
    """Return how many tasks are in each state."""
    return dict.fromkeys(STATES, 0) | Counter(task["state"] for task in known.values())


def _row(name: str, known: dict[str, Any]) -> str:
    seconds, memory = (_number(known.get(key), digits) for key, digits in (("seconds", 0), ("peak_gb", 2)))
    cells = (name, known["state"], seconds, memory, f"{known.get('cause', '')} {known.get('cure', '')}".strip())
    told = "".join(f"<td>{html.escape(str(each))}</td>" for each in cells)
    log = f'<a href="logs/{html.escape(name)}.log">log</a>' if known["state"] != "waiting" else ""
    return f'<tr class="{known["state"]}">{told}<td>{log}</td></tr>'


def _number(value: object, digits: int) -> str:
    return f"{value:.{digits}f}" if isinstance(value, (int, float)) else ""


PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">{reload}
<meta name="viewport" content="width=device-width, initial-scale=1"><title>nipype-qsm batch: {line}</title>
<style>
:root {{ color-scheme: light dark; --bad: light-dark(#b00020, #ff8a80); --now: light-dark(#0b57d0, #8ab4f8);
  --good: light-dark(#1f6f8b, #6fb6cf); --line: light-dark(#ddd, #444) }}
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem;
  color: light-dark(#222, #ddd); background: light-dark(#fff, #181818) }}
.bar {{ display: flex; height: .6rem; border-radius: .3rem; overflow: hidden; background: var(--line) }}
i.done {{ background: var(--good) }} i.running {{ background: var(--now) }} i.failed {{ background: var(--bad) }}
table {{ border-collapse: collapse; width: 100%; margin-top: 1.2rem }}
th, td {{ text-align: left; padding: .25rem .6rem; vertical-align: top; border-bottom: 1px solid var(--line) }}
td {{ overflow-wrap: break-word }}
.wide {{ overflow-x: auto }}
td:nth-child(5) {{ min-width: 14em }}
td:first-child, td:nth-child(2), td:last-child {{ white-space: nowrap; overflow-wrap: normal }}
th:nth-child(3), th:nth-child(4), td:nth-child(3), td:nth-child(4) {{
  text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }}
.failed td:nth-child(2) {{ color: var(--bad); font-weight: 600 }}
.running td:nth-child(2) {{ color: var(--now) }}
</style></head><body>
<h1>Batch</h1><p>{line}</p><div class="bar" role="img" aria-label="{line}">{bar}</div>
<div class="wide"><table><thead><tr>
<th>subject</th><th>state</th><th>seconds</th><th>peak [GB]</th><th>cause and cure</th><th></th></tr>
</thead><tbody>
{rows}
</tbody></table></div></body></html>
"""
