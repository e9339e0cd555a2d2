"""SLURM that asks for what a node declares, and believes only what it can read.

A node's cores and memory become those of its job. Nodes that are ready at the same moment and ask for the same go
into one job array, so that a wide graph costs one submission instead of hundreds. One question to the controller
tells of all jobs; while it does not answer, they count as running. A job that ends without a result is a failed node
whose report holds Slurm's state of the job and the end of its log; a refused submission is one, too, in Slurm's own
words. Whatever ends the run cancels its jobs.
"""

from __future__ import annotations

import getpass
import math
import os
import shlex
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from traceback import format_exception
from typing import Any

from nipype.pipeline.engine.utils import load_resultfile
from nipype.pipeline.plugins.base import SGELikeBatchManagerBase
from nipype.pipeline.plugins.tools import create_pyscript

from nipype_qsm.errors import QSMError, RunError
from nipype_qsm.plugins.slurm_jobs import ENDED, Request, cancel, job_states, submit
from nipype_qsm.resume import forget_lost_of


@dataclass
class _Job:
    """A node's job: where it works, what it runs, and what Slurm last said of it."""

    node: Any
    script: Path
    slurm_id: str = ""
    state: str = "PENDING"
    ended: float | None = None
    failure: BaseException | None = None

    @property
    def log(self) -> Path:
        return self.script.with_suffix(f".{self.slurm_id}.log")


class SLURMPlugin(SGELikeBatchManagerBase):
    """Run each node as a job of Slurm.

    Parameters
    ----------
    plugin_args : dict, optional
        `sbatch_args` (text, such as "--partition=long --time=2:00:00"; a node's own `plugin_args` add to it, or replace
        it with `overwrite`), `template` (start of every job's script: modules, environment), `array_size` (most nodes
        in one array; 1 submits each alone; default 200), `memory_factor` (asked for, relative to declared; default 1),
        `max_jobs`, `max_tries` and `retry_timeout` [s] of a refused submission, `result_timeout` [s] for the file
        system to show a finished job's result, `status_callback`.
    """

    def __init__(self, plugin_args: dict[str, Any] | None = None) -> None:
        super().__init__("#!/bin/bash", plugin_args=plugin_args)
        given = self.plugin_args
        self._arguments: str = given.get("sbatch_args", "")
        self._array_size = int(given.get("array_size", 200))
        self._memory_factor = float(given.get("memory_factor", 1.0))
        self._max_tries = int(given.get("max_tries", 2))
        self._retry_timeout = float(given.get("retry_timeout", 2))
        self._result_timeout = float(given.get("result_timeout", 60))
        self._jobs: dict[int, _Job] = {}
        self._unsent: list[int] = []
        self._tasks = 0
        self._asked = 0.0

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """Travel by name alone: Nipype hangs the plugin on every MapNode, and saves that node with all it holds."""
        return str, ("SLURM",)

    def run(self, graph: Any, config: Any, updatehash: bool = False) -> None:
        """Run the graph; whatever ends it early cancels its jobs."""
        os.environ.setdefault("LOGNAME", getpass.getuser())
        forget_lost_of(graph)
        try:
            super().run(graph, config, updatehash=updatehash)
        except BaseException:
            cancel(job.slurm_id for job in self._jobs.values() if job.slurm_id)
            raise

    def _submit_job(self, node: Any, updatehash: bool = False) -> int:
        # A result of an earlier run would be taken for this one's.
        for stale in Path(node.output_dir()).glob("result_*.pklz"):
            stale.unlink()
        self._tasks += 1
        self._jobs[self._tasks] = _Job(node, Path(create_pyscript(node, updatehash=updatehash)))
        self._unsent.append(self._tasks)
        return self._tasks

    def _send_procs_to_workers(self, updatehash: bool = False, graph: Any = None) -> None:
        super()._send_procs_to_workers(updatehash=updatehash, graph=graph)
        groups: dict[str, tuple[Request, list[_Job]]] = {}
        for task in self._unsent:
            job = self._jobs[task]
            request = self._request(job.node)
            groups.setdefault(shlex.join(request.options()), (request, []))[1].append(job)
        self._unsent.clear()
        for request, jobs in groups.values():
            for first in range(0, len(jobs), self._array_size):
                self._send(request, jobs[first : first + self._array_size])

    def _request(self, node: Any) -> Request:
        own = getattr(node, "plugin_args", None) or {}
        arguments = own.get("sbatch_args", "")
        if not own.get("overwrite"):
            arguments = f"{self._arguments} {arguments}"
        memory_gb = getattr(node, "mem_gb_runtime", node.mem_gb) * self._memory_factor
        return Request(node.n_procs, max(1, math.ceil(memory_gb * 1024)), shlex.split(arguments))

    def _send(self, request: Request, jobs: list[_Job]) -> None:
        commands = [shlex.join([sys.executable, str(job.script)]) for job in jobs]
        try:
            ids = submit(
                jobs[0].script.with_suffix(".sh"),
                commands,
                request,
                name=jobs[0].node.name,
                log=jobs[0].script.with_suffix(""),
                template=self._template,
                tries=self._max_tries,
                pause=self._retry_timeout,
            )
        except QSMError as error:
            for job in jobs:
                job.failure = error
            return
        for job, identity in zip(jobs, ids, strict=True):
            job.slurm_id = identity
            job.script = jobs[0].script if len(jobs) > 1 else job.script

    def _get_result(self, taskid: int) -> dict[str, Any] | None:
        job = self._jobs[taskid]
        if job.failure is None and job.ended is None:
            self._ask()
            if job.ended is None:
                return None
        if job.failure is None:
            found = _read_result(job.node)
            if found is not None:
                return found
            if job.state not in ENDED - {"COMPLETED"} and time.monotonic() - (job.ended or 0) < self._result_timeout:
                return None  # a shared file system may show the result later
            job.failure = _vanished(job)
        return {"result": None, "traceback": format_exception(job.failure)}

    def _ask(self) -> None:
        """Ask the controller once a poll for the state of every job."""
        pause = float(self._config["execution"]["poll_sleep_duration"]) / 2 if self._config else 0
        if time.monotonic() - self._asked < pause:
            return
        self._asked = time.monotonic()
        states = job_states()
        if states is None:
            return
        for job in self._jobs.values():
            if job.slurm_id and job.ended is None:
                job.state = states.get(job.slurm_id, job.state)
                if job.slurm_id not in states or job.state in ENDED:
                    job.ended = time.monotonic()

    def _clear_task(self, taskid: int) -> None:
        del self._jobs[taskid]


def _read_result(node: Any) -> dict[str, Any] | None:
    """Return what the job left, or None if it left nothing whole."""
    for path in Path(node.output_dir()).glob("result_*.pklz"):
        try:
            found = load_resultfile(str(path))
        except Exception:  # half-written by a job that was killed: as good as none
            return None
        if not isinstance(found, dict):
            return {"result": found, "traceback": None}
        path.rename(path.with_name("crashstore.pklz"))
        return {"result": found["result"], "traceback": found["traceback"], "hostname": found.get("hostname")}
    return None


def _vanished(job: _Job) -> RunError:
    tail = " / ".join(_last_lines(job.log, 5))
    told = f" Its log ends: {tail}." if tail else " It left no log."
    asked = f"{job.node.mem_gb:g} GB, {job.node.n_procs} cores"
    cures = {
        "OUT_OF_MEMORY": f"Set the node's mem_gb higher (it asked for {asked}).",
        "TIMEOUT": "Ask for more time, such as sbatch_args='--time=2:00:00'.",
        "CANCELLED": "Somebody or something cancelled it; run again to resume.",
    }
    return RunError(
        f"Slurm job {job.slurm_id} of '{job.node.fullname}' ended in state {job.state} and left no result.{told}",
        remedy=cures.get(job.state, f"Run again to resume; the log is {job.log} (it asked for {asked})."),
    )


def _last_lines(path: Path, n: int) -> Iterable[str]:
    try:
        return path.read_text(errors="replace").strip().splitlines()[-n:]
    except OSError:
        return []
