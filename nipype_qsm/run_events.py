"""The events of a run, one JSON a line, and what they say of each step.

`begin` names the steps and how often each runs; `start`, `end`, `cached` and `exception` are of one step (and one of
its repetitions, or parts of a MapNode); `close` says that the run is over. A file without `close` is of a run that was
killed: its steps are as they were then.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nipype_qsm.errors import QSMError


@dataclass
class Step:
    """One box of the graph."""

    expected: int = 1
    runs: dict[str, str] = field(default_factory=dict)
    """State of each repetition: `running`, `done`, `cached`, `failed`."""
    parts: dict[str, str] = field(default_factory=dict)
    began: dict[str, float] = field(default_factory=dict)
    seconds: float | None = None
    gb: float | None = None
    error: str = ""

    def state(self, live: bool) -> str:
        """Return the state of all repetitions together."""
        states = [*self.runs.values(), *self.parts.values()]
        for name in ("failed", "running"):
            if name in states and (live or name == "failed"):
                return name
        ended = [state for state in self.runs.values() if state in ("done", "cached")]
        if len(ended) >= self.expected:
            return "cached" if set(ended) == {"cached"} else "done"
        if live:
            return "running" if ended or self.parts else "waiting"
        return "skipped"

    def told(self, live: bool) -> dict[str, Any]:
        """Return what the page shows."""
        state = self.state(live)
        found: dict[str, Any] = {"state": state}
        counted = self.parts or (self.runs if self.expected > 1 else {})
        if counted:
            found["parts"] = max(len(counted), 0 if self.parts else self.expected)
            found["done"] = sum(one in ("done", "cached") for one in counted.values())
            found["failed"] = sum(one == "failed" for one in counted.values())
        if self.seconds is not None:
            found["seconds"] = round(self.seconds, 2)
        if self.gb:
            found["gb"] = round(self.gb, 3)
        if self.error:
            found["error"] = self.error
        if state == "running" and self.began:
            found["since"] = round(min(self.began.values()), 2)
        return found


class Run:
    """A run as far as it is known, made of its events."""

    def __init__(self) -> None:
        self.steps: dict[str, Step] = {}
        self.began = self.updated = 0.0
        self.live = False
        self.problem = ""

    def add(self, event: dict[str, Any]) -> None:
        """Take in one event."""
        self.updated = event["t"]
        if event["event"] == "begin":
            self.__init__()  # type: ignore[misc]
            self.steps = {path: Step(expected) for path, expected in event["steps"].items()}
            self.began = self.updated = event["t"]
            self.live = True
        elif event["event"] == "close":
            self.live = False
            self.problem = event.get("problem", "")
            failed = [step for step in self.steps.values() if step.state(False) == "failed"]
            if len(failed) == 1:
                failed[0].error = failed[0].error or self.problem
        elif event["step"] in self.steps:
            self._take(self.steps[event["step"]], event)

    def _take(self, step: Step, event: dict[str, Any]) -> None:
        kind, which = event["event"], event.get("which", "")
        states = step.parts if event.get("part") else step.runs
        if kind == "start":
            states[which] = "running"
            step.began.setdefault(which, event["t"])
            return
        if states.get(which) == "failed":
            return  # MultiProc says of a node that failed in the main process that it ended, too
        states[which] = {"exception": "failed", "cached": "cached"}.get(kind, "done")
        began = step.began.pop(which, None)
        if event.get("part"):
            return
        seconds = event.get("seconds", event["t"] - began if began is not None else None)
        if seconds is not None:
            step.seconds = (step.seconds or 0.0) + seconds
        step.gb = max(step.gb or 0.0, event.get("gb") or 0.0) or None
        step.error = event.get("error", "") or step.error

    def told(self) -> dict[str, Any]:
        """Return what the page shows."""
        return {
            "live": self.live,
            "began": round(self.began, 2),
            "updated": round(self.updated, 2),
            "problem": self.problem,
            "steps": {path: step.told(self.live) for path, step in self.steps.items()},
        }


def read_run(path: str | os.PathLike) -> dict[str, Any]:
    """Return the state of the last run in a file of events, as the page shows it.

    Parameters
    ----------
    path : path

    Raises
    ------
    QSMError
        If the file holds no run.
    """
    run = Run()
    for event in _events(Path(path)):
        run.add(event)
    if not run.began:
        raise QSMError(f"{path} holds no run.", remedy="Give the file of events that a Recorder wrote (graph.jsonl).")
    run.live = False
    return run.told()


def _events(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            yield json.loads(line)
        except ValueError:  # the last line of a run that was killed while it wrote
            continue
