"""Masks: time against the obvious alternatives, in one process, on one thread.

    python benchmarks/masks.py [--size 256 288 48] [--voxel-size 0.8 0.8 3.0]

A brain-shaped mask with two echoes of noisy phase. The reliability stands beside SciPy's direct and FFT convolutions
with the same sphere, the refinement beside SciPy's slice-by-slice labels and binary_fill_holes. Best of three runs.
"""

from __future__ import annotations

import argparse
import time
from functools import partial

import _timing
import numpy as np
from scipy import ndimage, signal

from nipype_qsm.geometry import Grid
from nipype_qsm.interfaces.base import threads
from nipype_qsm.kernels.masks.magnitude_mask import magnitude_mask
from nipype_qsm.kernels.masks.refine import refine
from nipype_qsm.kernels.masks.reliability import reliability
from nipype_qsm.kernels.masks.ventricles import ventricles
from nipype_qsm.kernels.spheres import sphere_weights

best = partial(_timing.best, clock=time.perf_counter)


def brain(shape, voxel_size):
    x, y, z = (
        (np.arange(n, dtype=np.float32) - n / 2).reshape([-1 if a == axis else 1 for a in range(3)]) * voxel_size[axis]
        for axis, n in enumerate(shape)
    )
    mask = (x / 70) ** 2 + (y / 85) ** 2 + (z / 65) ** 2 < 1
    pair = ((np.abs(x) - 14) / 8) ** 2 + (y / 30) ** 2 + (z / 10) ** 2 < 1
    rate = np.where(pair, 3.0, 18.0)
    rng = np.random.default_rng(0)
    magnitude = np.stack([mask * 100 * np.exp(-t * rate) for t in (0.0094, 0.020)]).astype(np.float32)
    phase = (rng.normal(scale=0.5, size=magnitude.shape) + x / 10 + (y > 60) * z / 2).astype(np.float32)
    return mask, np.moveaxis(magnitude, 0, -1), np.moveaxis(phase, 0, -1)


def convolved(phase, mask, weights, convolve):
    maps = []
    total = convolve(mask.astype(np.float32), weights)
    for echo in range(phase.shape[3]):
        real = convolve(mask * np.cos(phase[..., echo]), weights)
        imaginary = convolve(mask * np.sin(phase[..., echo]), weights)
        with np.errstate(all="ignore"):
            maps.append(np.where(mask, np.hypot(real, imaginary) / total, 1))
    return np.stack(maps, -1)


def slice_by_slice(mask, maps):
    result = mask & (maps[..., 0] >= 0.6) & (maps[..., 1] >= 0.5)
    for z in range(mask.shape[2]):
        for value, least in ((True, 300), (False, 50)):
            labels, _ = ndimage.label(result[..., z] == value, np.ones((3, 3)))
            small = np.bincount(labels.ravel()) < least
            small[0] = False
            result[..., z][small[labels]] = not value
    return ndimage.binary_fill_holes(result, np.ones((3, 3, 3)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, nargs=3, default=(256, 288, 48))
    parser.add_argument("--voxel-size", type=float, nargs=3, default=(0.8, 0.8, 3.0))
    options = parser.parse_args()
    grid = Grid(tuple(options.size), tuple(options.voxel_size), (0, 0, 1))
    mask, magnitude, phase = brain(grid.shape, grid.voxel_size)
    weights = sphere_weights(2.0, grid.voxel_size)
    with threads(1):
        reliability(phase, mask, grid)
        own, maps = best(lambda: reliability(phase, mask, grid))
        direct, expected = best(
            lambda: convolved(phase, mask, weights, lambda v, w: ndimage.convolve(v, w, mode="constant"))
        )
        spectral, _ = best(lambda: convolved(phase, mask, weights, lambda v, w: signal.fftconvolve(v, w, mode="same")))
        refined, found = best(lambda: refine(mask, maps, grid, scale_areas=False))
        slow, other = best(lambda: slice_by_slice(mask, maps))
        automatic, _ = best(lambda: magnitude_mask(magnitude[..., 0], grid))
        fluid, _ = best(lambda: ventricles(magnitude, mask, grid, echo_times=(0.0094, 0.020)))
    print(f"{'step':<22}{'seconds':>9}   beside it")
    print(
        f"{'reliability, 2 echoes':<22}{own:>9.2f}   direct convolution {direct:.2f} s ({direct / own:.1f} x), "
        f"FFT {spectral:.2f} s ({spectral / own:.1f} x), largest difference {np.abs(maps - expected).max():.1e}"
    )
    print(
        f"{'refine':<22}{refined:>9.2f}   slice by slice {slow:.2f} s ({slow / refined:.1f} x), "
        f"{np.count_nonzero(found.mask != other)} voxels differ"
    )
    print(f"{'magnitude_mask':<22}{automatic:>9.2f}")
    print(f"{'ventricles':<22}{fluid:>9.2f}")


if __name__ == "__main__":
    main()
