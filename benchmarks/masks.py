"""Masks: time against the obvious alternatives, in one process, on one thread.

    python benchmarks/masks.py [--size 256 288 48] [--voxel-size 0.8 0.8 3.0]
    python benchmarks/masks.py --lesions SEED [SEED ...]

A brain-shaped mask with two echoes of noisy phase. The reliability stands beside SciPy's direct and FFT convolutions
with the same sphere, the refinement beside SciPy's slice-by-slice labels and binary_fill_holes. Best of three runs.
With `--lesions`: white matter and lesions of digital heads of 1 mm, with lesions and without, against truth.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from functools import partial
from itertools import product

import _timing
import numpy as np
from scipy import ndimage, signal

from nipype_qsm.geometry import Grid
from nipype_qsm.interfaces.base import threads
from nipype_qsm.kernels.masks.lesions import lesions
from nipype_qsm.kernels.masks.magnitude_mask import magnitude_mask
from nipype_qsm.kernels.masks.refine import refine
from nipype_qsm.kernels.masks.reliability import reliability
from nipype_qsm.kernels.masks.ventricles import ventricles
from nipype_qsm.kernels.masks.white_matter import white_matter
from nipype_qsm.kernels.spheres import sphere_weights
from nipype_qsm.phantoms import DigitalSubject
from nipype_qsm.phantoms.brain_pipeline import FIRST_LABELS, LESION, WHITE
from nipype_qsm.phantoms.structures import STRUCTURES
from nipype_qsm.phantoms.t1_space import T1Space

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


def dice(one, other):
    return 2 * np.count_nonzero(one & other) / max(1, np.count_nonzero(one) + np.count_nonzero(other))


def tissue(seeds):
    """Find white matter in T1 and lesions in FLAIR, and print how well, in how much processor time."""
    print(f"{'head':<22}{'white Dice':>11}{'ml':>8}{'true':>8}{'lesions Dice':>14}{'ml':>8}{'true':>8}{'CPU s':>8}")
    plain = STRUCTURES["white_matter"]
    for seed, without in product(seeds, (False, True)):
        changes = (replace(plain, name="white_matter_lesion", numbers=(LESION,)),) if without else ()
        head = T1Space(DigitalSubject("ukb", seed=seed, structures=changes, threads=1))
        found, true = head.volumes(), head.labels
        if without:
            true = np.where(true == LESION, plain.numbers[0], true)
        grid, inside, first = head.frame.grid(), found["brain"] > 0.5, true * np.isin(true, FIRST_LABELS)
        before = time.process_time()
        white = white_matter(found["T1"], inside, grid, first).mask_white_matter
        spots = lesions(found["FLAIR"], white, inside, grid, first).mask_lesions > 0
        used = time.process_time() - before
        pairs = ((white > 0.5, np.isin(true, WHITE)), (spots, true == LESION))
        row = [(dice(*pair), *(np.count_nonzero(each) * grid.voxel_volume / 1000 for each in pair)) for pair in pairs]
        name = f"{seed}, {'without' if without else 'with'} lesions"
        print("{:<22}{:>11.3f}{:>8.0f}{:>8.0f}{:>14.3f}{:>8.2f}{:>8.2f}{:>8.1f}".format(name, *row[0], *row[1], used))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lesions", type=int, nargs="+", metavar="SEED", help="digital heads to find lesions in")
    parser.add_argument("--size", type=int, nargs=3, default=(256, 288, 48))
    parser.add_argument("--voxel-size", type=float, nargs=3, default=(0.8, 0.8, 3.0))
    options = parser.parse_args()
    if options.lesions:
        with threads(1):
            tissue(options.lesions)
        return
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
