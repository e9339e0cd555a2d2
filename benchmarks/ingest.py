"""Maps of many subjects: ingest beside bare decompression of the same files, packing, templates, peak memory.

    python benchmarks/ingest.py [--subjects 256] [--units 1 2] [--kind int16]

One core: run with OPENBLAS_NUM_THREADS=1. Times are CPU seconds. Maps have UK Biobank's size (ICBM 2009c, 1 mm, 1.89
million voxels inside the brain): anatomy, a subject's own smooth variation and noise of 25 ppb. `--subjects` is a
unit; files are eight different ones under as many names, each read and unpacked every time. Each ingest runs in a
process of its own, whose peak memory is printed: it is that of a unit, whatever the number of units.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import nibabel as nib
import numpy as np
from isal import igzip
from scipy import ndimage

from nipype_qsm.atlases import ICBM2009C
from nipype_qsm.interfaces.cohort import Ingest, IngestPlan, Template, UnitSums
from nipype_qsm.io import save_image
from nipype_qsm.map_store import MapStore

SUBJECTS, DISTINCT = 35273, 8


def peak_gb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def write_maps(folder, kind, n_subjects):
    rng = np.random.default_rng(0)
    image = nib.load(ICBM2009C.mask_brain)
    mask, t1 = np.asarray(image.dataobj) > 0, nib.load(ICBM2009C.t1w_brain).get_fdata(dtype=np.float32)
    anatomy = (t1[mask].mean() - t1) / t1[mask].std() * 20
    files = []
    for k in range(DISTINCT):
        coarse = ndimage.gaussian_filter(rng.normal(size=mask.shape).astype(np.float32), 3)
        fine = ndimage.gaussian_filter(rng.normal(size=mask.shape).astype(np.float32), 0.7)
        ppb = (anatomy + coarse / coarse.std() * 15 + fine / fine.std() * 25) * mask
        stored = np.rint(ppb * 10).astype(np.int16) if kind == "int16" else ppb
        made = nib.Nifti1Image(stored, image.affine)
        if kind == "int16":
            made.header.set_slope_inter(0.1, 0)
        files.append(save_image(made, folder / f"map{k}.nii.gz"))
    table = ["eid\tpath"]
    for k in range(n_subjects):
        link = folder / f"{1000000 + k}.nii.gz"
        link.symlink_to(files[k % DISTINCT])
        table.append(f"{1000000 + k}\t{link.name}")
        told = {"Units": "ppb", "SpatialReference": ICBM2009C.space}
        link.with_name(f"{1000000 + k}.json").write_text(json.dumps(told))
    (folder / "maps.tsv").write_text("\n".join(table) + "\n")
    return files


def bare(files, n):
    start = time.process_time()
    for k in range(n):
        igzip.decompress(files[k % DISTINCT].read_bytes())
    return time.process_time() - start


def one(folder, store, unit_size, n_subjects):
    """Ingest in this process; print CPU seconds, peak memory, and seconds of the plan."""
    warnings.simplefilter("ignore")
    lines = (folder / "maps.tsv").read_text().splitlines()[: n_subjects + 1]
    (folder / "some.tsv").write_text("\n".join(lines) + "\n")
    start = time.process_time()
    plan = IngestPlan(maps=[str(folder / "some.tsv")], store=str(store), unit_size=unit_size).run().outputs
    planned = time.process_time() - start
    if unit_size == 1:  # compile and load everything first
        Ingest(store=plan.store, number=plan.numbers[0]).run()
        return
    start = time.process_time()
    for number in plan.numbers:
        Ingest(store=plan.store, number=number).run()
    print(json.dumps({"cpu": time.process_time() - start, "peak": peak_gb(), "plan": planned}))


def child(*arguments):
    call = [sys.executable, __file__, "--one", *map(str, arguments)]
    lines = subprocess.run(call, check=True, capture_output=True, text=True).stdout.splitlines()
    return json.loads(lines[-1]) if lines else {}


def ingest(options, folder):
    files = write_maps(folder, options.kind, options.subjects * max(options.units))
    size = np.mean([path.stat().st_size for path in files]) / 1e6
    child(folder, folder / "warm", 1, 1)
    for units in options.units:
        n = options.subjects * units
        found = child(folder, folder / f"store{units}", options.subjects, n)
        least = min(bare(files, min(n, 256)) / min(n, 256) for _ in range(2))
        each = found["cpu"] / n
        packed = sum(path.stat().st_size for path in (folder / f"store{units}" / "maps.zarr").rglob("*"))
        print(f"ingest: {n} maps ({options.kind}, {size:.1f} MB) in {units} unit(s)")
        print(f"  {each * 1e3:.1f} ms each, {1 / each:.1f} maps/s; bare decompression {least * 1e3:.1f} ms: "
              f"{least / each:.0%} of it; plan {found['plan'] / n * 1e3:.2f} ms each")  # fmt: skip
        print(f"  peak memory {found['peak']:.2f} GB; {packed / n / 1e6:.2f} MB each on disk")
        print(
            f"  {SUBJECTS} maps: {SUBJECTS * each / 3600:.2f} core-h, {packed / n * SUBJECTS / 1e9:.0f} GB, from these"
        )


def packing(folder):
    from numcodecs import Blosc, blosc

    blosc.set_nthreads(1)
    store = MapStore.open(next(folder.glob("store*")))
    block = store.read(slice(8 * store.chunk, 9 * store.chunk))
    for name in ("lz4", "zstd"):
        codec = Blosc(cname=name, clevel=1, shuffle=Blosc.BITSHUFFLE)
        start, rounds = time.process_time(), 10
        for _ in range(rounds):
            packed = codec.encode(block)
        middle = time.process_time()
        for _ in range(rounds):
            codec.decode(packed)
        rates = [block.nbytes * rounds / 1e9 / t for t in (middle - start, time.process_time() - middle)]
        print(f"packing, {name} and bitshuffle: {len(packed) / block.size:.3f} bytes a value, "
              f"writes {rates[0]:.2f} and reads {rates[1]:.2f} GB/s")  # fmt: skip


def templates(folder):
    path = sorted(folder.glob("store*"))[-1]
    store = MapStore.open(path)
    numbers, n = [unit.number for unit in store.units], len(store.subjects)
    ages = "eid\tage\n" + "".join(f"{subject}\t{45 + k % 40}\n" for k, subject in enumerate(store.subjects))
    (folder / "ages.tsv").write_text(ages)
    os.chdir(folder)
    for name, inputs in (("everyone", {}), ("everyone, young and old", {"groups": str(folder / "ages.tsv")})):
        start = time.process_time()
        sums = UnitSums(store=str(path), numbers=numbers, **inputs).run().outputs.sums
        taken = time.process_time() - start
        print(
            f"sums of {name}: {taken:.2f} s for {n} subjects, {taken * SUBJECTS / n / 60:.1f} core-min for {SUBJECTS}"
        )
    start = time.process_time()
    Template(store=str(path), sums=[sums]).run()
    print(f"templates and their page: {time.process_time() - start:.1f} s; peak memory {peak_gb():.2f} GB")
    start = time.process_time()
    n_read = 8 * store.chunk
    for first in range(0, n_read, store.chunk):
        store.read(slice(first, first + store.chunk))
    taken = time.process_time() - start
    print(f"reading a stretch of voxels of everyone: {n_read * n * 2 / taken / 1e9:.2f} GB/s")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--subjects", type=int, default=256, help="of a unit")
    parser.add_argument("--units", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--kind", choices=("int16", "float32"), default="int16")
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        folder, store, size, n = options.one
        one(Path(folder), Path(store), int(size), int(n))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ingest(options, folder)
        packing(folder)
        templates(folder)


if __name__ == "__main__":
    main()
