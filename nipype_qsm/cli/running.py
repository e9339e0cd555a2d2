"""Running a graph from the command line: plugin, threads, work folder, one status line a node.

Nipype's defaults cost two seconds a node under MultiProc, write crash files into the current folder and ask a server
for the newest version; all of that is set otherwise here, for this process only.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from nipype_qsm import errors
from nipype_qsm.errors import QSMError, RunError
from nipype_qsm.lock import locked


def add_options(group: argparse._ArgumentGroup) -> None:
    """Declare the options that every running verb shares."""
    group.add_argument(
        "--plugin", default="Linear", help="Nipype plugin: Linear, MultiProc, SLURM, ... (default: %(default)s)"
    )
    group.add_argument(
        "--n-procs", type=at_least_one, default=default_cores(), metavar="N", help="cores (default: %(default)s)"
    )
    group.add_argument(
        "--mem-gb", type=float, metavar="GB", help="memory that MultiProc may use (default: 90 %% of all)"
    )
    group.add_argument(
        "--work-dir", type=Path, metavar="DIR", help="keep intermediate files here, and resume from them"
    )
    group.add_argument("--quiet", action="store_true", help="print results and problems only")


def at_least_one(text: str) -> int:
    """Read a count from the command line."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number of at least 1")
    return int(text)


def default_cores() -> int:
    """Return the cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def require_plugin(name: str) -> None:
    """Refuse a plugin that Nipype does not have."""
    from nipype.pipeline import plugins

    known = sorted(each.removesuffix("Plugin") for each in vars(plugins) if each.endswith("Plugin"))
    if name not in known:
        raise QSMError(f"Nipype has no plugin '{name}'.", remedy=f"Choose one of: {', '.join(known)}.")


def run(workflow: Any, options: argparse.Namespace, work_dir: Path, page: Path | None = None) -> dict[str, list[Any]]:
    """Run a workflow and return what only a run knows: `runtime` (seconds and memory of every node) and `warnings`.

    Parameters
    ----------
    workflow : nipype.Workflow
    options : argparse.Namespace
        From `add_options`.
    work_dir : Path
        Where nodes work; finished ones whose results are there are not run again. A second run in it is refused.
    page : Path, optional
        Where the graph is shown with the state of the run, while it goes on and afterwards.
    """
    from nipype import config, logging

    from nipype_qsm.resume import forget_lost

    settings = {
        "poll_sleep_duration": "1.0" if options.plugin == "SLURM" else "0.1",
        "crashfile_format": "txt",
        "create_report": "false",
        "check_version": "false",
        "crashdump_dir": str(work_dir / "crashes"),
        "remove_unnecessary_outputs": "false",
        # Otherwise what does not depend on the failed step runs on for minutes before the failure is told.
        "stop_on_first_crash": "true",
    }
    config.update_config({"execution": settings})
    workflow.config["execution"].update(settings)  # it keeps those of the time when it was made
    for name in ("nipype.workflow", "nipype.utils", "nipype.interface"):
        logging.getLogger(name).setLevel("CRITICAL")
    workflow.base_dir = str(work_dir)
    status = Status(_names(workflow), sys.stderr, quiet=options.quiet)
    try:
        with locked(work_dir), _recorded(workflow, page, work_dir) as record, _noted_warnings() as noted:
            forget_lost(work_dir)
            arguments = {"status_callback": _both(status, record), "n_procs": options.n_procs}
            arguments |= {"memory_gb": options.mem_gb} if options.mem_gb else {}
            with contextlib.chdir(Path.cwd()):
                workflow.run(**_plugin(options.plugin, arguments))
    except (Exception, KeyboardInterrupt) as error:
        status.close()
        told = _readable(error, work_dir)
        if page is not None and not isinstance(told, (RunError, KeyboardInterrupt)):
            page.unlink(missing_ok=True)  # the input was refused: nothing is left
        if isinstance(told, KeyboardInterrupt):
            print(f"What is finished is kept in {work_dir}; run the same command again to resume.", file=sys.stderr)
        raise told from None
    status.close()
    return {"runtime": status.finished, "warnings": noted}


@contextlib.contextmanager
def _recorded(workflow: Any, page: Path | None, work_dir: Path) -> Iterator[Callable[[Any, str], None] | None]:
    """Record the run on a page, if there is to be one."""
    if page is None:
        yield None
        return
    from nipype_qsm.run_state import Recorder

    with Recorder(workflow, page, events=work_dir / "graph.jsonl") as recorder:
        yield recorder


def _both(status: Status, record: Callable[[Any, str], None] | None) -> Callable[[Any, str], None]:
    if record is None:
        return status

    def tell(node: Any, what: str) -> None:
        status(node, what)
        record(node, what)

    return tell


def _plugin(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return what `Workflow.run` takes: our own plugin of that name where there is one, else Nipype's."""
    from nipype_qsm import plugins

    own = getattr(plugins, f"{name}Plugin", None)
    return {"plugin": name, "plugin_args": arguments} if own is None else {"plugin": own(arguments)}


@contextlib.contextmanager
def _noted_warnings() -> Iterator[list[str]]:
    """Show warnings as before, and list them; those of other processes are only shown."""
    noted: list[str] = []
    with warnings.catch_warnings():
        show: Callable[..., None] = warnings.showwarning

        def note(message: Warning | str, *others: Any, **more: Any) -> None:
            noted.append(str(message))
            show(message, *others, **more)

        warnings.showwarning = note
        yield noted


def _names(workflow: Any) -> list[str]:
    from nipype.interfaces.utility import IdentityInterface

    from nipype_qsm.graph import nodes

    return [node.name for node in nodes(workflow) if not isinstance(node.interface, IdentityInterface)]


def _readable(error: BaseException, work_dir: Path) -> QSMError | KeyboardInterrupt:
    if isinstance(error, (QSMError, KeyboardInterrupt)):
        return error
    # Nipype hands on an error inside a node as the text of its traceback: kind, then problem and remedy in one line.
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if lines and lines[-1].startswith("KeyboardInterrupt"):
        return KeyboardInterrupt()
    marker = f"{errors.__name__}."
    for line in reversed(lines):
        kind, _, sentence = line.removeprefix(marker).partition(": ")
        if line.startswith(marker) and hasattr(errors, kind):
            problem, _, remedy = sentence.partition(errors.SEPARATOR)
            return getattr(errors, kind)(problem, remedy=remedy)
    return RunError(
        f"A step failed: {lines[-1] if lines else type(error).__name__}",
        remedy=f"The whole story is in {work_dir / 'crashes'}; run the same command again to resume.",
    )


WIDTH = 36
"""Columns of a node's name."""


class Status:
    """One line a node: `[ 7/22] remove_background  4.1 s  0.5 GB`; on a terminal, what runs now below it.

    Parameters
    ----------
    names : list of str
        Of the nodes of the graph that work; one that two nodes share is told with its workflow.
    stream : text stream
    quiet : bool
    """

    def __init__(self, names: Sequence[str], stream: TextIO, *, quiet: bool = False) -> None:
        self.names, self.stream, self.quiet = names, stream, quiet
        self.total = len(names)
        self.live = stream.isatty()
        self.finished: list[dict[str, Any]] = []
        self._started: dict[str, float] = {}

    def __getstate__(self) -> dict[str, Any]:  # Nipype saves every MapNode with the plugin's options
        return {**self.__dict__, "stream": None}

    def __call__(self, node: Any, status: str) -> None:
        """Receive `start`, `end` or `exception` from a Nipype plugin."""
        from nipype.interfaces.utility import IdentityInterface

        if isinstance(node.interface, IdentityInterface):
            return
        if status == "start":
            self._started[node.fullname] = time.monotonic()
            if self.live and not self.quiet:
                self._write(f"\r\033[K[{len(self.finished):2d}/{self.total}] {self._bar()} {self._label(node)} ...")
            return
        if node.fullname not in self._started:
            return  # not run, because a step before it failed
        seconds = time.monotonic() - self._started.pop(node.fullname)
        peak, label = _peak(node) if status == "end" else None, self._label(node)
        self.finished.append({"node": label, "seconds": round(seconds, 2), "peak_gb": peak})
        if not self.quiet:
            memory = f"{peak:5.2f} GB" if peak else " " * 8
            failed = "" if status == "end" else "  FAILED"
            clear = "\r\033[K" if self.live else ""
            self._write(
                f"{clear}[{len(self.finished):2d}/{self.total}] {label:<{WIDTH}} {seconds:6.1f} s {memory}{failed}\n"
            )

    def close(self) -> None:
        """Leave the terminal on a fresh line."""
        if self.live and not self.quiet:
            self._write("\r\033[K")

    def _label(self, node: Any) -> str:
        if self.names.count(node.name) < 2:
            return str(node.name)
        parent = node.fullname.split(".")[-2].removesuffix("_wf")
        return f"{node.name} ({parent})"

    def _bar(self) -> str:
        done = round(20 * len(self.finished) / max(1, self.total))
        return "#" * done + "." * (20 - done)

    def _write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()


def _peak(node: Any) -> float | None:
    try:
        runtime = node.result.runtime
    except Exception:  # a result that is not there any more is no reason to stop a run
        return None
    return getattr(runtime, "peak_gb", None)


def discard(folder: Path) -> None:
    """Remove a work folder that is not needed any more."""
    shutil.rmtree(folder, ignore_errors=True)


EXPENSIVE = "invert"
"""The node whose result is not thrown away when a later one refuses its input."""


@contextlib.contextmanager
def leaving_nothing(*folders: Path, work: Path | None = None, work_dir: Path | None = None) -> Iterator[None]:
    """Take away folders that were not there before if the input proves unusable; a failed step (`RunError`) stays.

    Parameters
    ----------
    *folders : Path
    work, work_dir : Path, optional
        Where nodes work, and the --work-dir that leads there. If a map was inverted there already, all is kept.
    """
    new = {folder: [each for each in folder.absolute().parents if not each.exists()] for folder in folders}
    new = {folder: parents for folder, parents in new.items() if not folder.exists()}
    try:
        yield
    except RunError:
        raise
    except QSMError as error:
        made = next(work.rglob(f"{EXPENSIVE}/chi*.nii"), None) if work is not None and work.is_dir() else None
        if made is not None:
            going_on = f"{error.remedy} What was made so far is kept ({made}): correct the input and run again with"
            raise type(error)(error.problem, remedy=f"{going_on} --work-dir {work_dir or work}.") from None
        for folder, parents in new.items():
            discard(folder)
            for parent in parents:
                with contextlib.suppress(OSError):
                    parent.rmdir()  # an empty one only: another run may be writing beside this one
        raise
