"""A cohort, one subject a task: what is to be done, what is done, and what went wrong.

A task is an ordinary call of `nipype-qsm` for one subject. It runs in a process of its own, on this machine or as one
task of a Slurm array, and leaves a small file that says how it ended: done with the sizes of its outputs, or failed
with cause and cure. A task is complete when it ended well with these arguments, this version and these inputs, and its
outputs are still there; all others run again. The graph of a cohort is never one graph.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import resource
import socket
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from nipype_qsm import __version__
from nipype_qsm.errors import QSMError, RunError
from nipype_qsm.io import read_json, write_json
from nipype_qsm.lock import alive
from nipype_qsm.tables import write_rows


@dataclass(frozen=True)
class Task:
    """One subject.

    Parameters
    ----------
    name : str
        Of the subject; also of its log and state.
    arguments : list of str
        What follows `nipype-qsm`.
    out : str
        Folder that holds nothing but this subject's outputs.
    inputs : list of str
        Files or folders; a change of their size or time makes the task run again.
    """

    name: str
    arguments: list[str]
    out: str
    inputs: list[str] = field(default_factory=list)

    def fingerprint(self) -> str:
        """Return a number for version, arguments and the state of the inputs; how it is run makes no difference."""
        seen = [(path, *_stamp(Path(path))) for path in self.inputs]
        said = json.dumps([__version__, _what(self.arguments), seen])
        return hashlib.sha256(said.encode()).hexdigest()[:16]


HOW = {"--n-procs": 1, "--mem-gb": 1, "--plugin": 1, "--work-dir": 1, "--quiet": 0}
"""Options that say how to run, with the number of their values; they make no difference to what comes out."""


def _what(arguments: Sequence[str]) -> list[str]:
    """Return the arguments without those that say how to run."""
    kept, rest = [], list(arguments)
    while rest:
        argument = rest.pop(0)
        if argument in HOW:
            del rest[: HOW[argument]]
        elif argument.partition("=")[0] not in HOW:
            kept.append(argument)
    return kept


def _stamp(path: Path) -> tuple[int, int]:
    """Return how many bytes a file or a folder's files hold, and the latest change."""
    files = [each for each in path.rglob("*") if each.is_file()] if path.is_dir() else [path]
    found = [each.stat() for each in files if each.exists()]
    return sum(each.st_size for each in found), max((each.st_mtime_ns for each in found), default=0)


class Batch:
    """The folder of a batch: its tasks, their states and logs.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tasks: list[Task] = []

    @classmethod
    def create(cls, folder: Path, tasks: Sequence[Task]) -> Batch:
        """Write down the tasks; what earlier calls finished in this folder counts."""
        twice = sorted(name for name, n in Counter(task.name for task in tasks).items() if n > 1)
        if twice:
            raise QSMError(
                f"Several subjects are called {', '.join(twice)}.",
                remedy="Give each subject once, or choose one instance (--instance).",
            )
        astray = [task.name for task in tasks if not task.name or task.name != Path(task.name).name]
        if astray:
            raise QSMError(
                f"'{astray[0]}' cannot be a subject's name: it names files in {folder}.",
                remedy="Leave slashes out of the first column, or put a column of plain names first.",
            )
        batch = cls(folder)
        batch.tasks = list(tasks)
        for name in ("logs", "states"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        write_json({"tasks": [asdict(task) for task in tasks]}, folder / "tasks.json")
        return batch

    @classmethod
    def read(cls, folder: Path) -> Batch:
        """Read the tasks that `create` wrote down."""
        batch = cls(folder)
        batch.tasks = [Task(**each) for each in read_json(folder / "tasks.json")["tasks"]]
        return batch

    def task(self, name: str) -> Task:
        """Read one task that was noted: a process that runs one need not read a cohort's list."""
        path = self.folder / "states" / f"{name}.json"
        if not path.exists():
            raise QSMError(f"{self.folder} has no task '{name}'.", remedy="Run `nipype-qsm batch` again.")
        return Task(**read_json(path)["task"])

    def log(self, task: Task) -> Path:
        """Return where a task's output goes."""
        return self.folder / "logs" / f"{task.name}.log"

    def state(self, task: Task) -> dict[str, Any]:
        """Return what is known of a task: `state` is waiting, running, done or failed."""
        path = self.folder / "states" / f"{task.name}.json"
        return dict(read_json(path)) if path.exists() else {"state": "waiting"}

    def note(self, task: Task, state: str, **facts: Any) -> None:
        """Write down a task's state."""
        known = {"state": state, "version": __version__, "task": asdict(task), **facts}
        write_json(known, self.folder / "states" / f"{task.name}.json")

    def begin(self, tasks: Iterable[Task]) -> None:
        """Note that tasks wait; refuse if one still runs here, left by a batch that was killed."""
        for task in tasks:
            known = self.state(task)
            here = known["state"] == "running" and known["host"] == socket.gethostname()
            if here and alive(known["pid"]):
                raise QSMError(
                    f"Process {known['pid']} still runs {task.name}, for a batch that ended.",
                    remedy=f"Wait for it, or end it (kill {known['pid']}), and run again.",
                )
            self.note(task, "waiting")

    def complete(self, task: Task) -> bool:
        """Tell whether a task ended well, as it would run now, and its outputs are still there and whole."""
        known = self.state(task)
        if known["state"] != "done" or known.get("fingerprint") != task.fingerprint():
            return False
        return all(_whole(Path(task.out) / name, size) for name, size in known["outputs"].items())

    def failures(self) -> list[dict[str, str]]:
        """Return name, cause, cure and log of each failed task, and write them as a table."""
        rows = []
        for task in self.tasks:
            known = self.state(task)
            if known["state"] == "failed":
                told = {key: known.get(key, "") for key in ("cause", "cure")}
                rows.append({"subject": task.name, **told, "log": str(self.log(task))})
        path = self.folder / "failures.tsv"
        path.unlink(missing_ok=True)
        if rows:
            write_rows(rows, path, list(rows[0]))
        return rows

    def run(self, task: Task, call: Callable[[list[str]], int], *, keep: Iterable[str] = ()) -> int:
        """Run one task in this process; its output goes where this process's goes.

        Parameters
        ----------
        task : Task
        call : callable
            Takes the arguments of `nipype-qsm`, returns its exit status, lets errors through.
        keep : patterns, optional
            Outputs that match none are deleted once the task is done.
        """
        began, clock = time.time(), time.monotonic()
        # Of the inputs as they were when it began: one that changes meanwhile makes it run again.
        identity = {"host": socket.gethostname(), "pid": os.getpid(), "fingerprint": task.fingerprint()}
        here = {**identity, "began": began}
        self.note(task, "running", **here)
        try:
            code = call(task.arguments)
            if code:
                raise RunError(f"It ended with status {code}.", remedy="Its log says why.")
        except QSMError as error:
            self.note(task, "failed", **here, cause=error.problem, cure=error.remedy, **_spent(clock))
            raise
        except Exception as error:
            traceback.print_exc()
            cure = "This is a fault of the program: please report it with the log."
            self.note(task, "failed", **here, cause=f"{type(error).__name__}: {error}", cure=cure, **_spent(clock))
            raise RunError(str(error), remedy=cure) from error
        outputs = _outputs(Path(task.out), list(keep))
        self.note(task, "done", **here, outputs=outputs, **_spent(clock))
        return 0


def _spent(began: float) -> dict[str, float]:
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    unit = 2**10 if sys.platform != "darwin" else 1
    cpu = sum(each.ru_utime + each.ru_stime for each in (own, children))
    peak = max(own.ru_maxrss, children.ru_maxrss) * unit / 2**30
    return {"seconds": round(time.monotonic() - began, 1), "cpu_seconds": round(cpu, 1), "peak_gb": round(peak, 3)}


def _outputs(folder: Path, keep: list[str]) -> dict[str, int]:
    """Return name and size of every output; with patterns, delete the others."""
    found = {}
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        if keep and not any(path.match(pattern) for pattern in keep):
            path.unlink()
            continue
        found[str(path.relative_to(folder))] = path.stat().st_size
    return found


def _whole(path: Path, size: int) -> bool:
    """Tell whether a file has its size and, gzipped, begins as it should."""
    try:
        if path.stat().st_size != size:
            return False
        if path.suffix == ".gz":
            with gzip.open(path) as stream:
                stream.read(1)
    except (OSError, EOFError):
        return False
    return True
