"""Coil combination at UK Biobank's matrix: time and peak memory of the streamed form against the obvious one.

    python benchmarks/coils.py [--coils 8] [--threads 2]

Makes a multi-coil head with two echoes as gzipped 12-bit files, then runs each case in a process of its own: MCPC-3D-S
streamed from those files, streamed from uncompressed arrays (what the arithmetic alone costs), and with all coils in
one complex128 array, as the equations read. Times are of the second run in the process, memory is the process's peak.
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nibabel as nib
import numpy as np
from scipy.ndimage import gaussian_filter

from nipype_qsm.interfaces.base import threads
from nipype_qsm.kernels.coils.mcpc3ds import mcpc3ds
from nipype_qsm.kernels.coils.phase_difference import phase_difference
from nipype_qsm.kernels.reading.declared_phase import DeclaredPhase
from nipype_qsm.kernels.smoothing import gaussian
from nipype_qsm.kernels.unwrap.romeo import romeo
from nipype_qsm.series import Series, Source

SHAPE, VOXEL_SIZE, TIMES = (256, 288, 48), (0.8, 0.8, 3.0), (0.00942, 0.020)


def head():
    x, y, z = np.meshgrid(*[np.linspace(-1, 1, n, dtype=np.float32) for n in SHAPE], indexing="ij", sparse=True)
    mask = (x / 0.7) ** 2 + (y / 0.8) ** 2 + (z / 0.95) ** 2 < 1
    hertz = 80 * np.exp(-((x - 0.1) ** 2 + (y - 0.6) ** 2 + (z + 0.7) ** 2) / 0.05) + 20 * x * y
    return x, y, z, mask, hertz.astype(np.float32)


def write_coils(folder, n_coils):
    x, y, z, mask, hertz = head()
    rng = np.random.default_rng(0)
    tables = {"phase": [[], []], "magnitude": [[], []]}
    affine = np.diag([*VOXEL_SIZE, 1])
    for coil in range(n_coils):
        a, b, c, start, turn = rng.uniform(-1, 1, 5)
        sensitivity = np.exp(-((x - a) ** 2 + (y - b) ** 2 + (z - c) ** 2) / 1.5) * (0.05 + mask)
        offset = 3 * start + 2 * a * x + 2 * b * y + turn * z
        for echo, when in enumerate(TIMES):
            signal = sensitivity * np.exp(1j * (offset + 2 * np.pi * hertz * when)) * np.exp(-when / 0.04)
            signal += 0.01 * (rng.standard_normal(SHAPE) + 1j * rng.standard_normal(SHAPE))
            raw = {"phase": np.angle(signal) / np.pi * 2048 + 2048, "magnitude": np.abs(signal) * 3000}
            for kind, values in raw.items():
                path = folder / f"{kind}-echo{echo + 1}-coil{coil + 1}.nii.gz"
                image = nib.Nifti1Image(values.astype(np.int16), affine)
                path.write_bytes(gzip.compress(image.to_bytes(), compresslevel=1))
                tables[kind][echo].append(Source(str(path)))
    scale = DeclaredPhase(np.pi / 2048, -np.pi, "12 bits")
    Series(**tables, echo_times=TIMES, field_strength=3.0, phase_scale=scale).save(folder / "series.json")


def in_memory_complex128(series, mask):
    signals = np.array(
        [[series.read(e, c).astype(complex) for c in range(series.n_coils)] for e in range(series.n_echoes)]
    )
    begin, cpu = time.perf_counter(), time.process_time()
    product = (signals[1] * signals[0].conj()).sum(axis=0)
    hip = np.angle(product).astype(np.float32)
    difference = romeo(hip, mask, np.sqrt(np.abs(product)).astype(np.float32)).phase_unwrapped
    offset = difference * TIMES[0] / (TIMES[1] - TIMES[0])
    phasors = [gaussian_filter(s * np.exp(-1j * offset), 4, truncate=2.0, mode="nearest") for s in signals[0]]
    units = np.array([p / np.abs(p) for p in phasors])
    combined = [(np.abs(s) * s * units.conj()).sum(axis=0) * mask for s in signals]
    phases = [np.angle(c) for c in combined]
    return phases, (time.perf_counter() - begin, time.process_time() - cpu)


def streamed(read, grid, n_coils, mask):
    begin, cpu = time.perf_counter(), time.process_time()
    hip, size, _ = phase_difference(read, n_coils)
    first_pass = time.perf_counter() - begin
    difference = romeo(hip, mask, size).phase_unwrapped
    unwrapped = time.perf_counter() - begin - first_pass
    found = mcpc3ds(read, n_coils, grid, phase_difference=difference, mask_brain=mask, echo_times=TIMES)
    total = time.perf_counter() - begin
    return found.phase, (total, time.process_time() - cpu, first_pass, unwrapped, total - first_pass - unwrapped)


def case(name, folder, n_threads):
    series = Series.load(folder / "series.json")
    mask = head()[3]
    grid = series.frame.grid()
    with threads(n_threads):
        if name == "in memory":
            phase, times = in_memory_complex128(series, mask)
        else:
            read = series.read
            if name == "arrays":
                held = {(e, c): series.read(e, c) for e in range(2) for c in range(series.n_coils)}

                def read(echo, coil):
                    return held[echo, coil]

            for _ in range(2):
                phase, times = streamed(read, grid, series.n_coils, mask)
        if name == "files":
            signal = np.ascontiguousarray(series.read(0, 0))
            gaussian(signal, (4, 4, 4))
            begin = time.perf_counter()
            gaussian(signal, (4, 4, 4))
            ours = time.perf_counter() - begin
            begin = time.perf_counter()
            gaussian_filter(signal, 4, truncate=2.0, mode="nearest")
            smoothing = (ours, time.perf_counter() - begin)
        else:
            smoothing = ()
    np.save(folder / f"{name}.npy", np.asarray(phase, np.float32)[:, mask])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"times": times, "peak": peak, "smoothing": smoothing}))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--coils", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--case", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        case(options.case[0], Path(options.case[1]), options.threads)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_coils(folder, options.coils)
        size = sum(path.stat().st_size for path in folder.glob("*.gz")) / 2**20
        print(f"{options.coils} coils x 2 echoes of {SHAPE}, {size:.0f} MiB gzipped, {options.threads} threads")
        print(
            f"{'MCPC-3D-S':34}{'s':>8}{'CPU s':>8}{'pass 1':>8}{'unwrap':>8}{'pass 2':>8}{'s/coil':>8}{'peak MiB':>10}"
        )
        results = {}
        for title, kind in (
            ("streamed from gzipped files", "files"),
            ("streamed from arrays", "arrays"),
            ("all in memory, complex128", "in memory"),
        ):
            command = [sys.executable, __file__, "--case", kind, name, "--threads", str(options.threads)]
            results[kind] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            times = results[kind]["times"]
            parts = "".join(f"{t:8.2f}" for t in times[2:]) if len(times) > 2 else " " * 24
            peak = results[kind]["peak"]
            print(f"{title:34}{times[0]:8.2f}{times[1]:8.2f}{parts}{times[0] / options.coils:8.2f}{peak:10.0f}")
        gap = np.load(folder / "arrays.npy") - np.load(folder / "in memory.npy")
        gap = np.abs(np.angle(np.exp(1j * gap))).max()
        ratio = results["in memory"]["times"][1] / results["arrays"]["times"][1]
        ours, scipys = results["files"]["smoothing"]
        print(f"arithmetic: {ratio:.1f} times less CPU time than in memory; largest difference {gap:.1e} rad")
        print(f"smoothing of one coil: {ours:.3f} s; scipy.ndimage {scipys:.3f} s, {scipys / ours:.1f} times longer")


if __name__ == "__main__":
    main()
