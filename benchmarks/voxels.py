"""Voxel-wise association: one full unit of work really run, beside its floor, a numpy script and nilearn.

    python benchmarks/voxels.py [--subjects 35273] [--voxels 8192] [--confounds 600] [--variables 6] [--edge 0.0]

One core. Times are CPU seconds. A store of `--voxels` voxels
and all subjects is written; voxels have a spread of 25 ppb with heavy tails (t of 5 degrees: 0.7 % are outliers),
0.05 % of values are missing and each of the confounds is in them. `--edge` is the share of voxels at the brain's
edge, of which 0.5 to 50 % of the subjects have no value. The unit then runs in a process of its own, as a node does,
read included, and its peak memory is printed. The numpy script is what people write, per voxel: median and MAD,
rankdata, ndtri, y - QQ'y, r and P; it fills gaps with zero, as does nilearn's `permuted_ols` without permutations (PyPI
nilearn), which needs the scores, in float64.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata, t

from nipype_qsm.interfaces.base import threads
from nipype_qsm.interfaces.cohort import Voxelwise
from nipype_qsm.interfaces.cohort.voxel_design import loaded, saved
from nipype_qsm.interfaces.cohort.voxelwise import steps_of
from nipype_qsm.kernels.cohort.normal_scores import Workplace, normal_scores
from nipype_qsm.kernels.cohort.voxel_design import voxel_design
from nipype_qsm.kernels.cohort.voxelwise import VoxelScan
from nipype_qsm.map_store import MapStore

BRAIN, SOME = 1_820_000, 512


def write_store(path, options):
    rng = np.random.default_rng(0)
    n, voxels = options.subjects, options.voxels
    about = {"space": "MNI152NLin6Asym", "quantity": "chi_referenced", "unit": "ppb", "scale": 0.1}
    store = MapStore.create(path, mask=np.ones((voxels, 1, 1), bool), affine=np.eye(4), **about)
    confounds = rng.standard_normal((n, options.confounds), dtype=np.float32)
    loads = rng.standard_normal((options.confounds, voxels), dtype=np.float32) * 2
    share = np.full(voxels, 0.0005, np.float32)
    share[: int(options.edge * voxels)] = np.linspace(0.005, 0.5, int(options.edge * voxels))
    for start in range(0, n, 256):
        some = confounds[start : start + 256]
        values = 200 * rng.standard_t(options.tails, (len(some), voxels)) + some @ loads
        steps = np.round(values.clip(-32767, 32767)).astype(np.int16)
        steps[rng.random(steps.shape, dtype=np.float32) < share] = -32768
        store.append([str(1000000 + start + k) for k in range(len(some))], steps)
    return confounds.astype(float)


def prepare(folder, options):
    """Write the store and the design, as the graph's first node does."""
    confounds = write_store(folder / "chi.store", options)
    rng = np.random.default_rng(1)
    phenotypes = rng.standard_normal((options.subjects, options.variables)) + confounds[:, :1]
    phenotypes[rng.random(phenotypes.shape) < options.gaps] = np.nan
    start = time.process_time()
    made = voxel_design(phenotypes, confounds)
    print(f"design: {time.process_time() - start:.1f} s, once for all units")
    subjects = [str(1000000 + k) for k in range(options.subjects)]
    rank, names = made.rank.tolist(), [f"v{k}" for k in range(options.variables)]
    saved(made, {"subjects": subjects, "names": names, "rank": rank, "reason": made.reason}, folder / "design")


def node(folder, voxels):
    """Run the unit as a node does, in this process; print seconds and peak memory."""
    inputs = {"store": str(folder / "chi.store"), "design": str(folder / "design")}
    Voxelwise(**inputs, voxels=[0, 16]).run(cwd=str(folder))  # compile and load everything first
    start = time.process_time()
    made = Voxelwise(**inputs, voxels=[0, voxels]).run(cwd=str(folder)).outputs
    taken, part = time.process_time() - start, np.load(made.part)
    # Not ru_maxrss, which still holds the peak of the process that started this one.
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) / 1024**2 for line in lines if line.startswith("VmHWM"))
    print(json.dumps({"cpu": taken, "peak": peak, "refused": int((part["reason"] != 0).sum())}))


def parts(folder, options):
    """Time each step of the unit, and the bare product of the same shape beside it."""
    store, (design, facts) = MapStore.open(folder / "chi.store"), loaded(folder / "design")
    scan, totals = VoxelScan(design), dict.fromkeys(("read", "scores", "bare", "product", "rest"), 0.0)
    start = time.process_time()
    steps = steps_of(store, slice(0, options.voxels), facts["subjects"])
    totals["read"], missing = time.process_time() - start, 0
    place = Workplace(512, len(facts["subjects"]), scan.kind)
    bare = np.empty((512, scan.q.shape[1]), np.float32)
    for first in range(0, options.voxels, 512):
        start = time.process_time()
        tile = normal_scores(steps[first : first + 512], place)
        scored = time.process_time()
        np.matmul(tile.scores, scan.q, out=bare[: len(tile.scores)])
        multiplied = time.process_time()
        (tile.scores @ scan.q).astype(np.float64)
        taken = time.process_time()
        scan.correlate(tile)
        totals["scores"] += scored - start
        totals["bare"] += multiplied - scored
        totals["product"] += taken - multiplied
        totals["rest"] += time.process_time() - taken
        missing += tile.missing.size
    flops = 2.0 * len(facts["subjects"]) * scan.q.shape[1] * options.voxels
    each = {name: value / options.voxels * 1e3 for name, value in totals.items()}
    print(f"  reading and turning {each['read']:.3f} ms a voxel, outliers and scores {each['scores']:.3f},")
    print(f"  Q'y, corrections, y'x, r and P {each['rest']:.3f}, of it Q'y {each['product']:.3f}; the bare product "
          f"{each['bare']:.3f} ({flops / totals['bare'] / 1e9:.0f} GFLOP/s): Q'y runs at "
          f"{totals['bare'] / totals['product']:.0%} of it")  # fmt: skip
    print(f"  missing or outliers: {missing / options.voxels:.1f} subjects a voxel")
    return scan, steps


def script(steps, design):
    """Correlate some voxels as people write it."""
    q, x = np.asarray(design.q), np.nan_to_num(design.residuals)
    x = x / np.linalg.norm(x, axis=0)
    n, found = len(q), np.empty((x.shape[1], len(steps)))
    for voxel, row in enumerate(steps):
        y = row.astype(float) - 32768
        y[row == 0] = np.nan
        middle = np.nanmedian(y)
        y[np.abs(y - middle) > 6 * np.nanmedian(np.abs(y - middle))] = np.nan
        known = ~np.isnan(y)
        scores = np.zeros(n)
        scores[known] = ndtri((rankdata(y[known]) - 0.375) / (known.sum() + 0.25))
        left = scores - q @ (q.T @ scores)
        found[:, voxel] = left @ x / np.linalg.norm(left)
    dof = n - 1 - q.shape[1]
    with np.errstate(divide="ignore"):
        return found, -t.logsf(np.abs(found) * np.sqrt(dof / (1 - found**2)), dof) / np.log(10)


def compared(scan, steps, options):
    some, design = steps[:SOME], scan.design
    ours = scan.run(some)
    start = time.process_time()
    scan.run(some)
    own = (time.process_time() - start) / SOME
    start = time.process_time()
    r, _ = script(some, design)
    theirs = (time.process_time() - start) / SOME
    print(f"{SOME} voxels in memory: this {own * 1e3:.2f} ms a voxel, numpy and scipy {theirs * 1e3:.2f}: "
          f"{theirs / own:.1f} times; r differs by up to {np.nanmax(np.abs(r - ours.r)):.0e} (gaps)")  # fmt: skip
    try:
        from nilearn.mass_univariate import permuted_ols
    except ImportError:
        print("nilearn is not here: pip install nilearn")
        return
    scores = normal_scores(some).scores.T.astype(float)
    phenotypes, q = np.nan_to_num(design.residuals), np.asarray(design.q)[:, 1:]
    start = time.process_time()
    found = permuted_ols(phenotypes, scores, q, n_perm=0, output_type="dict", verbose=0)["t"]
    each, dof = (time.process_time() - start) / SOME, len(q) - 2 - q.shape[1]
    r = found / np.sqrt(dof + found**2)
    print(f"  nilearn's permuted_ols {each * 1e3:.2f} ms a voxel, its own regression of the confounds included: "
          f"{each / own:.1f} times; r differs by up to {np.nanmax(np.abs(r - ours.r)):.0e}")  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--subjects", type=int, default=35273)
    parser.add_argument("--voxels", type=int, default=8192)
    parser.add_argument("--confounds", type=int, default=600)
    parser.add_argument("--variables", type=int, default=6)
    parser.add_argument("--gaps", type=float, default=0.0, help="share of missing values in phenotypes")
    parser.add_argument("--edge", type=float, default=0.0, help="share of voxels at the brain's edge")
    parser.add_argument("--tails", type=float, default=5.0, help="degrees of freedom of the voxels' distribution")
    parser.add_argument("--node", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.node:
        node(options.node, options.voxels)
        return
    with threads(1), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, options)
        call = [sys.executable, __file__, "--node", name, "--voxels", str(options.voxels)]
        found = json.loads(subprocess.run(call, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
        each = found["cpu"] / options.voxels
        print(f"one unit: {options.voxels} voxels x {options.subjects} subjects, {options.confounds} confounds, "
              f"{options.variables} maps: {found['cpu']:.1f} s, {each * 1e3:.2f} ms a voxel, "
              f"peak {found['peak']:.2f} GB; {found['refused']} pairs refused")  # fmt: skip
        print(f"  {BRAIN} voxels: {each * BRAIN / 3600:.2f} core-h, from this unit")
        compared(*parts(folder, options), options)


if __name__ == "__main__":
    main()
