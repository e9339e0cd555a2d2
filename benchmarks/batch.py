"""A cohort: why it is not one graph, what Nipype costs a subject, and subjects an hour by the way they are run.

    python benchmarks/batch.py [--subjects 4] [--cores 2]

What stands beside what: graphs of one, ten and more subjects, whose expansion is timed before anything runs; the CPU
time of a subject's nodes beside that of the process that runs them; and the same small digital subjects (64 x 72 x 26,
three coils, maps without regions) by Linear and MultiProc one after the other, by processes beside each other, and as
a Slurm array where sbatch is found. Times of a busy machine differ from run to run; CPU times do so less.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from nipype.pipeline import engine as pe

from nipype_qsm.interfaces.base import KernelInterface
from nipype_qsm.workflows.qsm import init_qsm_wf

SIZES = (1, 10, 40, 160)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--subjects", type=int, default=4)
    parser.add_argument("--cores", type=int, default=2)
    options = parser.parse_args()
    expansion()
    with tempfile.TemporaryDirectory() as scratch:
        subject = simulated(Path(scratch))
        overhead(subject, Path(scratch))
        throughput(subject, Path(scratch), options.subjects, options.cores)


def expansion() -> None:
    """Time what Nipype does with a graph before its first node runs."""
    from nipype.pipeline.engine.utils import generate_expanded_graph

    print(f"{'subjects in one graph':<24}{'nodes':>7}{'CPU s':>8}{'ms a subject':>14}{'GB':>7}")
    for n in SIZES:
        began = time.process_time()
        cohort = pe.Workflow("cohort")
        cohort.add_nodes([init_qsm_wf("best", name=f"subject{number}_wf") for number in range(n)])
        graph = generate_expanded_graph(cohort._create_flat_graph())
        spent = time.process_time() - began
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"{n:<24}{len(graph):>7}{spent:>8.2f}{1000 * spent / n:>14.0f}{used:>7.2f}", flush=True)


def simulated(folder: Path) -> Path:
    from nipype_qsm.phantoms import DigitalSubject

    DigitalSubject("small", seed=1, n_coils=3, threads=1).write_ukb(folder / "subject")
    return folder / "subject"


def call(subjects: list[Path], out: Path, *more: str) -> list[str]:
    return ["ukb", *map(str, subjects), "--out", str(out), "--maps-only", "--quiet", *more]


def overhead(subject: Path, scratch: Path) -> None:
    """Compare the CPU time of a process with that of what its nodes compute."""
    from nipype_qsm.cli import running
    from nipype_qsm.cli.main import call as run

    spent: dict[str, float] = {"nodes": 0.0, "run": 0.0}

    def timed(function: Any, name: str) -> Any:
        def inner(*given: Any, **named: Any) -> Any:
            began = time.process_time()
            try:
                return function(*given, **named)
            finally:
                spent[name] += time.process_time() - began

        return inner

    before = KernelInterface.run, running.run
    KernelInterface.run, running.run = timed(before[0], "nodes"), timed(before[1], "run")  # type: ignore[method-assign]
    nigra = [str(subject / "truth" / f"nigra_{side}.nii.gz") for side in ("left", "right")]
    with_regions = ["ukb", str(subject), "--quiet", "--nigra", *nigra, "--template-space", "MNI152NLin2009cAsym"]
    calls = {
        "maps alone": call([subject], scratch / "overhead_maps"),
        "with regions": [*with_regions, "--out", str(scratch / "overhead_regions")],
    }
    try:
        for name, arguments in calls.items():
            spent.update(nodes=0.0, run=0.0)
            run([*arguments, "--n-procs", "1"])
            print(f"\nNipype a subject, {name}: {spent['run'] - spent['nodes']:.2f} CPU s beside {spent['nodes']:.2f}")
    finally:
        KernelInterface.run, running.run = before  # type: ignore[method-assign]


def throughput(subject: Path, scratch: Path, n: int, cores: int) -> None:
    """Time the same subjects by each way of running them."""
    visits = [scratch / "visits" / f"{1000000 + number}" for number in range(n)]
    for visit in visits:
        shutil.copytree(subject, visit, copy_function=os.link)
    ways = {
        "Linear": call(visits, scratch / "linear", "--n-procs", "1"),
        f"MultiProc, {cores} cores": call(
            visits, scratch / "multiproc", "--plugin", "MultiProc", "--n-procs", str(cores)
        ),
        f"batch, {cores} processes": [
            *("batch", str(scratch / "here"), "--quiet", "--jobs", str(cores), "--"),
            *call(visits, scratch / "processes", "--n-procs", "1"),
        ],
    }
    array = ["batch", str(scratch / "array"), "--quiet", "--slurm", "--mem-gb", "1", "--"]
    print(f"\n{'':<22}{'wall s':>8}{'CPU s':>8}{'subjects an hour':>18}")
    for name, arguments in ways.items():
        told(name, arguments, n)
    with slurm():
        if shutil.which("sbatch"):
            told("Slurm array", [*array, *call(visits, scratch / "slurm", "--n-procs", "1")], n)


def told(name: str, arguments: list[str], n: int) -> None:
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [sys.executable, "-m", "nipype_qsm.cli.main", *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    shown = f"{cpu:>8.1f}" if name != "Slurm array" else f"{'':>8}"  # its tasks are no children of this process
    print(f"{name:<22}{wall:>8.1f}{shown}{3600 * n / wall:>18.0f}", flush=True)


@contextlib.contextmanager
def slurm() -> Any:
    """Run a private Slurm of this machine, where it is installed."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
    from slurm_cluster import Cluster, missing

    if missing():
        print(f"no Slurm here: {', '.join(missing())} missing")
        yield
        return
    folder, before = Path(tempfile.mkdtemp(prefix="slurm")), dict(os.environ)
    cluster = Cluster(folder)
    cluster.start()
    os.environ.update(cluster.environment)
    try:
        yield
    finally:
        cluster.stop()
        os.environ.clear()
        os.environ.update(before)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
