"""Cohort: all associations beside a loop over scipy, P values beside mpmath, 600 confounds on a measured subset.

    python benchmarks/cohort.py [--phenotypes 1536] [--full] [--confounds 600] [--float32]

One core: run with OPENBLAS_NUM_THREADS=1. Times are CPU seconds of this process, the least of three. Without `--full`
the association of 35,273 subjects, 36 phenotypes of the brain and 17,485 others is measured on some of the others and
scaled up; with it, it is really run (5 GB of random numbers in float64). Phenotypes miss 0 to 95 %, those of the brain
0.5 %. The loop is what people write: both columns' gaps found, `scipy.stats.pearsonr` on what is left.
"""

from __future__ import annotations

import argparse
import resource
import sys
from pathlib import Path

import numpy as np
from _timing import best
from scipy.stats import pearsonr

from nipype_qsm.kernels.cohort.associate import associate
from nipype_qsm.kernels.cohort.confound_basis import confound_basis
from nipype_qsm.kernels.cohort.deconfound import deconfound
from nipype_qsm.kernels.cohort.log_p import mlog10p_from_r

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from oracles import minus_log10_p

SUBJECTS, IDPS, PHENOTYPES = 35273, 36, 17485


def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def cohort(n_phenotypes, kind):
    rng = np.random.default_rng(0)
    idps = rng.standard_normal((IDPS, SUBJECTS)).T
    idps[rng.random(idps.shape) < 0.005] = np.nan
    phenotypes = np.empty((n_phenotypes, SUBJECTS), kind)
    for row in phenotypes:
        row[:] = rng.standard_normal(SUBJECTS, dtype=np.float32)
        row[rng.random(SUBJECTS, dtype=np.float32) < rng.uniform(0, 0.95)] = np.nan
    return idps, phenotypes.T


def loop(idps, phenotypes, pairs):
    found = []
    for i, p in pairs:
        both = ~(np.isnan(idps[:, i]) | np.isnan(phenotypes[:, p]))
        found.append(pearsonr(idps[both, i], phenotypes[both, p].astype(float)).statistic)
    return found


def associations(n_phenotypes, kind, repeats):
    idps, phenotypes = cohort(n_phenotypes, kind)
    associate(idps[:200], phenotypes[:200, :2])
    before = peak_mb()
    ours, result = best(lambda: associate(idps, phenotypes), repeats)
    extra = peak_mb() - before
    rng = np.random.default_rng(1)
    pairs = [(int(rng.integers(IDPS)), int(rng.integers(n_phenotypes))) for _ in range(200)]
    theirs, expected = best(lambda: loop(idps, phenotypes, pairs), 2)
    worst = max(abs(result.r[pair] - r) for pair, r in zip(pairs, expected, strict=True))
    scale = PHENOTYPES / n_phenotypes
    per_pair = theirs / len(pairs)
    print(f"associations, {np.dtype(kind).name}: {SUBJECTS} subjects x {IDPS} x {n_phenotypes}")
    print(f"  ours           {ours:8.2f} s, {ours * scale:8.2f} s for {PHENOTYPES}{'' if scale > 1 else ' (measured)'}")
    print(
        f"  loop of scipy  {per_pair * 1e3:8.2f} ms a pair (200 pairs), {per_pair * IDPS * PHENOTYPES:8.0f} s for all"
    )
    print(f"  ratio          {per_pair * IDPS * n_phenotypes / ours:8.0f}, largest difference of r {worst:.1e}")
    print(f"  memory beside the tables {extra:.0f} MB, peak of the process {peak_mb():.0f} MB")


def confounds(k):
    rng = np.random.default_rng(2)
    table = rng.standard_normal((SUBJECTS, k))
    values = np.asfortranarray(rng.standard_normal((SUBJECTS, 24)))
    shares = np.linspace(0, 0.95, 24)
    values[rng.random(values.shape) < shares] = np.nan
    taken, basis = best(lambda: confound_basis(table), 1)
    print(f"confounds: basis of {k} for {SUBJECTS} subjects {taken:.1f} s, once")
    taken, result = best(lambda: deconfound(values, table), 1)
    each = (taken - best(lambda: confound_basis(table), 1)[0]) / 24
    shared = best(lambda: basis.of_rows(~np.isnan(values[:, 12])), 2)[0]
    print(
        f"  24 phenotypes of 24 gap patterns, 0 to 95 % missing: {each:.3f} s each, {shared:.3f} s for half's pattern"
    )
    print(f"  {PHENOTYPES} with gaps of their own: {each * PHENOTYPES / 60:.0f} min of one core, extrapolated")
    worst = 0.0
    for column in range(24):
        rows = ~np.isnan(result.residuals[:, column])
        left = result.residuals[rows, column] / np.linalg.norm(result.residuals[rows, column])
        centred = table[rows] - table[rows].mean(axis=0)
        worst = max(worst, np.abs(left @ centred / np.linalg.norm(centred, axis=0)).max())
    print(f"  largest correlation left with a confound {worst:.1e}")


def p_values():
    r = np.random.default_rng(3).normal(0, 0.05, IDPS * PHENOTYPES)
    taken, _ = best(lambda: mlog10p_from_r(r, np.full(r.size, SUBJECTS - 2)))
    worst, largest, smallest = 0.0, 0.0, np.inf
    for dof in (3, 38, 1000, SUBJECTS - 2, 10**6):
        for t in (3e-8, 1e-5, 1e-2, 0.5, 1.7, 2.9, 3.1, 4.0, 6.0, 10.0, 25.0, 80.0, 250.0)[
            : None if dof < 10**6 else -3
        ]:
            x = t / np.sqrt(t**2 + dof)
            expected = minus_log10_p(x, dof, digits=200)
            worst = max(worst, abs(mlog10p_from_r(x, dof) / expected - 1))
            largest, smallest = max(largest, expected), min(smallest, expected)
    expected = minus_log10_p(0.995, 100_000, digits=60)
    worst, largest = max(worst, abs(mlog10p_from_r(0.995, 100_000) / expected - 1)), max(largest, expected)
    print(f"-log10 P: {taken / r.size * 1e6:.2f} us each, from {smallest:.0e} to {largest:.0f}")
    print(f"  largest relative error against a series in mpmath {worst:.0e}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--phenotypes", type=int, default=1536)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--confounds", type=int, default=600)
    parser.add_argument("--float32", action="store_true")
    options = parser.parse_args()
    kind = np.float32 if options.float32 else np.float64
    associations(PHENOTYPES if options.full else options.phenotypes, kind, 1 if options.full else 3)
    p_values()
    confounds(options.confounds)


if __name__ == "__main__":
    main()
