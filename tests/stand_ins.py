"""Stand-ins of the external programs, so that interfaces to them can be made where they are not installed."""

import os
from pathlib import Path


def path_with_programs(folder):
    """Return a PATH on which each of them is found, and fails."""
    Path(folder).mkdir(exist_ok=True)
    for name in ("fmrib_unpack", "prelude", "plink2", "regenie", "bgenie", "ldsc.py"):
        program = Path(folder) / name
        program.write_text("#!/bin/sh\nexit 1\n")
        program.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"
