"""What the digital subject costs: time and peak memory to simulate and write it, a process a size.

python benchmarks/phantoms.py [--sizes small ukb] [--threads 2]
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
from pathlib import Path

from nipype_qsm.phantoms import SIZES, DigitalSubject


def measure(size, threads):
    """Simulate and write one subject in this process."""
    DigitalSubject("small", fine_mm=6.0, shape=(16, 18, 8), voxel_size=(12.0, 12.0, 20.0)).truth()  # compiled loops
    start, before = time.perf_counter(), sum(os.times()[:2])
    subject = DigitalSubject(size, threads=threads)
    subject.truth()
    simulated = time.perf_counter() - start
    with tempfile.TemporaryDirectory() as folder:
        subject.write_ukb(folder)
        bytes_written = sum(file.stat().st_size for file in Path(folder).rglob("*.nii.gz"))
    return {
        "simulate_s": simulated,
        "write_s": time.perf_counter() - start - simulated,
        "cpu_s": sum(os.times()[:2]) - before,
        "megabytes": bytes_written / 1e6,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="+", default=["small", "ukb"], choices=SIZES)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(arguments.one, arguments.threads)))
        return
    print(f"{'size':8}{'simulate s':>12}{'write s':>10}{'CPU s':>8}{'MB written':>12}{'peak MB':>10}")
    for size in arguments.sizes:
        command = [sys.executable, __file__, "--one", size, "--threads", str(arguments.threads)]
        row = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        print(
            f"{size:8}{row['simulate_s']:12.1f}{row['write_s']:10.1f}{row['cpu_s']:8.1f}"
            f"{row['megabytes']:12.0f}{row['peak_mb']:10.0f}"
        )


if __name__ == "__main__":
    main()
