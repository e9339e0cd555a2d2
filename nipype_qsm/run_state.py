"""What became of each step of a run, from what Nipype tells while it runs; under every plugin that calls back.

A `Recorder` is a `status_callback`. It appends each event to a file, one JSON a line, so that a run that is killed
leaves everything up to then, and it writes the graph's page anew with every event, so that an open page follows the
run. Steps are those of the graph as it was built: the parts of a MapNode and the repetitions of iterables are counted
within their step.

What Nipype tells differs: MultiProc says nothing of a cached node but its end; Linear says that a node begins even if
it is cached, and that nodes after a failed one ended. So a step counts as cached if its result is older than the run,
and an end without a beginning counts for nothing if the step's source failed.
"""

from __future__ import annotations

import contextlib
import copy
import json
import os
import time
import warnings
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from nipype.pipeline import engine as pe

from nipype_qsm.diagram.model import read
from nipype_qsm.diagram.page import RUN, as_json, frame
from nipype_qsm.run_events import Run

PAUSE = 0.5
"""Seconds between two pages while only parts of a MapNode begin and end."""


class Recorder:
    """Record a run and show it on the graph's page.

    Use it as a context, and hand it to the plugin:

        with Recorder(workflow, "graph.html") as recorder:
            workflow.run(plugin="MultiProc", plugin_args={"status_callback": recorder})

    Parameters
    ----------
    workflow : nipype.Workflow
        Before it runs.
    page : path
        The page; it reloads itself while the run goes on.
    events : path, optional
        Where events are appended (default: beside the page, `<page>.jsonl`); several runs may follow each other.
    doc : str
        A sentence about the whole.
    """

    def __init__(
        self, workflow: pe.Workflow, page: str | os.PathLike, *, events: str | os.PathLike | None = None, doc: str = ""
    ) -> None:
        self.page = Path(page)
        self.events = Path(events) if events is not None else self.page.with_suffix(".jsonl")
        self._name = workflow.name
        graph = read(workflow)
        self._before, _, self._after = frame(graph, doc).partition(RUN)
        self._sources: dict[str, set[str]] = {}
        for flow in graph.flows:
            for path, _, _ in flow.targets:
                self._sources.setdefault(path, set()).add(flow.source)
        self._working = {path for path, box in graph.boxes().items() if box.facts.runs}
        self._expected = _repetitions(workflow, self._working)
        self._run = Run()
        self._written = 0.0
        self._warned = False

    def __enter__(self) -> Recorder:
        for path in (self.events, self.page):
            path.parent.mkdir(parents=True, exist_ok=True)
        self._note({"event": "begin", "steps": {path: self._expected.get(path, 1) for path in sorted(self._working)}})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        told = (error.__cause__ or error) if error is not None else ""  # "2 raised": the first of them says more
        lines = str(told).strip().splitlines()
        self.close(problem=lines[-1] if lines else kind.__name__ if kind else "")

    def __call__(self, node: Any, status: str) -> None:
        """Receive `start`, `end` or `exception` from a Nipype plugin."""
        if not self._run.live:
            self.__enter__()
        step, part = self._step(node)
        if step is None:
            return
        which = str(node.output_dir()) if part else str(getattr(node, "itername", node.fullname))
        event: dict[str, Any] = {"event": status, "step": step, "which": which, **({"part": True} if part else {})}
        if status == "end":
            known = which in self._run.steps[step].began
            if not known and self._after_a_failure(step):
                return
            event |= _outcome(node)
            ended = event.pop("ended", None)
            if (ended is None and not known) or (ended is not None and ended < self._run.began):
                event["event"] = "cached"
        self._note(event)

    def __deepcopy__(self, memo: dict[int, Any]) -> Recorder:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        # Nipype pickles a run's settings with some nodes, and this with them; nothing calls it where they are read.
        return _unheard, ()

    def close(self, problem: str = "") -> None:
        """Say that the run is over, and what went wrong if something did."""
        if self._run.live:
            self._note({"event": "close", **({"problem": problem} if problem else {})})

    def _step(self, node: Any) -> tuple[str | None, bool]:
        """Return the path of a node's box, and whether the node is a part of a MapNode."""
        path = str(node.fullname).removeprefix(f"{self._name}.")
        if path in self._working:
            return path, False
        with contextlib.suppress(Exception):  # a node without a folder is none of ours
            folders = Path(node.output_dir()).parts
            if "mapflow" in folders:
                above = [folder for folder in folders[: folders.index("mapflow")] if not folder.startswith("_")]
                for path in sorted(self._working, key=len, reverse=True):
                    names = path.split(".")
                    if above[-len(names) :] == names:
                        return path, True
        return None, False

    def _after_a_failure(self, step: str) -> bool:
        seen, waiting = set(), [step]
        while waiting:
            for source in self._sources.get(waiting.pop(), ()):
                if source not in seen:
                    seen.add(source)
                    waiting.append(source)
        return any("failed" in self._run.steps[path].runs.values() for path in seen if path in self._run.steps)

    def _note(self, event: dict[str, Any]) -> None:
        event = {"t": round(time.time(), 3), **event}
        self._run.add(event)
        try:
            with self.events.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(event, separators=(",", ":")) + "\n")
            if not event.get("part") or time.monotonic() - self._written > PAUSE:
                self._write()
        except OSError as error:  # a full disk must not end the run that it shows
            if not self._warned:
                warnings.warn(f"The graph of the run is not written any more: {error}", stacklevel=2)
            self._warned = True

    def _write(self) -> None:
        told = as_json(self._run.told())
        temporary = self.page.with_name(f".{self.page.name}-{os.getpid()}")
        temporary.write_text(f'{self._before}"run":{told}{self._after}', encoding="utf-8")
        temporary.replace(self.page)
        self._written = time.monotonic()


def _unheard() -> Callable[[Any, str], None]:
    return _hear_nothing


def _hear_nothing(node: Any, status: str) -> None:
    """Stand in for a recorder in another process."""


def _outcome(node: Any) -> dict[str, Any]:
    """Return what a node's result tells: seconds, peak memory, when it ended."""
    try:
        runtime = node.result.runtime
    except Exception:  # a result that cannot be read is no reason to stop a run
        return {}
    several = [one for one in (runtime if isinstance(runtime, list) else [runtime]) if one is not None]
    found: dict[str, Any] = {}
    seconds = [one.duration for one in several if getattr(one, "duration", None) is not None]
    if seconds:
        found["seconds"] = round(sum(seconds), 3)
    memory = [getattr(one, "peak_gb", None) or getattr(one, "mem_peak_gb", None) or 0 for one in several]
    if any(memory):
        found["gb"] = round(max(memory), 3)
    ended = [_seconds(one.endTime) for one in several if getattr(one, "endTime", None)]
    return {**found, **({"ended": max(ended)} if ended else {})}


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def _repetitions(workflow: pe.Workflow, working: set[str]) -> dict[str, int]:
    """Return how often each step runs, where iterables repeat it."""
    from nipype.pipeline.engine.utils import generate_expanded_graph

    from nipype_qsm.graph import nodes

    if not any(getattr(node, "iterables", None) for node in nodes(workflow)):
        return {}
    try:
        expanded = generate_expanded_graph(copy.deepcopy(workflow)._create_flat_graph())
    except Exception:  # then the run itself will say what is wrong
        return {}
    counts: dict[str, int] = {}
    for node in expanded.nodes():
        path = str(node.fullname).removeprefix(f"{workflow.name}.")
        if path in working:
            counts[path] = counts.get(path, 0) + 1
    return counts
