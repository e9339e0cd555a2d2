"""Accuracy: every method of every room that makes something with a known truth, in one table a room.

    python -m benchmarks.accuracy [HEAD ...] [--rooms ROOM ...] [--only METHOD ...] [--peers] [--write]
    python -m benchmarks.accuracy [HEAD ...] [--seven] [--chain] [--own]

HEAD is a folder with a simulation of PyPI `qsm-forward` (phase, magnitude, and derivatives with Chimap, fieldmap-local,
desc-shimmed_fieldmap, mask, dseg); inversions and background removals are measured on it. Without one, a digital
subject of this project with a calcification is scanned (seed 21, 1.5 mm, 3 T, two echoes, four coils), and all rooms
are measured; --seven scans one at 7 T in the shape that QSM-CI's head has (164 x 205 x 205, 1 mm, five echoes) and
prints below the table what is published for that one, on data that is not public.

What methods are given and how they are judged stands in `_rooms.py` and `_judged.py`. With --chain, inversions get what
preset `best` makes from wrapped phase. Maps are scored over the whole brain, where dropped voxels count as zeros; --own
scores where the method has a value. Every row is a process of its own: CPU seconds of a kernel's quickest run, and the
memory that it takes beside what it is given. --peers adds others' programs that a package registry holds (`_peers.py`).
--write puts the rows into docs/measured.json, in the place of earlier ones of the same methods; the pages are made from
it.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import inspect
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
from _heads import from_folder, of_subject, read, write
from _judged import judged_map
from _peers import PEERS
from _peers import candidates as peers_of
from _rooms import MEASURED, UNMEASURED

from nipype_qsm.interfaces.base import _forget_peak, _peak, threads
from nipype_qsm.interfaces.rooms import room as methods_of
from nipype_qsm.phantoms import DigitalSubject

WRITTEN = Path(__file__).resolve().parents[1] / "docs" / "measured.json"
HEADS = {
    "own": "a digital subject of this project (1.5 mm, 3 T, two echoes, four coils, a calcification) by "
    "`python -m benchmarks.accuracy`, one thread, on busy cores",
    "p1": "P1",
    "own-7T": "a digital subject of this project at 7 T",
}
"""What the names of heads mean; only figures of these are kept."""
RUNS, COLD_S = 5, 5.0
"""A kernel is run at most so often, and until it took so many CPU seconds: the quickest run counts, as in `_timing`."""
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
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for name, head in heads(options):
            path = Path(scratch) / f"{name}.npz"
            write(head, path)
            print(f"\n{name}: {' x '.join(map(str, head.mask.shape))}, ", end="")
            print(f"{' x '.join(f'{size:g}' for size in head.grid.voxel_size)} mm, {head.field_strength:g} T")
            known = head.veins.any()
            del head
            for room, measured in MEASURED.items():
                if room in (options.rooms or MEASURED) and (known or not measured.needs_truth):
                    rows += [{"head": name, **row} for row in table(room, options.only, options.peers, path)]
            print(PUBLISHED if options.seven else "")
    if options.write:
        merge(rows)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("heads", nargs="*", type=Path, metavar="HEAD")
    parser.add_argument("--chain", action="store_true", help="invert what preset `best` makes from wrapped phase")
    parser.add_argument("--own", action="store_true", help="score maps where the method has a value")
    parser.add_argument("--seven", action="store_true", help="a digital subject at 7 T, 164 x 205 x 205")
    parser.add_argument("--rooms", nargs="+", choices=MEASURED, metavar="ROOM")
    parser.add_argument("--only", nargs="+", metavar="METHOD")
    parser.add_argument("--peers", action="store_true", help="also what PyPI `qmrpy` has (B0 along z)")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--write", action="store_true", help=f"put the rows into {WRITTEN.parent.name}/{WRITTEN.name}")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.chain or options.seven:
        options.rooms = ["inversion"] if options.chain else options.rooms or ["inversion", "background"]
    if options.write and (options.chain or options.own):
        parser.error("what is written is measured on the true input, over the whole brain")
    return options


def heads(options: argparse.Namespace):
    """Yield names and heads, one at a time."""
    for folder in options.heads:
        yield folder.name, from_folder(folder)
    if options.seven:
        protocol = {"shape": (164, 205, 205), "voxel_size": (1.0, 1.0, 1.0), "field_strength": 7.0, "n_coils": 1}
        echoes = (0.004, 0.012, 0.020, 0.028, 0.036)
        yield "own-7T", of_subject(DigitalSubject("iso1", seed=22, calcification=True, echo_times=echoes, **protocol))
    elif not options.heads:
        protocol = {"shape": (128, 148, 116), "voxel_size": (1.5, 1.5, 1.5), "n_coils": 4}
        yield "own", of_subject(DigitalSubject("iso2", seed=21, calcification=True, **protocol))


def table(room: str, only: list[str] | None, peers: bool, path: Path) -> list[dict[str, Any]]:
    """Print and return a row for each method of a room that can be measured."""
    columns = (*MEASURED[room].columns, "cpu", "wall", "memory")
    rows = []
    for method, (_, version) in candidates(room, peers).items():
        if method not in (only or [method]):
            continue
        if not rows:
            print(f"{room:<30}" + "".join(f"{column:>10}" for column in columns), flush=True)
        command = [sys.executable, __file__, *sys.argv[1:], "--one", room, method, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{method:<30} failed: {done.stderr.strip().splitlines()[-1]}", flush=True)
            continue
        found = json.loads(done.stdout.splitlines()[-1])
        rows.append({"room": room, "method": method, "algorithm": version, **found})
        cells = (f"{found[column]:10.4g}" if column in found else f"{'-':>10}" for column in columns)
        print(f"{method:<30}" + "".join(cells), flush=True)
    return rows


def candidates(room: str, peers: bool) -> dict[str, tuple[Callable[..., Any], str]]:
    """Return kernel and version of a room's methods, by which a figure that has become too old is known."""
    own = {
        name: (interface._kernel, interface.input_spec().algorithm)
        for name, interface in methods_of(room).items()
        if f"{room}/{name}" not in UNMEASURED
    }
    return own | (peers_of(room) if peers else {})


def measure(room: str, method: str, path: str, options: argparse.Namespace) -> dict[str, float]:
    """Run one method and score what it gives."""
    head, about = read(Path(path)), MEASURED[room]
    kernel, _ = candidates(room, options.peers)[method]
    with threads(options.threads):
        arguments = about.arguments(head, method, options.chain)
        accepted = inspect.signature(kernel).parameters
        given = {name: value for name, value in arguments.items() if name in accepted}
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)  # what was freed before must not be counted as there
        _forget_peak()
        before = _peak() or 0.0
        runs: list[dict[str, float]] = []
        while len(runs) < RUNS and sum(run["cpu"] for run in runs) < COLD_S:
            begin = time.perf_counter(), time.process_time()
            result = kernel(**given)
            runs.append({"wall": time.perf_counter() - begin[0], "cpu": time.process_time() - begin[1]})
    spent = min(runs, key=lambda run: run["cpu"])
    spent["memory"] = 1024 * ((_peak() or 0.0) - before)
    own = {"own": True} if options.own and about.judged is judged_map else {}
    return about.judged(result, head, arguments, method, **own) | spent


def merge(rows: list[dict[str, Any]]) -> None:
    """Put rows into the file that the pages are made from, a line each, in the order of the rooms."""
    old = json.loads(WRITTEN.read_text())["rows"] if WRITTEN.is_file() else []
    found = {(row["head"], row["room"], row["method"]): row for row in [*old, *map(rounded, rows)]}
    order = [(room, method) for room in MEASURED for method in [*methods_of(room), *PEERS.get(room, {})]]
    kept = [row for row in found.values() if (row["room"], row["method"]) in order and row["head"] in HEADS]
    kept.sort(key=lambda row: (order.index((row["room"], row["method"])), row["head"]))
    rooms = {room: {"given": measured.given, "columns": measured.columns} for room, measured in MEASURED.items()}
    lines = ",\n".join("  " + json.dumps(row) for row in kept)
    facts = {"heads": HEADS, "rooms": rooms, "unmeasured": UNMEASURED}
    parts = [f' "{name}": {json.dumps(part)}' for name, part in facts.items()]
    WRITTEN.write_text("{\n" + ",\n".join(parts) + f',\n "rows": [\n{lines}\n ]\n}}\n')
    print(f"{len(rows)} rows written to {WRITTEN}")


def rounded(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with four digits, without wall time, which other work on the machine changes."""
    kept = {name: value for name, value in row.items() if name != "wall"}
    return {name: float(f"{value:.4g}") if isinstance(value, float) else value for name, value in kept.items()}


if __name__ == "__main__":
    main()
