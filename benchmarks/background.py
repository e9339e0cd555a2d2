"""Background removal: time, memory and error of every method beside the obvious implementation, in one run.

    python benchmarks/background.py [FOLDER] [--ukb] [--threads 1] [--repeats 3]

FOLDER holds a simulated subject as qsm-forward writes it (total field with shim, local field, mask). Without it a head
is made: blobs of susceptibility in an ellipsoid, sources around it; --ukb at UK Biobank's matrix and voxel size. Every
row is a process of its own: CPU seconds of the best warm run, peak memory of the process, beside what the process held
before. Floor: the number of Fourier transforms times one such transform.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import nibabel as nib
import numpy as np
from scipy import fft, ndimage

from nipype_qsm.geometry import Grid
from nipype_qsm.interfaces.base import threads
from nipype_qsm.kernels.background.ismv import ismv
from nipype_qsm.kernels.background.joint_dipoles import joint_dipoles
from nipype_qsm.kernels.background.lbv import lbv
from nipype_qsm.kernels.background.pdf import pdf
from nipype_qsm.kernels.background.pdf_lbv import pdf_lbv
from nipype_qsm.kernels.background.resharp import resharp
from nipype_qsm.kernels.background.sharp import sharp
from nipype_qsm.kernels.background.vsharp import vsharp
from nipype_qsm.kernels.dipole import dipole_field
from nipype_qsm.kernels.fourier import bounding_box, fast_shape, forward
from nipype_qsm.kernels.local_field import LocalField
from nipype_qsm.kernels.sphere_means import rod_sphere


def obvious_vsharp(field_total, mask, grid):
    """Every radius through complex double-precision transforms of sphere, mask and field, on the whole volume."""
    shape = [n + 12 for n in grid.shape]
    where = tuple(slice(0, n) for n in grid.shape)
    field_spectrum, mask_spectrum = fft.fftn(field_total * mask, shape), fft.fftn(mask.astype(float), shape)
    local, kept = np.zeros(grid.shape), np.zeros(grid.shape, bool)
    for radius in range(1, 13):
        sphere = rod_sphere(radius, grid.voxel_size).astype(float)
        large = np.zeros(shape)
        large[tuple(slice(0, n) for n in sphere.shape)] = sphere / sphere.sum()
        spectrum = fft.fftn(np.roll(large, [-(n // 2) for n in sphere.shape], axis=(0, 1, 2)))
        fits = fft.ifftn(mask_spectrum * spectrum).real[where] > 0.999
        local[fits] = (field_total - fft.ifftn(field_spectrum * spectrum).real[where])[fits]
        kept = fits if radius == 2 else kept
    inverse = np.where(np.abs(1 - spectrum) > 0.05, 1 / np.where(spectrum == 1, 1, 1 - spectrum), 0)
    local = fft.ifftn(fft.fftn(local, shape) * inverse).real[where]
    return LocalField(np.where(kept, local, 0), kept, 0)


METHODS = {
    "obvious vsharp, acquired grid": obvious_vsharp,
    "vsharp, acquired grid": lambda *arrays: vsharp(*arrays, resample_mm=None),
    "vsharp": vsharp,
    "sharp": sharp,
    "resharp": resharp,
    "ismv": ismv,
    "pdf": pdf,
    "lbv": lbv,
    "pdf_lbv": pdf_lbv,
    "joint_dipoles": joint_dipoles,
}


def made_head(ukb):
    shape, size = ((256, 288, 48), (0.8, 0.8, 3.0)) if ukb else ((132, 156, 128), (1.5, 1.5, 1.5))
    grid = Grid(shape, size, (0.1, 0.15, 0.98))
    axes = [(np.arange(n, dtype=np.float32) - n / 2) * d for n, d in zip(shape, size, strict=True)]
    x, y, z = np.meshgrid(*axes, indexing="ij", sparse=True)
    mask = (x / 72) ** 2 + (y / 88) ** 2 + (z / 62) ** 2 < 1
    rng = np.random.default_rng(0)
    smooth = ndimage.gaussian_filter(rng.standard_normal(shape).astype(np.float32), [3 / d for d in size])
    chi = np.where(mask, 0.03 * smooth / smooth.std(), 0).astype(np.float32)
    outside = np.zeros(shape, np.float32)
    for cx, cy, cz, radius in ((0, 78, -58, 9), (60, 10, -58, 8), (-60, 10, -58, 8), (0, 20, -69, 10)):
        outside += 9 * ((x - cx) ** 2 + (y - cy) ** 2 + (z - cz) ** 2 < radius**2)
    local = dipole_field(chi, grid, pad=20)
    field = local + dipole_field(outside * ~mask, grid, pad=20) + 1e-3 * x
    return field.astype(np.float32), mask, local, grid


def simulated(folder):
    (path,) = Path(folder).glob("derivatives/*/sub-*/anat/*_desc-shimmed_fieldmap.nii*")
    image = nib.load(path)

    def volume(ending):
        return nib.load(str(path).replace("desc-shimmed_fieldmap", ending)).get_fdata(dtype=np.float32)

    (sidecar, *_) = sorted(Path(folder).glob("sub-*/anat/*part-phase*.json"))
    direction = json.loads(sidecar.read_text()).get("B0_dir") or (0, 0, 1)
    grid = Grid(image.shape, tuple(float(d) for d in image.header.get_zooms()[:3]), tuple(direction))
    return np.ascontiguousarray(image.get_fdata(dtype=np.float32)), volume("mask") > 0.5, volume("fieldmap-local"), grid


def error_ppb(found, truth, where):
    gap = (found - truth)[where]
    return 1000 * float(gap.std())


def transforms(method, result, mask, grid):
    """Return the number of transforms and the shape of one."""
    box = mask[bounding_box(mask)].shape
    if "obvious" in method:
        return 40, [n + 12 for n in grid.shape]
    if method.startswith("vsharp"):
        size = grid.voxel_size if "acquired" in method else (1.0, 1.0, 1.0)
        return 4, fast_shape([round(n * d / s) + 2 for n, d, s in zip(box, grid.voxel_size, size, strict=True)])
    if method in ("sharp", "resharp", "ismv"):
        count = {"sharp": 4, "resharp": 10 + 4 * getattr(result, "iterations", 0), "ismv": 4}[method]
        count += 2 * result.iterations if method == "ismv" else 0
        return count, fast_shape(box, [int(6 / d) // 2 for d in grid.voxel_size])
    if method == "joint_dipoles":
        return 4 * result.iterations[1] + 2, fast_shape(box, [round(8 / d) for d in grid.voxel_size])
    iterations = np.ravel(result.iterations)[0] if "pdf" in method else 0
    return 4 * int(iterations), fast_shape(box, [round(24 / d) for d in grid.voxel_size])


def measure(method, folder, ukb, n_threads, repeats):
    field, mask, truth, grid = simulated(folder) if folder else made_head(ukb)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds, wall = [], []
    with threads(n_threads):
        for _ in range(1 if "obvious" in method else repeats + 1):
            begin, begin_wall = time.process_time(), time.perf_counter()
            result = METHODS[method](field, mask, grid)
            seconds.append(time.process_time() - begin)
            wall.append(time.perf_counter() - begin_wall)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        count, shape = transforms(method, result, mask, grid)
        begin = time.process_time()
        if "obvious" in method:
            fft.fftn(np.zeros(shape, complex))
        else:
            forward(np.zeros(shape, np.float32))
        floor = count * (time.process_time() - begin)
    core = ndimage.binary_erosion(mask, iterations=5) & result.mask_local
    return {
        "seconds": min(seconds),
        "wall": min(wall),
        "transforms": count,
        "floor": floor,
        "peak": peak / 1024,
        "before": before / 1024,
        "core": error_ppb(result.field_local, truth, core),
        "own": error_ppb(result.field_local, truth, result.mask_local),
        "kept": 100 * np.count_nonzero(result.mask_local) / np.count_nonzero(mask),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--ukb", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", choices=METHODS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        print(json.dumps(measure(options.only, options.folder, options.ukb, options.threads, options.repeats)))
        return
    columns = ("CPU s", "wall s", "FFTs", "floor s", "peak MB", "before MB", "core ppb", "own ppb", "kept %")
    print("method".ljust(30) + "".join(column.rjust(11) for column in columns))
    for method in METHODS:
        command = [sys.executable, __file__, *sys.argv[1:], "--only", method]
        row = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        print(method.ljust(30) + "".join(f"{value:11.4g}" for value in row.values()), flush=True)


if __name__ == "__main__":
    main()
