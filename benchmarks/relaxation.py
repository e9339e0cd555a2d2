"""Relaxation and field mapping: time against the obvious alternatives, in one process, on one thread.

    python benchmarks/relaxation.py [--size 256 288 48] [--voxels 2000]

The two-echo recipe stands beside SciPy's median filter and generic filling, the nonlinear fit beside one curve_fit a
voxel (on a sample, scaled up), the log-linear and linear fits beside one pass over their input. Best of three runs.
"""

from __future__ import annotations

import argparse
import time
from functools import partial

import _timing
import numpy as np
from scipy import ndimage, optimize

from nipype_qsm.geometry import Grid
from nipype_qsm.interfaces.base import threads
from nipype_qsm.kernels.fieldmap.linear_fit import linear_fit
from nipype_qsm.kernels.fieldmap.weighted_echoes import weighted_echoes
from nipype_qsm.kernels.neighbours import ball
from nipype_qsm.kernels.relaxation.log_linear import log_linear
from nipype_qsm.kernels.relaxation.nonlinear import nonlinear
from nipype_qsm.kernels.relaxation.two_echo import two_echo

TIMES = np.array([0.004, 0.0094, 0.015, 0.020])
best = partial(_timing.best, clock=time.perf_counter)


def recipe(magnitude, mask, grid, gap):
    with np.errstate(all="ignore"):
        t2star = gap / np.log(magnitude[..., 0].astype(float) / magnitude[..., 1])
    t2star[~np.isfinite(t2star) | (t2star > 0.080) | (t2star < 0.005)] = 0
    t2star = ndimage.median_filter(t2star, (3, 3, 1), mode="nearest")
    near = ball(grid, 3.0).astype(float)
    total = ndimage.convolve(t2star, near, mode="constant")
    count = ndimage.convolve((t2star > 0).astype(float), near, mode="constant")
    filled = np.where(t2star > 0, t2star, total / np.maximum(count, 1))
    return np.where(mask, filled, 0)


def one_by_one(magnitude, voxels):
    for signal in magnitude.reshape(-1, len(TIMES))[voxels]:
        optimize.curve_fit(lambda t, s0, rate: s0 * np.exp(-rate * t), TIMES, signal, p0=(signal[0], 20.0))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, nargs=3, default=(256, 288, 48))
    parser.add_argument("--voxels", type=int, default=2000)
    options = parser.parse_args()
    shape = tuple(options.size)
    grid = Grid(shape, (0.8, 0.8, 3.0), (0, 0, 1))
    rng = np.random.default_rng(0)
    x, y, z = np.meshgrid(*[np.linspace(-1, 1, n, dtype=np.float32) for n in shape], indexing="ij", sparse=True)
    mask = (x / 0.7) ** 2 + (y / 0.75) ** 2 + (z / 0.9) ** 2 < 1
    rate = rng.uniform(10, 40, shape).astype(np.float32)
    clean = np.stack([100 * np.exp(-t * rate) for t in TIMES.astype(np.float32)])
    magnitude = np.moveaxis(np.abs(clean + rng.normal(size=clean.shape)).astype(np.float32), 0, -1)
    phase = np.moveaxis(rng.normal(size=clean.shape).astype(np.float32), 0, -1)
    pair = magnitude[..., [1, 3]]
    facts = {"echo_times": TIMES, "field_strength": 3.0}
    with threads(1):
        for run in (two_echo, log_linear, nonlinear):
            small = (magnitude[:9, :9, :9], mask[:9, :9, :9])
            run(
                pair[:9, :9, :9], small[1], grid.resized((9, 9, 9)), echo_times=TIMES[[1, 3]]
            ) if run is two_echo else run(*small, echo_times=TIMES)
        floor, _ = best(lambda: sum(magnitude[..., echo].sum() for echo in range(len(TIMES))))
        two, found = best(lambda: two_echo(pair, mask, grid, echo_times=TIMES[[1, 3]]))
        plain, expected = best(lambda: recipe(pair, mask, grid, TIMES[3] - TIMES[1]))
        line, _ = best(lambda: log_linear(magnitude, mask, echo_times=TIMES))
        curve, _ = best(lambda: nonlinear(magnitude, mask, echo_times=TIMES))
        noisy, _ = best(lambda: nonlinear(magnitude, mask, echo_times=TIMES, noise_level=1.0))
        voxels = rng.choice(np.flatnonzero(mask), options.voxels)
        each, _ = best(lambda: one_by_one(magnitude, voxels), 1)
        each *= mask.sum() / options.voxels
        weighted, _ = best(lambda: weighted_echoes(phase, **facts))
        fitted, _ = best(lambda: linear_fit(phase, magnitude, mask, **facts))
        offset, _ = best(lambda: linear_fit(phase, magnitude, mask, intercept=True, **facts))
    print(f"{shape}, {mask.sum()} voxels in the mask, {len(TIMES)} echoes; one pass over them {floor:.2f} s")
    print(f"{'step':<28}{'seconds':>9}   beside it")
    difference = np.abs(found.t2star - expected).max() * 1e3
    print(
        f"{'two_echo':<28}{two:>9.2f}   SciPy's filters {plain:.2f} s ({plain / two:.1f} x), {difference:.0e} ms apart"
    )
    print(f"{'log_linear':<28}{line:>9.2f}")
    print(f"{'nonlinear':<28}{curve:>9.2f}   curve_fit a voxel {each:.0f} s ({each / curve:.0f} x)")
    print(f"{'nonlinear, noise floor':<28}{noisy:>9.2f}")
    print(f"{'weighted_echoes':<28}{weighted:>9.2f}   {weighted / floor:.1f} passes")
    print(f"{'linear_fit':<28}{fitted:>9.2f}   {fitted / floor:.1f} passes")
    print(f"{'linear_fit, intercept':<28}{offset:>9.2f}   {offset / floor:.1f} passes")


if __name__ == "__main__":
    main()
