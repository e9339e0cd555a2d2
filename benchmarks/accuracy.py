"""Accuracy: every inversion and every background removal, by all scores of the challenges, in one table each.

    python -m benchmarks.accuracy [HEAD ...] [--chain] [--own] [--seven] [--only METHOD ...] [--threads 1] [--json FILE]

HEAD is a folder with a simulation of PyPI `qsm-forward` (phase, magnitude, and derivatives with Chimap, fieldmap-local,
desc-shimmed_fieldmap, mask, dseg). Without one, a digital subject of this project with a calcification is scanned (seed
21, 1.5 mm, 3 T); --seven scans one at 7 T in the shape that QSM-CI's head has (164 x 205 x 205, 1 mm, five echoes) and
prints below the table what is published for that one, on data that is not public.

Each method gets the true input: inversions the local field, background removals the total field. With --chain they get
what preset `best` makes from wrapped phase instead. Both maps are demeaned in the mask. Scores are over the whole brain
where dropped voxels count as zeros; --own scores where the method has a value. Every row is a process of its own: the
second run's seconds, wall and CPU, and the peak memory of the process, of which `before` was there already. Methods
that need phase have a row with --chain alone.
"""

from __future__ import annotations

import argparse
import inspect
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage

sys.path.insert(0, str(Path(__file__).resolve().parent))
from _chain import front, needs_phase
from _heads import Head, from_folder, of_subject, read, write

from nipype_qsm.interfaces.background import BACKGROUND_REMOVALS
from nipype_qsm.interfaces.base import threads
from nipype_qsm.interfaces.inversion import INVERSIONS
from nipype_qsm.kernels.quality.scores import Scores, scores
from nipype_qsm.phantoms import DigitalSubject
from nipype_qsm.workflows.presets import PRESETS

REGISTRIES = {"inversion": INVERSIONS, "background": BACKGROUND_REMOVALS}
CORE = 5
"""Voxels taken off the brain where background removals are compared: all methods have a value inside."""
PUBLISHED = """\
published for QSM-CI's head of the same shape (its data is not public; NRMSE, XSIM, s there):
  iLSQR of STI Suite 40.8 .679 340 | TV default 28.7 .765 10, tuned by the truth 26.5 .848 23 | TKD 36.3 .730 2
  NLTV default 35.0 .782 120 | FANSI TV default 31.9 .667 171 | RTS 38.5 .694 12 | MEDI toolbox 52.0 .476 958"""


def main() -> None:
    """Print the tables."""
    options = parsed()
    if options.one:
        print(json.dumps(measure(*options.one, options)))
        return
    found = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name, head in heads(options):
            path = Path(scratch) / f"{name}.npz"
            write(head, path)
            print(f"\n{name}: {' x '.join(map(str, head.mask.shape))}, ", end="")
            print(f"{' x '.join(f'{size:g}' for size in head.grid.voxel_size)} mm, {head.field_strength:g} T")
            del head
            for room, registry in REGISTRIES.items():
                chosen = [method for method in registry if method in (options.only or registry)]
                chosen = [method for method in chosen if options.chain or not needs_phase(registry[method])]
                if chosen and not (options.chain and room == "background"):
                    found[name, room] = table(room, chosen, path)
            print(PUBLISHED if options.seven else "")
    if options.json:
        rows = [{"head": name, "room": room, **row} for (name, room), part in found.items() for row in part]
        options.json.write_text(json.dumps(rows, indent=1))


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("heads", nargs="*", type=Path, metavar="HEAD")
    parser.add_argument("--chain", action="store_true", help="invert what preset `best` makes from wrapped phase")
    parser.add_argument("--own", action="store_true", help="score where the method has a value")
    parser.add_argument("--seven", action="store_true", help="a digital subject at 7 T, 164 x 205 x 205")
    parser.add_argument("--only", nargs="+", metavar="METHOD")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the rows here, too")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    return parser.parse_args()


def heads(options: argparse.Namespace):
    """Yield names and heads, one at a time."""
    for folder in options.heads:
        yield folder.name, from_folder(folder)
    if options.seven:
        protocol = {"shape": (164, 205, 205), "voxel_size": (1.0, 1.0, 1.0), "field_strength": 7.0, "n_coils": 1}
        echoes = (0.004, 0.012, 0.020, 0.028, 0.036)
        yield "own-7T", of_subject(DigitalSubject("iso1", seed=22, calcification=True, echo_times=echoes, **protocol))
    elif not options.heads:
        protocol = {"shape": (128, 148, 116), "voxel_size": (1.5, 1.5, 1.5), "n_coils": 1}
        yield "digital-subject", of_subject(DigitalSubject("iso2", seed=21, calcification=True, **protocol))


def table(room: str, methods: list[str], path: Path) -> list[dict[str, Any]]:
    """Print and return a row for each method."""
    columns = {
        "inversion": (
            "nrmse",
            "detrended",
            "slope",
            "r",
            "xsim",
            "hfen",
            "streak",
            "rmse",
            "wall",
            "cpu",
            "peak",
            "before",
        ),
        "background": ("core", "own", "nrmse", "xsim", "kept", "wall", "cpu", "peak", "before"),
    }[room]
    print(f"{room:<20}" + "".join(f"{column:>10}" for column in columns), flush=True)
    rows = []
    for method in methods:
        command = [sys.executable, __file__, *sys.argv[1:], "--one", room, method, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{method:<20} failed: {done.stderr.strip().splitlines()[-1]}", flush=True)
            continue
        rows.append({"method": method, **json.loads(done.stdout.splitlines()[-1])})
        print(f"{method:<20}" + "".join(f"{rows[-1][column]:10.4g}" for column in columns), flush=True)
    return rows


def measure(room: str, method: str, path: str, options: argparse.Namespace) -> dict[str, float]:
    """Run one method twice and score what it gives."""
    head = read(Path(path))
    kernel = REGISTRIES[room][method]._kernel
    with threads(options.threads):
        if room == "inversion":
            arguments, mask = given(head, options.chain)
        else:
            arguments, mask = {"field_total": head.field_total, "magnitude_combined": head.magnitude}, head.mask
        arguments |= {"mask": mask, "grid": head.grid}
        head.signals.clear()
        before = peak()
        accepted = inspect.signature(kernel).parameters
        arguments = {name: value for name, value in arguments.items() if name in accepted}
        arguments |= preset_options(room, method) if options.chain else {}
        for _ in range(2):
            begin = time.perf_counter(), time.process_time()
            result = kernel(**arguments)
            spent = {"wall": time.perf_counter() - begin[0], "cpu": time.process_time() - begin[1]}
    spent |= {"peak": peak(), "before": before}
    if room == "background":
        return judged_field(result.field_local, result.mask_local, head) | spent
    chi = result if isinstance(result, np.ndarray) else result.chi
    return judged_map(chi, mask & head.mask if options.own else head.mask, head) | spent


def given(head: Head, chain: bool) -> tuple[dict[str, Any], np.ndarray]:
    """Return what an inversion is given, and its mask."""
    if not chain:
        return {"field_local": head.field_local, "magnitude_combined": head.magnitude}, head.mask
    start = front(head)
    field_local, mask = start.without_background(*PRESETS["best"]["background"])
    beside = {name: getattr(start, name) for name in ("magnitude_combined", "phase", "magnitude")}
    about = {"echo_times": head.echo_times, "field_strength": head.field_strength}
    return {"field_local": field_local, **beside, **about}, mask


def preset_options(room: str, method: str) -> dict[str, Any]:
    """Return what preset `best` says to a method that is its own."""
    chosen, options = PRESETS["best"][room]
    return options if chosen == method else {}


def judged_map(chi: np.ndarray, where: np.ndarray, head: Head) -> dict[str, float]:
    """Return the scores of a map."""
    value, truth = (np.where(where, v - v[where].mean(dtype=np.float64), 0) for v in (chi, head.chi))
    found: Scores = scores(value, truth, where, deep_grey=head.deep_grey, calcification=head.calcification & where)
    return {
        "nrmse": found.nrmse,
        "detrended": found.nrmse_detrended,
        "slope": found.deep_grey_slope,
        "r": found.deep_grey_r,
        "xsim": found.xsim,
        "hfen": found.hfen,
        "streak": found.calcification_streak,
        "rmse": 1000 * float((value - truth)[where].std(dtype=np.float64)),
    }


def judged_field(field: np.ndarray, mask: np.ndarray, head: Head) -> dict[str, float]:
    """Return the errors of a local field [ppb] and the part of the brain that is kept [percent]."""
    error = 1000 * (field - head.field_local)
    core = ndimage.binary_erosion(head.mask, iterations=CORE) & mask
    found = scores(field, head.field_local, mask)
    return {
        "core": float(error[core].std(dtype=np.float64)),
        "own": float(error[mask].std(dtype=np.float64)),
        "nrmse": found.nrmse,
        "xsim": found.xsim,
        "kept": 100 * np.count_nonzero(mask) / np.count_nonzero(head.mask),
    }


def peak() -> float:
    """Return the peak memory of this process so far, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
