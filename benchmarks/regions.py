"""Phenotypes against truth: a digital subject of UK Biobank's size, both presets, and what the numbers cost.

    python benchmarks/regions.py                       simulates a subject, maps it with both presets
    python benchmarks/regions.py --subject DIR --maps ukb=DIR best=DIR

What stands beside what: phenotypes of the mapped susceptibility, and of the true one after subtracting the true mean of
the ventricles, with the true labels, on the same voxels. Allowed is 5 ppb and 10 % of the truth (`best`), 20 % (`ukb`).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from nipype_qsm.io import read_array, read_frame
from nipype_qsm.kernels.regions.field_gradient_confound import field_gradient_confound
from nipype_qsm.kernels.regions.idps import idps
from nipype_qsm.kernels.regions.quality import quality

ALLOWED = {"ukb": 0.20, "best": 0.10}
NUMBERS = {"mask_lesions": 77, "mask_white_matter": 2, "nigra_left": 27, "nigra_right": 59}
ECHO_TIMES = (0.0094, 0.020)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--subject", type=Path, help="a subject that `nipype-qsm demo` made; simulated when left out")
    parser.add_argument(
        "--maps", nargs="+", default=[], metavar="PRESET=DIR", help="output folders of `nipype-qsm files`"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        subject = options.subject or simulated(Path(scratch))
        given = dict(one.split("=", 1) for one in options.maps)
        for preset in ALLOWED:
            maps = Path(given[preset]) if preset in given else mapped(subject, preset, Path(scratch))
            compare(preset, subject / "truth", maps)


def simulated(folder: Path) -> Path:
    from nipype_qsm.phantoms import DigitalSubject

    DigitalSubject("ukb").write_ukb(folder / "subject")
    return folder / "subject"


def mapped(subject: Path, preset: str, scratch: Path) -> Path:
    out, truth = scratch / preset, subject / "truth"
    command = [sys.executable, "-m", "nipype_qsm.cli.main", "files", str(out), "--preset", preset, "--quiet"]
    command += ["--mask", str(truth / "mask_brain.nii.gz"), "--reference-mask", str(truth / "mask_reference.nii.gz")]
    command += ["--phase", str(subject / "SWI/PHA_TE*/*.nii.gz"), "--magnitude", str(subject / "SWI/MAG_TE*/*.nii.gz")]
    subprocess.run([*command, "--work-dir", str(scratch / "work")], check=True, stdout=subprocess.DEVNULL)
    return out


def volume(path: Path) -> np.ndarray:
    return read_array(path, order="C")


def compare(preset: str, truth: Path, maps: Path) -> None:
    grid = read_frame(truth / "labels.nii.gz").grid()
    labels = volume(truth / "labels.nii.gz")
    regions = {"labels": labels} | {name: labels == number for name, number in NUMBERS.items()}
    true = volume(truth / "chi.nii.gz")
    true -= true[volume(truth / "mask_reference.nii.gz") > 0.5].mean()
    tissue = volume(maps / "mask_tissue.nii.gz") > 0.5
    chi, t2star = volume(maps / "chi_referenced.nii.gz"), volume(maps / "t2star.nii.gz")
    phase, magnitude = (
        np.stack([volume(maps / f"{kind}_echo-{echo}.nii.gz") for echo in (1, 2)], -1)
        for kind in ("phase", "magnitude")
    )
    brain = volume(maps / "mask_brain.nii.gz") > 0.5
    times = [time.process_time()]
    field_gradient_confound(phase, magnitude, brain, grid, echo_times=ECHO_TIMES, t2star=t2star)
    times.append(time.process_time())
    found = idps(chi, t2star, tissue, grid=grid, **regions).idps
    times.append(time.process_time())
    quality(chi, tissue, brain, labels, grid=grid, idps=found)
    times.append(time.process_time())
    known = idps(true, volume(truth / "t2star.nii.gz"), tissue, grid=grid, **regions).idps
    table(preset, found[:17], known[:17])
    print("CPU s: field gradient {:.2f}, phenotypes {:.2f}, quality {:.2f}".format(*np.diff(times)))


def table(preset: str, found: list[dict], known: list[dict]) -> None:
    print(f"\n{preset:<24}{'true':>8}{'found':>8}{'error':>8}{'allowed':>9}  ppb")
    kept = 0
    for one, other in zip(found, known, strict=True):
        error, allowed = one["value"] - other["value"], 5 + ALLOWED[preset] * abs(other["value"])
        kept += abs(error) <= allowed
        mark = "" if abs(error) <= allowed else "  missed"
        print(f"{one['name']:<24}{other['value']:8.1f}{one['value']:8.1f}{error:8.1f}{allowed:9.1f}{mark}")
    print(f"{kept} of {len(found)} within")


if __name__ == "__main__":
    main()
