"""Slurm's own commands: submitting, asking, cancelling."""

from __future__ import annotations

import contextlib
import getpass
import shlex
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from nipype_qsm.errors import RunError, ToolMissing

ENDED = frozenset(
    ("BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "REVOKED", "TIMEOUT")
)
"""States of a job that will not run any more; one that was preempted may be queued again."""


@dataclass
class Request:
    """What jobs of one submission ask for: cores, memory [MB], and further arguments of sbatch."""

    n_procs: int
    memory_mb: int
    arguments: list[str] = field(default_factory=list)

    def options(self) -> list[str]:
        """Return the options of sbatch; what the user's arguments already say is left out."""
        said = {each.split("=")[0] for each in self.arguments}
        cores = [] if said & {"-c", "--cpus-per-task"} else [f"--cpus-per-task={self.n_procs}"]
        memory = [] if said & {"--mem", "--mem-per-cpu"} else [f"--mem={self.memory_mb}M"]
        return [*cores, *memory, *self.arguments]


def submit(
    script: Path,
    commands: list[str],
    request: Request,
    *,
    name: str,
    log: Path,
    template: str = "#!/bin/bash",
    at_once: int | None = None,
    tries: int = 2,
    pause: float = 2.0,
) -> list[str]:
    """Submit commands as one job, or as one array where they are several; return each one's id.

    Parameters
    ----------
    script : Path
        The job script to write.
    commands : list of str
    request : Request
    name : str
        Of the job, as `squeue` shows it.
    log : Path
        Output goes to `<log>.<job id>.log`, in an array to `<log>.<job id>_<index>.log`.
    template : str
        Start of the script.
    at_once : int, optional
        Most tasks of an array that run at a time.
    tries, pause : int, float
        A refused submission is tried again so many times, after so many seconds.
    """
    several = len(commands) > 1
    quoted = "\n".join(f"  {shlex.quote(command)}" for command in commands)
    chosen = f'commands=(\n{quoted}\n)\neval "${{commands[$SLURM_ARRAY_TASK_ID]}}"' if several else commands[0]
    script.write_text(f"{template.rstrip()}\n{chosen}\n")
    pattern = f"{log}.%A_%a.log" if several else f"{log}.%j.log"
    limit = f"%{at_once}" if at_once else ""
    array = [f"--array=0-{len(commands) - 1}{limit}"] if several else []
    options = ["--parsable", f"--job-name={name}", f"--output={pattern}", *array, *request.options()]
    said = ""
    for attempt in range(tries + 1):
        if attempt:
            time.sleep(pause)
        try:
            done = subprocess.run(["sbatch", *options, str(script)], capture_output=True, check=False, text=True)
        except FileNotFoundError:
            raise ToolMissing(
                "There is no Slurm here: sbatch was not found.",
                remedy="Run on a cluster's login node, or use MultiProc.",
            ) from None
        if done.returncode == 0:
            identity = done.stdout.strip().splitlines()[-1].split(";")[0]
            return [f"{identity}_{i}" for i in range(len(commands))] if several else [identity]
        said = done.stderr.strip() or done.stdout.strip()
    raise RunError(
        f"Slurm refused the job '{name}': {said}",
        remedy=f"It was asked for {shlex.join(request.options())}; ask for what the cluster offers, in sbatch_args.",
    )


def job_states() -> dict[str, str] | None:
    """Return the state of each of the user's jobs and array tasks; None while the controller does not answer."""
    command = ["squeue", "--noheader", "--array", "--states=all", f"--user={getpass.getuser()}", "--format=%i|%T"]
    try:
        done = subprocess.run(command, capture_output=True, check=False, text=True, timeout=60)
    except subprocess.TimeoutExpired:
        return None
    if done.returncode:
        return None
    return dict(line.split("|", 1) for line in done.stdout.split() if "|" in line)


def largest_array(usual: int = 1000) -> int:
    """Return the most tasks that one array may have here."""
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        command = ["scontrol", "show", "config"]
        said = subprocess.run(command, capture_output=True, check=False, text=True, timeout=30).stdout
        for line in said.splitlines():
            if line.startswith("MaxArraySize"):
                return max(1, int(line.split("=")[1]) - 1)
    return usual


def cancel(jobs: Iterable[str]) -> None:
    """Cancel jobs, and arrays whole."""
    whole = sorted({identity.split("_")[0] for identity in jobs})
    if whole:
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(["scancel", *whole], capture_output=True, check=False, timeout=30)
