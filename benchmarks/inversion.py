"""Inversion: time against its floor, memory and accuracy, beside the obvious complex128 implementation, in one process.

    python benchmarks/inversion.py [PHANTOM] [--threads 1] [--size 96 112 80] [--obvious]
    python benchmarks/inversion.py --weights [--only tv medi] [--kinds exact chain] [--snr 30 50 100 300]
    python benchmarks/inversion.py --precision [--size 64 72 56]

Without PHANTOM: a synthetic head with ellipsoidal nuclei, texture and noise, its field made on the double grid.
PHANTOM is a folder with derivatives/qsm-forward/sub-1/anat (BIDS maps of qsm-forward). `floor` is the number of
transforms times one transform of the padded grid; RMSE is in ppb without the mean. `uncropped` compares with the same
method on the whole volume, pad 64. `--obvious` adds complex128 textbook LSQR on the whole padded grid (slow).
`--weights` compares the weight that each method chooses with the best of a ladder of fixed ones (the oracle), for SNR
30 to 300 on two digital subjects (`_weights.py`). `--precision` runs every method in single and in double precision.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import sys
import time
import tracemalloc
from pathlib import Path
from unittest import mock

import nibabel as nib
import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.interfaces.base import threads
from nipype_qsm.interfaces.inversion import INVERSIONS
from nipype_qsm.kernels import weighted_field
from nipype_qsm.kernels.dipole import dipole_field
from nipype_qsm.kernels.fourier import backward, bounding_box, fast_shape, forward
from nipype_qsm.kernels.laplacian import laplacian_inside

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from _weights import GIVEN, SNRS, weights

from oracles import ilsqr_in_complex128


def head(shape, noise=0.001):
    fine = tuple(2 * n for n in shape)
    x, y, z = np.meshgrid(*[np.linspace(-1, 1, n, dtype=np.float32) for n in fine], indexing="ij", sparse=True)
    mask = (x / 0.8) ** 2 + (y / 0.85) ** 2 + (z / 0.8) ** 2 < 1
    chi = 0.02 * np.sin(11 * x) * np.cos(9 * y) * np.sin(8 * z + 2 * x)
    nuclei = (((0.2, 0.1, 0), 0.12, 0.13), ((0.35, 0.05, 0), 0.16, 0.04), ((0.1, -0.3, -0.2), 0.08, 0.11))
    for (cx, cy, cz), radius, value in nuclei:
        for side in (-1, 1):
            chi[(x - side * cx) ** 2 + (y - cy) ** 2 + (z - cz) ** 2 < radius**2] = value
    chi *= mask
    field = dipole_field(chi, Grid(fine, (1.0, 1.0, 1.0), (0.0, 0.0, 1.0)), pad=16)

    def halved(volume):
        return volume.reshape(shape[0], 2, shape[1], 2, shape[2], 2).mean(axis=(1, 3, 5))

    error = np.random.default_rng(0).normal(0, noise, shape).astype(np.float32)
    return halved(field) + error, halved(mask.astype(np.float32)) > 0.5, halved(chi), Grid(shape, (2.0,) * 3, (0, 0, 1))


def phantom(folder):
    stem = f"{folder}/derivatives/qsm-forward/sub-1/anat/sub-1_"
    field, mask, chi = (nib.load(f"{stem}{name}.nii") for name in ("fieldmap-local", "mask", "Chimap"))
    grid = Grid(field.shape, field.header.get_zooms()[:3], (0.0, 0.0, 1.0))
    return field.get_fdata(dtype=np.float32), mask.get_fdata() > 0.5, chi.get_fdata(dtype=np.float32), grid


def rmse(found, truth, mask):
    return 1000 * float(np.std((found - truth)[mask], dtype=np.float64))


def seconds(run, repeats=2):
    taken = []
    for _ in range(repeats):
        begin = time.process_time(), time.perf_counter()
        result = run()
        taken.append((time.process_time() - begin[0], time.perf_counter() - begin[1]))
    return (*min(taken), result)


def n_transforms(method, iterations):
    if method == "tkd":
        return 2
    # iLSQR: two for each operator, six in fast QSM; TV: six an iteration and one for the error estimate
    return 2 * (iterations[0] + 1) + 2 + 6 + 2 * (iterations[1] + 1) if method == "ilsqr" else 6 * iterations[0] + 1


def measure(method, field, mask, chi, grid):
    module = importlib.import_module(f"nipype_qsm.kernels.inversion.{method}")
    run = getattr(module, method)
    cpu, wall, result = seconds(lambda: run(field, mask, grid))
    tracemalloc.start()
    run(field, mask, grid)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    found, iterations = (result, []) if method == "tkd" else (result.chi, result.iterations)
    pad = run.__kwdefaults__["pad"]
    shape = fast_shape(mask[bounding_box(mask)].shape, pad)
    one = seconds(lambda: backward(forward(field[bounding_box(mask)], shape), shape), 3)[0] / 2
    where = weighted_field if method == "tv" else module
    with mock.patch.object(where, "bounding_box", lambda mask: tuple(slice(0, n) for n in mask.shape)):
        whole = run(field, mask, grid, pad=64)
    whole = whole if method == "tkd" else whole.chi
    n = n_transforms(method, iterations)
    print(
        f"{method:8s} cpu {cpu:6.2f} s  wall {wall:6.2f} s  floor {n} x {one:.3f} = {n * one:.2f} s  "
        f"iterations {iterations}  pad {pad}  arrays {peak:.0f} MiB  rmse {rmse(found, chi, mask):.2f} ppb  "
        f"uncropped {rmse(found, whole, mask):.2f} ppb",
        flush=True,
    )
    return cpu


def textbook_lsqr(apply, right, iterations=50):
    """LSQR as conjugate gradients on the normal equations of a Hermitian operator: four transforms an iteration."""
    x, r = np.zeros_like(right), right.copy()
    p = s = apply(r)
    energy = np.vdot(s, s).real
    for _ in range(iterations):
        image = apply(p)
        length = energy / np.vdot(image, image).real
        x, r = x + length * p, r - length * image
        if np.linalg.norm(r) <= 0.01 * np.linalg.norm(right):
            break
        s = apply(r)
        energy, previous = np.vdot(s, s).real, energy
        p = s + energy / previous * p
    return x


def textbook_gradients(apply, right, iterations=50):
    """LSQR of step 3 as conjugate gradients on the normal equations: two transforms an iteration."""
    x, r = np.zeros_like(right), right.copy()
    p, energy = r, np.vdot(r, r).real
    for _ in range(iterations):
        image = apply(p)
        length = energy / np.vdot(p, image).real
        x, r = x + length * p, r - length * image
        energy, previous = np.vdot(r, r).real, energy
        p = r + energy / previous * p
    return x


def precision(size):
    """Print by how much the maps of single and double precision differ, relative to the map's own spread."""
    field, mask, _, grid = head(tuple(size))
    for method, interface in INVERSIONS.items():
        accepted = inspect.signature(interface._kernel).parameters
        if "field_local" not in accepted:
            continue
        results = [interface._kernel(field.astype(kind), mask, grid) for kind in (np.float32, np.float64)]
        single, double = (result if isinstance(result, np.ndarray) else result.chi for result in results)
        difference = single.astype(np.float64) - double
        print(f"{method:<20}{1e6 * np.std(difference[mask]):9.3f} ppt rms, of {1e3 * np.std(double[mask]):.1f} ppb")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("phantom", nargs="?")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--size", type=int, nargs=3, default=(96, 112, 80))
    parser.add_argument("--obvious", action="store_true")
    parser.add_argument("--weights", action="store_true")
    parser.add_argument("--precision", action="store_true")
    parser.add_argument("--only", nargs="+", help="methods of --weights")
    parser.add_argument("--kinds", nargs="+", default=list(GIVEN), choices=GIVEN, help="fields of --weights")
    parser.add_argument("--snr", type=int, nargs="+", default=SNRS, help="noise of --weights")
    options = parser.parse_args()
    if options.weights or options.precision:
        with threads(options.threads):
            if options.weights:
                weights(options.only, options.kinds, options.snr)
            else:
                precision(options.size)
        return
    field, mask, chi, grid = phantom(options.phantom) if options.phantom else head(tuple(options.size))
    print(f"{grid.shape} voxels of {grid.voxel_size} mm, {mask.sum()} in the mask, {options.threads} thread(s)")
    with threads(options.threads):
        cpu = {method: measure(method, field, mask, chi, grid) for method in ("tkd", "ilsqr", "tv")}
        if options.obvious:
            begin = time.process_time()
            found = ilsqr_in_complex128(
                field, mask, grid, 64, laplacian=laplacian_inside, solvers=(textbook_lsqr, textbook_gradients)
            )
            taken = time.process_time() - begin
            error = rmse(found, chi, mask)
            print(f"ilsqr, obvious: cpu {taken:.1f} s, {taken / cpu['ilsqr']:.1f} x ours, rmse {error:.2f} ppb")


if __name__ == "__main__":
    main()
