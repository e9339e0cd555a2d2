"""Every benchmark, one after the other, each in a process of its own.

    python -m benchmarks [NAME ...]

NAME is a file of this folder, such as `inversion`; without one, all run. Each is a program by itself, whose first lines
say what stands beside what; its own options are given when it is run directly.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from nipype_qsm.interfaces.rooms import ROOMS

HERE = Path(__file__).resolve().parent


def main() -> int:
    """Run the benchmarks that were asked for; return how many failed."""
    here = sorted(path.stem for path in HERE.glob("[!_]*.py"))
    names = [room for room in ROOMS if room in here] + [name for name in here if name not in ROOMS]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", choices=[*names, []], metavar="NAME")
    failed = 0
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    for name in parser.parse_args().names or names:
        print(f"\n== {name}", flush=True)
        started = time.monotonic()
        done = subprocess.run([sys.executable, str(HERE / f"{name}.py")], check=False, env=environment)
        failed += done.returncode != 0
        print(f"   {time.monotonic() - started:.0f} s", "" if done.returncode == 0 else "FAILED", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
