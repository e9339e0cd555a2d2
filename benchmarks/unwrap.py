"""Unwrapping: time and wrong turns against the obvious alternatives, in one process.

    python benchmarks/unwrap.py [--threads 1] [--size 132 156 128]

A head with a steep field, noise and a dark rim. ROMEO stands beside scikit-image's best-path unwrapping, the Laplacian
beside the plain form of six complex double-precision transforms. CPU seconds, the best of three warm runs.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from _timing import best

from nipype_qsm.geometry import Grid
from nipype_qsm.interfaces.base import threads
from nipype_qsm.kernels.fourier import bounding_box, fast_shape
from nipype_qsm.kernels.unwrap.laplacian import laplacian
from nipype_qsm.kernels.unwrap.romeo import romeo

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from oracles import laplacian_unwrap

TURN = 2 * np.pi


def head(shape):
    x, y, z = np.meshgrid(*[np.linspace(-1, 1, n, dtype=np.float32) for n in shape], indexing="ij", sparse=True)
    mask = (x / 0.65) ** 2 + (y / 0.75) ** 2 + (z / 0.7) ** 2 < 1
    sources = (((0.1, 0.6, -0.75), 1.2), ((-0.6, -0.1, -0.6), 0.6), ((0.6, -0.1, -0.6), 0.6))
    truth = 6 * x * y + 3 * z
    for place, moment in sources:
        square = (x - place[0]) ** 2 + (y - place[1]) ** 2 + (z - place[2]) ** 2 + 0.02
        truth = truth + moment * (3 * (z - place[2]) ** 2 / square - 1) / square**1.5 * 0.15
    magnitude = np.where(mask, 1.0, 0.02) * (1 + 0.2 * np.sin(9 * x) * np.cos(7 * y))
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((2, *shape)).astype(np.float32) * 0.03
    signal = magnitude * np.exp(1j * truth) + noise[0] + 1j * noise[1]
    return truth, mask, np.angle(signal).astype(np.float32), np.abs(signal).astype(np.float32)


def wrong(found, truth, mask):
    gap = (np.asarray(found) - truth)[mask]
    return int(np.count_nonzero(np.rint((gap - np.median(gap)) / TURN)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--size", type=int, nargs=3, default=(132, 156, 128))
    options = parser.parse_args()
    shape = tuple(options.size)
    truth, mask, phase, magnitude = head(shape)
    everywhere = np.ones(shape, bool)
    grid = Grid(shape, (1.5, 1.5, 1.5), (0, 0, 1))
    print(f"{shape}, {mask.sum()} of {mask.size} voxels in the mask, {options.threads} thread(s)")
    print(f"{'':44}{'CPU s':>8}{'ratio':>8}{'wrong turns in the mask':>26}")
    with threads(options.threads):
        romeo(phase, mask, magnitude)
        for title, where in (("in the mask", mask), ("everywhere", everywhere)):
            ours, found = best(lambda where=where: romeo(phase, where, magnitude).phase_unwrapped)
            print(f"{'ROMEO, ' + title:44}{ours:8.2f}{1.0:8.1f}{wrong(found, truth, mask):26d}")
            try:
                from skimage.restoration import unwrap_phase
            except ImportError:
                continue
            masked = np.ma.array(phase, mask=~where)
            theirs, found = best(lambda masked=masked: unwrap_phase(masked, rng=0))
            print(f"{'scikit-image, ' + title:44}{theirs:8.2f}{theirs / ours:8.1f}{wrong(found, truth, mask):26d}")
        box = bounding_box(mask)
        ours, found = best(lambda: laplacian(phase, mask, grid))
        print(f"{'Laplacian, pad 64':44}{ours:8.2f}{1.0:8.1f}")
        padded = fast_shape(mask[box].shape, 64)
        plain, expected = best(lambda: laplacian_unwrap((phase * mask)[box], padded, grid.voxel_size, "continuous"), 1)
        gap = np.abs(found[box] - expected)[mask[box]].max()
        print(f"{'six complex128 transforms, pad 64':44}{plain:8.2f}{plain / ours:8.1f}    off by {gap:.0e} rad")


if __name__ == "__main__":
    main()
