"""Small programs that play FSL's, for graphs that hold FSL's nodes: FSL itself cannot be installed in CI.

They move images by this project's own transforms, which follow FSL's conventions; `flirt` finds the
alignment that it is told in the environment. Every call is written down.
"""

import os
import stat
import sys
from pathlib import Path

PLAYER = """#!{python}
import os, sys
from pathlib import Path
import numpy as np

name, words = Path(sys.argv[0]).name, sys.argv[1:]
with open(os.environ["FSL_CALLS"], "a") as calls:
    calls.write(" ".join([name, *words]) + "\\n")


def after(flag, joined=False):
    found = [w.partition("=")[2] for w in words if w.startswith(flag + "=")] if joined else words
    return (found[0] if found else None) if joined else (words[words.index(flag) + 1] if flag in words else None)


def move(image, reference, ways, interpolation, target):
    from nipype_qsm.io import load_volume, read_frame, save_volume
    from nipype_qsm.kernels.register.apply_transform import apply_transform
    from nipype_qsm.transforms import load_chain

    grid, kind = read_frame(reference), dict(spline="spline", trilinear="linear")[interpolation]
    array, frame = load_volume(image, "moving")
    chain = load_chain(ways, frame, grid, displacements="relative")
    moved = apply_transform(array, chain, shape=grid.shape[:3], interpolation=kind).moved
    save_volume(moved, grid, target, "moving")


if name == "convert_xfm":
    np.savetxt(after("-omat"), np.linalg.inv(np.loadtxt(words[-1])))
elif name == "flirt" and "-applyxfm" in words:
    move(after("-in"), after("-ref"), [after("-init")], after("-interp"), after("-out"))
    np.savetxt(after("-omat"), np.loadtxt(after("-init")))
elif name == "flirt":
    np.savetxt(after("-omat"), np.loadtxt(os.environ["FSL_ALIGNMENT"]))
    move(after("-in"), after("-ref"), [after("-omat")], "trilinear", after("-out"))
elif name == "applywarp":
    ways = [after("--premat", True), after("--warp", True)]
    move(after("--in", True), after("--ref", True), ways, after("--interp", True), after("--out", True))
else:
    sys.exit(f"nobody plays {{name}}")
"""


def play(folder, monkeypatch, alignment):
    """Put the players on the PATH; return the file that holds their calls, one a line."""
    programs = Path(folder) / "programs"
    programs.mkdir()
    for name in ("flirt", "convert_xfm", "applywarp"):
        program = programs / name
        program.write_text(PLAYER.format(python=sys.executable))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    calls = Path(folder) / "calls"
    calls.touch()
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("FSL_CALLS", str(calls))
    monkeypatch.setenv("FSL_ALIGNMENT", str(alignment))
    monkeypatch.setenv("FSLOUTPUTTYPE", "NIFTI_GZ")
    return calls
