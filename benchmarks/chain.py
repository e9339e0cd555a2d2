"""The whole chain: seconds, memory and accuracy of both presets, as whole processes of the command line.

    python benchmarks/chain.py                     UK Biobank's size, from 128 gzipped coil files (simulated first)
    python benchmarks/chain.py PHANTOM [...]       also heads made by the peers' script (folders with derivatives)

What stands beside what: the time to read all coil files once with nibabel's usual call, which the chain does twice; and
the truth. Whole: all of the brain, where dropped voxels count as they are written, zero. Own: where the preset has a
value. Core: the brain without its outer five voxels. Peak memory is that of the largest node.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nibabel as nib
import numpy as np
from scipy import ndimage

from nipype_qsm.io import read_array, read_json
from nipype_qsm.kernels.quality.agreement import agreement

PRESETS = ("ukb", "best")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("phantoms", nargs="*", type=Path, metavar="PHANTOM")
    parser.add_argument("--subject", type=Path, help="a subject that `nipype-qsm demo` made; simulated when left out")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        subject = options.subject or simulated(Path(scratch))
        print(f"reading {count(subject)} coil files once, nibabel's get_fdata: {reading(subject):.1f} s, one thread")
        print(f"{'head':<16}{'preset':<7}{'wall s':>7}{'CPU s':>7}{'peak GB':>8}{'kept':>7}", end="  ")
        print("RMSE ppb / XSIM: whole, own, core")
        for preset in PRESETS:
            row("UK Biobank size", preset, from_subject(subject), truth_of(subject), Path(scratch))
        for phantom in options.phantoms:
            for preset in PRESETS:
                row(phantom.name, preset, from_phantom(phantom), truth_of_phantom(phantom), Path(scratch))


def simulated(folder: Path) -> Path:
    from nipype_qsm.phantoms import DigitalSubject

    started = time.monotonic()
    DigitalSubject("ukb").write_ukb(folder / "subject")
    print(f"simulated and written in {time.monotonic() - started:.0f} s")
    return folder / "subject"


def count(subject: Path) -> int:
    return len(list(subject.glob("SWI/*_TE*/*.nii.gz")))


def reading(subject: Path) -> float:
    started = time.monotonic()
    for path in sorted(subject.glob("SWI/*_TE*/*.nii.gz")):
        nib.load(path).get_fdata(dtype=np.float32)
    return time.monotonic() - started


def from_subject(subject: Path) -> list[str]:
    truth = subject / "truth"
    arguments = ["--mask", f"{truth}/mask_brain.nii.gz", "--reference-mask", f"{truth}/mask_reference.nii.gz"]
    for port, kind in (("--phase", "PHA"), ("--magnitude", "MAG")):
        arguments += [port, *map(str, sorted(subject.glob(f"SWI/{kind}_TE*/*.nii.gz")))]
    return arguments


def from_phantom(phantom: Path) -> list[str]:
    anat, truth = phantom / "sub-1/anat", next(phantom.glob("derivatives/*/sub-1/anat"))
    arguments = ["--mask", f"{truth}/sub-1_mask.nii", "--reference", "brain"]
    for port, part in (("--phase", "phase"), ("--magnitude", "mag")):
        arguments += [port, *map(str, sorted(anat.glob(f"*part-{part}_MEGRE.nii")))]
    return arguments


def truth_of(subject: Path) -> tuple[np.ndarray, np.ndarray]:
    return read_array(subject / "truth/chi.nii.gz"), read_array(subject / "truth/mask_brain.nii.gz") > 0.5


def truth_of_phantom(phantom: Path) -> tuple[np.ndarray, np.ndarray]:
    truth = next(phantom.glob("derivatives/*/sub-1/anat"))
    return read_array(truth / "sub-1_Chimap.nii"), read_array(truth / "sub-1_mask.nii") > 0.5


def row(head: str, preset: str, arguments: list[str], truth: tuple[np.ndarray, np.ndarray], scratch: Path) -> None:
    out = scratch / f"{head}-{preset}".replace(" ", "-")
    command = [
        sys.executable,
        "-m",
        "nipype_qsm.cli.main",
        "files",
        str(out),
        "--preset",
        preset,
        "--quiet",
        *arguments,
    ]
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "NO_ET": "1"})
    wall, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    peak = max(node["peak_gb"] or 0 for node in read_json(out / "summary.json")["runtime"])
    chi, own = read_array(out / "chi.nii.gz"), read_array(out / "mask_tissue.nii.gz") > 0.5
    known, brain = truth
    core = ndimage.binary_erosion(brain, iterations=5)
    scores = [agreement(chi, known, mask) for mask in (brain, own & brain, core)]
    shown = ", ".join(f"{1000 * score.rmse:.1f} / {score.xsim:.3f}" for score in scores)
    kept = (own & brain).sum() / brain.sum()
    print(f"{head:<16}{preset:<7}{wall:7.1f}{cpu:7.1f}{peak:8.2f}{kept:7.1%}  {shown}", flush=True)


if __name__ == "__main__":
    main()
