"""Every background removal before every inversion, on digital subjects that are scanned twice.

    python -m benchmarks.matrix [--subjects 3] [--processes 1] [--only INVERSION ...] [--after REMOVAL ...]
                                [--write]

Each subject lies differently in the second session, with another shim, other coil phases and other noise. What comes
before is preset `best` from wrapped phase to the total field; methods have their defaults, but for one more column, the
TV of that preset. --write puts the figures into docs/matrix.json, from which the page of figures is made. Tables,
background down and inversion across: XSIM and RMSE [ppb] where the chain has a value, which is easier the less of the
brain is kept (first column, percent); XSIM of the whole brain with zeros elsewhere; slope of deep grey nuclei against
the truth; and as in UK Biobank's own evaluation of algorithms, the repeatability of the nuclei's medians against the
ventricles: standard deviation within subjects [ppb], and correlation of the sessions over subjects (each nucleus
without its average).
"""

from __future__ import annotations

import argparse
import inspect
import json
import sys
import tempfile
import warnings
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
from _chain import front, needs_phase
from _heads import Head, of_subject, read, write

from nipype_qsm.interfaces.background import BACKGROUND_REMOVALS
from nipype_qsm.interfaces.base import threads
from nipype_qsm.interfaces.inversion import INVERSIONS
from nipype_qsm.kernels.quality.scores import scores, xsim
from nipype_qsm.phantoms import DigitalSubject
from nipype_qsm.workflows.presets import PRESETS

FIRST_SEED = 31
SCAN = {"shape": (78, 96, 52), "voxel_size": (2.0, 2.0, 3.0), "n_coils": 4, "snr": 100.0}
WRITTEN = Path(__file__).resolve().parents[1] / "docs" / "matrix.json"
TITLES = {
    "xsim": "XSIM where the chain has a value",
    "rmse": "RMSE where the chain has a value, ppb",
    "whole": "XSIM of the whole brain",
    "slope": "slope of deep grey",
    "within": "standard deviation within subjects, ppb",
    "correlation": "correlation of the sessions",
}
METHODS: dict[str, tuple[str, dict[str, Any]]] = {
    **{name: (name, {}) for name, method in INVERSIONS.items() if not needs_phase(method)},
    "tv of best": PRESETS["best"]["inversion"],
}
"""Inversions and their options: defaults, and those of preset `best`."""


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--subjects", type=int, default=3)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=METHODS, default=list(METHODS), metavar="INVERSION")
    parser.add_argument(
        "--after", nargs="+", choices=BACKGROUND_REMOVALS, default=list(BACKGROUND_REMOVALS), metavar="REMOVAL"
    )
    parser.add_argument("--write", action="store_true", help=f"put the figures into docs/{WRITTEN.name}")
    options = parser.parse_args()
    sessions = [(FIRST_SEED + n, scan) for n in range(options.subjects) for scan in (0, 1)]
    jobs = [(*session, method) for session in sessions for method in options.after]
    with tempfile.TemporaryDirectory() as scratch, workers(options.processes) as pool:
        list(pool.map(scanned, sessions, [scratch] * len(sessions), [options.after] * len(sessions)))
        parts = pool.map(inverted, jobs, [scratch] * len(jobs), [options.only] * len(jobs))
        rows = [row for part in parts for row in part]
    cells = [
        {"background": background, "inversion": inversion, **summary(cell)}
        for background in options.after
        for inversion in options.only
        if (cell := [row for row in rows if (row["background"], row["inversion"]) == (background, inversion)])
    ]
    for value, title in TITLES.items():
        show(title, value, cells, options.only)
    if options.write:
        merge(cells, options.subjects)


def workers(n: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(n, mp_context=get_context("spawn"))


def scanned(session: tuple[int, int], scratch: str, removals: list[str]) -> None:
    """Simulate one session, and store it and its total field."""
    seed, scan = session
    head = of_subject(DigitalSubject("ukb", seed=seed, scan=scan, threads=1, **SCAN))
    write(head, Path(scratch) / f"{seed}-{scan}.npz")
    with threads(1):
        start = front(head)
        for method in removals:
            field, mask = start.without_background(method, {})
            stored = {"field": field, "mask": mask, "magnitude": start.magnitude_combined}
            np.savez(Path(scratch) / f"{seed}-{scan}-{method}.npz", **stored)


def inverted(job: tuple[int, int, str], scratch: str, methods: list[str]) -> list[dict[str, Any]]:
    """Invert one local field by every method that is asked for."""
    warnings.simplefilter("ignore", RuntimeWarning)
    seed, scan, background = job
    head = read(Path(scratch) / f"{seed}-{scan}.npz")
    with np.load(Path(scratch) / f"{seed}-{scan}-{background}.npz") as stored:
        field, mask, magnitude = (stored[name] for name in ("field", "mask", "magnitude"))
    which = {"seed": seed, "scan": scan, "background": background}
    rows = []
    for inversion in methods:
        name, options = METHODS[inversion]
        kernel = INVERSIONS[name]._kernel
        more = {"magnitude_combined": magnitude} if "magnitude_combined" in inspect.signature(kernel).parameters else {}
        with threads(1):
            result = kernel(field, mask, head.grid, **more, **options)
        chi = result if isinstance(result, np.ndarray) else result.chi
        rows.append(which | {"inversion": inversion} | judged(chi, mask, head))
    return rows


def judged(chi: np.ndarray, mask: np.ndarray, head: Head) -> dict[str, Any]:
    """Return the scores of a map, and what is compared between sessions."""
    value, truth = (np.where(mask, v - v[mask].mean(dtype=np.float64), 0) for v in (chi, head.chi))
    found = scores(value, truth, mask, deep_grey=head.deep_grey)
    zero = np.median(chi[head.reference & mask])
    nuclei = np.where(mask, head.deep_grey, 0)
    medians = {
        int(number): 1000 * float(np.median(chi[nuclei == number]) - zero) for number in np.unique(nuclei[nuclei > 0])
    }
    whole = head.chi - head.chi[head.mask].mean(dtype=np.float64)
    return {
        "kept": 100 * np.count_nonzero(mask) / np.count_nonzero(head.mask),
        "xsim": found.xsim,
        "rmse": 1000 * float((value - truth)[mask].std(dtype=np.float64)),
        "whole": xsim(value, whole, head.mask),
        "slope": found.deep_grey_slope,
        "medians": medians,
    }


def repeatability(cell: list[dict[str, Any]]) -> tuple[float, float]:
    """Return the standard deviation within subjects, and the sessions' correlation over subjects."""
    shared = sorted(set.intersection(*(set(row["medians"]) for row in cell)))
    ordered = sorted(cell, key=lambda row: row["seed"])
    first, second = (
        np.array([[row["medians"][number] for number in shared] for row in ordered if row["scan"] == scan])
        for scan in (0, 1)
    )
    within = float(np.sqrt(np.mean((first - second) ** 2) / 2))
    first, second = (session - session.mean(axis=0) for session in (first, second))
    return within, float(np.corrcoef(first.ravel(), second.ravel())[0, 1])


def summary(cell: list[dict[str, Any]]) -> dict[str, float]:
    """Return the averages of a background removal and an inversion over subjects, and their repeatability."""
    means = {name: float(np.mean([row[name] for row in cell])) for name in ("kept", "xsim", "rmse", "whole", "slope")}
    within, correlation = repeatability(cell)
    return means | {"within": within, "correlation": correlation}


def show(title: str, value: str, cells: list[dict[str, Any]], methods: list[str]) -> None:
    """Print one table."""
    print(f"\n{title}\n{'':<16}{'kept':>6}" + "".join(f"{name[:9]:>10}" for name in methods))
    for background in dict.fromkeys(cell["background"] for cell in cells):
        here = [cell for cell in cells if cell["background"] == background]
        print(f"{background:<16}{here[0]['kept']:6.1f}" + "".join(f"{cell[value]:10.3g}" for cell in here), flush=True)


def merge(cells: list[dict[str, Any]], n_subjects: int) -> None:
    """Put figures into the file that the page is made from, a line each, in the place of earlier ones."""
    old = json.loads(WRITTEN.read_text()) if WRITTEN.is_file() else {}
    kept = old["cells"] if old.get("subjects") == n_subjects else []
    for cell in cells:
        cell |= {name: float(f"{value:.4g}") for name, value in cell.items() if isinstance(value, float)}
        cell["algorithm"] = INVERSIONS[METHODS[cell["inversion"]][0]].input_spec().algorithm
    found = {(cell["background"], cell["inversion"]): cell for cell in [*kept, *cells]}
    order = [(background, inversion) for background in BACKGROUND_REMOVALS for inversion in METHODS]
    lines = ",\n".join("  " + json.dumps(found[key]) for key in order if key in found)
    facts = f' "subjects": {n_subjects},\n "titles": {json.dumps(TITLES)}'
    WRITTEN.write_text(f'{{\n{facts},\n "cells": [\n{lines}\n ]\n}}\n')


if __name__ == "__main__":
    main()
