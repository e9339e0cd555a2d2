"""`nipype-qsm demo --cohort N`: a whole study on simulated people, by the commands that a user would type.

The stages are text: each line is a call of `nipype-qsm`, run in the folder of the demo and printed in its report. A
stage whose calls, version and results are as they were is not run again.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import shlex
import shutil
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nipype_qsm import __version__
from nipype_qsm.errors import QSMError, RunError, ToolMissing

if TYPE_CHECKING:
    from nipype_qsm.phantoms.study import Plan

FEWEST = 600
"""People below which genes cannot be found."""
RECORDS, LOGS = "stages", "logs"


@dataclass(frozen=True)
class Stage:
    """A part of the study.

    Parameters
    ----------
    name, title : str
    calls : function
        From the demo's folder to calls of `nipype-qsm`, a line each; what earlier stages found may stand in them.
    makes : tuple of str
        Files that must be there afterwards; the folders that they lie in belong to the stage.
    """

    name: str
    title: str
    calls: Callable[[Path], list[str]]
    makes: tuple[str, ...]


def plan_of(options: argparse.Namespace) -> Plan:
    """Return how large the study is: what was asked for, else what people's number allows."""
    from nipype_qsm.phantoms.study import Plan

    n = options.cohort
    if n < FEWEST:
        raise QSMError(
            f"A cohort of {n} is too small: no planted gene could be found in it.",
            remedy=f"Simulate at least {FEWEST} people.",
        )
    n_maps = min(300, n // 5) if options.maps is None else options.maps
    if n_maps + options.images + 50 > n:
        raise QSMError(f"{n} people cannot have {n_maps} maps and {options.images} scans.", remedy="Ask for fewer.")
    return Plan(
        n=n,
        n_maps=n_maps,
        n_images=options.images,
        n_phenotypes=options.phenotypes,
        n_blocks=min(400, max(66, n // 16)),
        map_mm=2 if n_maps >= 100 else 3,
        seed=options.seed,
    )


def run(options: argparse.Namespace) -> int:
    """Simulate, run every stage that is not complete, and say where the report is."""
    from nipype_qsm.cli import files
    from nipype_qsm.cli.cohort_stages import stages
    from nipype_qsm.lock import locked
    from nipype_qsm.reports.paper import paper

    plan, out = plan_of(options), options.out.absolute()
    _require_packages()
    files.require_writable(out)
    with locked(out / RECORDS), contextlib.chdir(out):
        _require_same(plan)
        todo = stages(plan, options.n_procs)
        fresh = _simulated(plan, options, len(todo))
        for number, stage in enumerate(todo, start=2):
            fresh = _stage(stage, (number, len(todo) + 1), options.quiet, again=fresh)
        verdicts = paper(out)
    for stage_name, passed, count in verdicts:
        print(f"{stage_name:<28} {passed} of {count} found as planted")
    print(f"report: {out / 'report.html'}")
    return 0


def _require_packages() -> None:
    """Refuse before anything is simulated what a later stage would refuse."""
    for name in ("pyarrow", "zarr"):
        if importlib.util.find_spec(name) is None:
            raise ToolMissing(
                f"A whole study needs {name}.", remedy="Install it: pip install 'nipype_qsm[cohort,genetics]'."
            )


def _require_same(plan: Plan) -> None:
    from nipype_qsm.io import read_json

    record = Path(RECORDS) / "plan.json"
    if record.is_file() and read_json(record) != asdict(plan):
        raise QSMError(
            f"{Path.cwd()} holds another cohort than the one asked for.",
            remedy="Choose another folder (--out), or remove that one.",
        )


def _simulated(plan: Plan, options: argparse.Namespace, n_stages: int) -> bool:
    """Simulate unless it is done, and tell whether it had to be."""
    from nipype_qsm.io import write_json
    from nipype_qsm.phantoms.study import write_study

    record, started = Path(RECORDS) / "simulate.json", time.monotonic()
    told = f"[ 1/{n_stages + 1}] simulate"
    if record.is_file():
        _say(f"{told}: there already", options.quiet)
        return False
    write_json(asdict(plan), Path(RECORDS) / "plan.json")
    write_study(
        plan, Path("study"), threads=options.n_procs, say=lambda what: _say(f"{told}: {what} ...", options.quiet)
    )
    write_json({"version": __version__, "seconds": time.monotonic() - started}, record)
    _say(f"{told}: {time.monotonic() - started:.0f} s", options.quiet)
    return True


def _stage(stage: Stage, place: tuple[int, int], quiet: bool, *, again: bool) -> bool:
    """Run a stage unless it is complete, and tell whether it had to be."""
    from nipype_qsm.io import read_json, write_json

    told = f"[{place[0]:2d}/{place[1]}] {stage.title}"
    calls, record = stage.calls(Path()), Path(RECORDS) / f"{stage.name}.json"
    wanted = {"version": __version__, "calls": calls}
    whole = all(Path(path).is_file() for path in stage.makes)
    if not again and whole and record.is_file() and wanted.items() <= read_json(record).items():
        _say(f"{told}: there already", quiet)
        return False
    record.unlink(missing_ok=True)
    for folder in {Path(path).parts[0] for path in stage.makes}:
        if folder != "runs":  # a batch knows what is complete
            shutil.rmtree(folder, ignore_errors=True)
    started = time.monotonic()
    log = Path(LOGS) / f"{stage.name}.txt"
    log.parent.mkdir(exist_ok=True)
    with log.open("w") as file:
        for call in calls:
            _call(call, stage, log, file)
    seconds = time.monotonic() - started
    write_json({**wanted, "title": stage.title, "order": place[0], "seconds": seconds}, record)
    _say(f"{told}: {seconds:.1f} s", quiet)
    return True


def _call(text: str, stage: Stage, log: Path, file: Any) -> None:
    """Call the command line in this process, what it says into a file."""
    from nipype_qsm.cli.main import call

    print(f"$ nipype-qsm {text}", file=file, flush=True)
    with contextlib.redirect_stdout(file), contextlib.redirect_stderr(file), warnings.catch_warnings():
        warnings.simplefilter("default")  # shown in the log, whatever the caller makes of warnings
        try:
            status = call(expanded(text))
        except QSMError as error:
            raise RunError(f"{stage.title}: {error.problem}", remedy=f"{error.remedy} ({log.absolute()})") from error
        except Exception as error:
            traceback.print_exc()
            raise RunError(
                f"{stage.title} failed: {type(error).__name__}: {error}", remedy=f"Look at {log.absolute()}."
            ) from error
    if status:
        raise RunError(
            f"{stage.title} failed: nipype-qsm {text.split(maxsplit=1)[0]} ended with {status}.",
            remedy=f"Look at {log.absolute()}; run the same command again to resume.",
        )


def expanded(text: str) -> list[str]:
    """Split a call into arguments, wildcards replaced by the files that there are, as a shell does.

    Parameters
    ----------
    text : str
    """
    words: list[str] = []
    for word in shlex.split(text):
        words += (sorted(map(str, Path().glob(word))) or [word]) if "*" in word else [word]
    return words


def _say(text: str, quiet: bool) -> None:
    if not quiet:
        print(text, file=sys.stderr, flush=True)
