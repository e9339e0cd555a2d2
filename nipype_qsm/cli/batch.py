"""`nipype-qsm batch`: another verb, subject by subject, here or on Slurm; what is complete is not run again."""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path
from typing import Any

from nipype_qsm.cli import running
from nipype_qsm.errors import QSMError

DESCRIPTION = """\
Run a cohort. Write the call as for one subject, and put `batch DIR --` before it. `ukb` is taken apart into visits,
`bids` into participants. Any verb can be run over the rows of a table, whose columns stand in braces.

Each subject is a process of its own (with --slurm, a task of a job array). DIR holds overview.html, which reloads
itself, failures.tsv with cause and cure of each failure, and a log a subject. Run the same call again to resume: what
is complete (same arguments, inputs and version, outputs there and whole) is skipped."""


def add_parser(verbs: Any) -> None:
    """Declare the verb, and the one that its processes call."""
    verb = verbs.add_parser(
        "batch",
        help="run a cohort, here or on Slurm",
        usage="%(prog)s DIR [options] -- VERB ...",
        description=DESCRIPTION,
    )
    verb.add_argument("folder", type=Path, metavar="DIR", help="folder for states, logs and the overview")
    verb.add_argument("command", nargs="+", metavar="-- VERB ...", help="the call, as for one subject")
    verb.add_argument(
        "--table", type=Path, metavar="FILE", help="TSV or CSV; a row a subject, named by its first column"
    )
    verb.add_argument(
        "--jobs", type=running.at_least_one, metavar="N", help="subjects at a time (default: 1; Slurm: all)"
    )
    verb.add_argument(
        "--keep", nargs="+", default=[], metavar="PATTERN", help="of a finished subject keep only files that match"
    )
    slurm = verb.add_argument_group("Slurm")
    slurm.add_argument("--slurm", action="store_true", help="submit a job array and wait for it")
    slurm.add_argument(
        "--mem-gb", type=float, default=3.0, metavar="GB", help="memory a subject (default: %(default)s)"
    )
    slurm.add_argument("--sbatch-args", default="", metavar="TEXT", help='such as "--partition=short --time=1:00:00"')
    verb.add_argument("--quiet", action="store_true", help="print failures only")
    verb.set_defaults(run=run)
    task = verbs.add_parser(
        "task",
        help="run one task of a batch (batch calls it)",
        description="Run one task of a batch (what `batch` calls).",
    )
    task.add_argument("folder", type=Path, metavar="DIR", help="folder of the batch")
    task.add_argument("name", metavar="NAME", help="of the task")
    task.add_argument("--keep", nargs="+", default=[], metavar="PATTERN", help="as batch")
    task.set_defaults(run=run_task)


def run(options: argparse.Namespace) -> int:
    """Run what is not complete."""
    from nipype_qsm.batch import Batch
    from nipype_qsm.batch_overview import Overview
    from nipype_qsm.lock import locked

    command = _with_cores(options)
    tasks, finish = _from_table(options.table, command) if options.table else _taken_apart(command)
    with locked(options.folder):
        batch = Batch.create(options.folder.resolve(), tasks)
        complete = {task.name for task in tasks if batch.complete(task)}
        todo = [task for task in tasks if task.name not in complete]
        batch.begin(todo)
        overview = Overview(batch, complete, quiet=options.quiet)
        overview()
        if todo:
            _run(batch, todo, overview, options, _cores(command))
        failures = batch.failures()
        overview.draw()
        print(f"{overview.line()}; {options.folder / 'overview.html'}")
        finish()
    for failure in failures:
        print(f"{failure['subject']}: {failure['cause']}\n    {failure['cure']}", file=sys.stderr)
    return 1 if failures else 0


def _run(batch: Any, todo: list[Any], overview: Any, options: argparse.Namespace, cores: int) -> None:
    import shlex

    from nipype_qsm import batch_run
    from nipype_qsm.plugins.slurm_jobs import Request

    if options.slurm:
        request = Request(cores, round(options.mem_gb * 1024), shlex.split(options.sbatch_args))
        batch_run.run_on_slurm(batch, todo, overview, request=request, jobs=options.jobs, keep=options.keep)
    else:
        batch_run.run_here(batch, todo, overview, jobs=options.jobs or 1, keep=options.keep)


def run_task(options: argparse.Namespace) -> int:
    """Run one task."""
    from nipype_qsm.batch import Batch
    from nipype_qsm.cli.main import call

    batch = Batch(options.folder)
    return batch.run(batch.task(options.name), call, keep=options.keep)


def _with_cores(options: argparse.Namespace) -> list[str]:
    """Return the call; where it does not say, subjects share the machine's cores, and on Slurm take one each."""
    command = list(options.command)
    if "--n-procs" in command or command[0] not in ("files", "ukb", "bids", "step"):
        return command
    cores = 1 if options.slurm else max(1, running.default_cores() // (options.jobs or 1))
    return [*command, "--n-procs", str(cores)]


def _cores(command: list[str]) -> int:
    return int(command[command.index("--n-procs") + 1]) if "--n-procs" in command else 1


def _from_table(path: Path, command: list[str]) -> tuple[list[Any], Any]:
    from nipype_qsm.batch import Task
    from nipype_qsm.cli.main import parser

    if not path.is_file():
        raise QSMError(f"{path} does not exist.", remedy="Give a table (TSV or CSV) with a row a subject.")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="," if path.suffix.lower() == ".csv" else "\t"))
    if not rows:
        raise QSMError(f"{path} has no rows.", remedy="Give a header and a row a subject.")
    tasks = []
    for row in rows:
        try:
            arguments = [each.format_map(row) for each in command]
        except KeyError as missing:
            raise QSMError(
                f"{path} has no column {missing}, which the call names.", remedy=f"Its columns are {', '.join(row)}."
            ) from None
        out = getattr(parser().parse_args(arguments), "out", None)
        if out is None and "--out" in arguments[:-1]:
            out = Path(arguments[arguments.index("--out") + 1])
        if out is None:
            raise QSMError(f"'{command[0]}' writes no folder a subject.", remedy="Batch runs files, ukb, bids or step.")
        inputs = [str(Path(each).resolve()) for each in arguments if Path(each).exists() and Path(each) != out]
        tasks.append(Task(next(iter(row.values())), arguments, str(out.resolve()), inputs))
    if len({task.out for task in tasks}) < len(tasks):
        raise QSMError(
            "Several subjects write into one folder.", remedy="Name the subject in it, such as out/{subject}."
        )
    return tasks, lambda: None


def _taken_apart(command: list[str]) -> tuple[list[Any], Any]:
    from nipype_qsm.cli import bids, main, ukb

    chosen = main.parser().parse_args(command)
    if chosen.run is ukb.run:
        return _visits(chosen, command), lambda: ukb.gather(chosen.out)
    if chosen.run is bids.run:
        return _participants(chosen, command), lambda: None if chosen.maps_only else bids.group(chosen)
    raise QSMError(
        f"'{command[0]}' cannot be taken apart into subjects.",
        remedy="Give ukb or bids, or a table of subjects (--table FILE).",
    )


def _visits(chosen: argparse.Namespace, command: list[str]) -> list[Any]:
    from nipype_qsm.batch import Task
    from nipype_qsm.bulk import packages

    tasks = []
    for package in packages(chosen.subjects, chosen.instance)[0]:
        sources = [str(each.resolve()) for each in package.archives or (package.folder,)]
        arguments = _changed(command, subjects=sources)
        tasks.append(Task(package.label, arguments, str((chosen.out / package.label).resolve()), sources))
    return tasks


def _participants(chosen: argparse.Namespace, command: list[str]) -> list[Any]:
    from nipype_qsm.batch import Task
    from nipype_qsm.bids import Dataset

    wanted = {label.removeprefix("sub-") for label in chosen.participant_label or []}
    tasks = []
    for label in Dataset(chosen.bids).participants:
        if wanted and label not in wanted:
            continue
        arguments = _changed(command, level="participant", participant_label=[label])
        folders = (chosen.out / f"sub-{label}", chosen.bids / f"sub-{label}")
        out, source = (str(folder.resolve()) for folder in folders)
        tasks.append(Task(f"sub-{label}", arguments, out, [source]))
    if missing := sorted(wanted - {task.name.removeprefix("sub-") for task in tasks}):
        raise QSMError(f"{chosen.bids} has no participant {', '.join(missing)}.", remedy="Check --participant-label.")
    return tasks


def _changed(command: list[str], **changes: Any) -> list[str]:
    """Return a call with some of its arguments changed."""
    from nipype_qsm.cli import main

    verb = main.verbs()[command[0]]
    values = {**vars(verb.parse_args(command[1:])), **changes}
    positional, optional = [], []
    for action in verb._actions:
        value = values.get(action.dest, action.default)
        texts = [str(each) for each in (value if isinstance(value, list) else [value])]
        if not action.option_strings:
            positional += texts
        elif value is not None and value != action.default:
            optional += [action.option_strings[-1], *([] if action.nargs == 0 else texts)]
    return [command[0], *positional, *optional]
