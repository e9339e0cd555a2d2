"""Where the tasks of a batch run: processes of this machine, or Slurm arrays."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

from nipype_qsm.batch import Batch, Task
from nipype_qsm.io import read_json, write_json
from nipype_qsm.plugins.slurm_jobs import ENDED, Request, cancel, job_states, largest_array, submit

Watch = Callable[[], None]

LATE = 15.0
"""Seconds after which a task that Slurm says has ended, and that said nothing itself, has failed: a shared file system
may show its last word later."""

QUEUED = 4000
"""Tasks in Slurm's queue at most: a controller takes 10 000 jobs of all users if its site did not say otherwise."""


def run_here(batch: Batch, tasks: Sequence[Task], watch: Watch, *, jobs: int, keep: Sequence[str]) -> None:
    """Run tasks in processes of this machine, so many at a time."""
    waiting, running = list(reversed(tasks)), {}
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                task = waiting.pop()
                running[_started(batch, task, keep)] = task
            for process in [each for each in running if each.poll() is not None]:
                how = f"It ended with status {process.returncode}."
                _note_an_end_without_words(batch, running.pop(process), how)
            watch()
            time.sleep(0.2)
    except BaseException:
        for process, task in running.items():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait()
            batch.note(task, "waiting")
        raise


def _started(batch: Batch, task: Task, keep: Sequence[str]) -> subprocess.Popen[bytes]:
    with batch.log(task).open("w") as log:
        command = _command(batch, task, keep)
        return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)


def run_on_slurm(
    batch: Batch, tasks: Sequence[Task], watch: Watch, *, request: Request, jobs: int | None, keep: Sequence[str]
) -> None:
    """Run tasks as Slurm arrays, each as large as the site allows, and wait for their end.

    Parameters
    ----------
    batch : Batch
    tasks : sequence of Task
    watch : callable
        Called about once a second.
    request : Request
        What a task asks for.
    jobs : int, optional
        Most tasks that run at a time; arrays then follow each other, because Slurm counts within one.
    keep : patterns
    """
    array_size = largest_array()
    waiting, sent = list(tasks), batch.folder / "slurm_jobs.json"
    active: dict[str, Task] = {}
    gone: dict[str, float] = {}
    if sent.exists():
        cancel(read_json(sent)["jobs"])  # type: ignore[arg-type]  # of a batch that was killed
    try:
        while waiting or active:
            while waiting and (not active if jobs else len(active) + array_size <= QUEUED or not active):
                chosen, waiting = waiting[:array_size], waiting[array_size:]
                active.update(zip(_submitted(batch, chosen, request, jobs, keep), chosen, strict=True))
                write_json({"jobs": sorted({identity.split("_")[0] for identity in active})}, sent)
            _take_out_what_ended(batch, active, gone)
            watch()
            time.sleep(1)
    except BaseException:
        cancel(active)
        for task in active.values():
            if batch.state(task)["state"] == "running":
                batch.note(task, "waiting")
        raise
    finally:
        sent.unlink(missing_ok=True)


def _submitted(
    batch: Batch, tasks: Sequence[Task], request: Request, jobs: int | None, keep: Sequence[str]
) -> list[str]:
    commands = [
        f"{shlex.join(_command(batch, task, keep))} > {shlex.quote(str(batch.log(task)))} 2>&1" for task in tasks
    ]
    log = batch.folder / "logs" / "slurm"
    return submit(batch.folder / "array.sh", commands, request, name="nipype-qsm", log=log, at_once=jobs)


def _take_out_what_ended(batch: Batch, active: dict[str, Task], gone: dict[str, float]) -> None:
    states = job_states()
    if states is None:
        return  # the controller does not answer: nothing is known to have ended
    for identity in list(active):
        state = states.get(identity, "gone")
        if state != "gone" and state not in ENDED:
            continue
        told = batch.state(active[identity])["state"] in ("done", "failed")
        if told or time.monotonic() - gone.setdefault(identity, time.monotonic()) > LATE:
            _note_an_end_without_words(batch, active.pop(identity), f"Slurm job {identity} ended: {state}.")


def _command(batch: Batch, task: Task, keep: Sequence[str]) -> list[str]:
    program = [sys.executable, "-m", "nipype_qsm.cli.main", "task", str(batch.folder), task.name]
    return [*program, *(["--keep", *keep] if keep else [])]


CURES = {
    "TIMEOUT": "Ask for more time: --sbatch-args '--time=2:00:00'.",
    "OUT_OF_MEMORY": "Ask for more memory: --mem-gb.",
    "CANCELLED": "Somebody or something cancelled it, or it took more memory than asked for (--mem-gb): run again.",
    "NODE_FAIL": "The machine went away: run again.",
}


def _note_an_end_without_words(batch: Batch, task: Task, how: str) -> None:
    if batch.state(task)["state"] in ("done", "failed"):
        return
    log = batch.log(task)
    tail = " / ".join(log.read_text(errors="replace").strip().splitlines()[-3:]) if log.exists() else ""
    usual = "Most often memory or time ran out: ask for more (--mem-gb, --sbatch-args), or run fewer at a time."
    cure = next((each for state, each in CURES.items() if state in how), usual)
    told = f" Its log ends: {tail}" if tail else " It left no log."
    batch.note(task, "failed", cause=f"{how} It was killed from outside.{told}", cure=cure)
