"""Phenotypes against truth: a digital subject of UK Biobank's size, both presets, and what the numbers cost.

    python benchmarks/regions.py                       simulates a subject, maps it with both presets
    python benchmarks/regions.py --subject DIR --maps ukb=DIR best=DIR
    python benchmarks/regions.py --door [--subject DIR] [--results DIR]

What stands beside what: phenotypes of the mapped susceptibility, and of the true one after subtracting the true mean of
the ventricles, with the true labels, on the same voxels. Allowed is 5 ppb and 10 % of the truth (`best`), 20 % (`ukb`).
With `--door` the phenotypes are those of `nipype-qsm ukb` on the subject's tree: once with all that the tree holds
(transforms, masks, labels, lesions), once with nothing but the echoes and T1, so that all of it is estimated.
"""

from __future__ import annotations

import argparse
import os
import shutil
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
from nipype_qsm.tables import read_rows

ALLOWED = {"ukb": 0.20, "best": 0.10}
NUMBERS = {"mask_lesions": 77, "mask_white_matter": 2, "nigra_left": 27, "nigra_right": 59}
ECHO_TIMES = (0.0094, 0.020)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--subject", type=Path, help="a subject that `nipype-qsm demo` made; simulated when left out")
    parser.add_argument(
        "--maps", nargs="+", default=[], metavar="PRESET=DIR", help="output folders of `nipype-qsm files`"
    )
    parser.add_argument("--door", action="store_true", help="measure `nipype-qsm ukb`, transforms given and estimated")
    parser.add_argument("--results", type=Path, help="with --door: where its results are kept, and used again")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        subject = options.subject or simulated(Path(scratch))
        if options.door:
            door(subject, options.results or Path(scratch))
            return
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


def door(subject: Path, results: Path) -> None:
    """Take phenotypes by the command line, with the tree's own transforms and without."""
    bare = results / "bare"
    if not bare.exists():
        for name in ("MAG_TE1", "MAG_TE2", "PHA_TE1", "PHA_TE2"):
            shutil.copytree(subject / "SWI" / name, bare / "SWI" / name, copy_function=os.link)
        (bare / "T1").mkdir()
        shutil.copy(subject / "T1" / "T1.nii.gz", bare / "T1")
    for preset in ALLOWED:
        for kind, tree in (("given", subject), ("estimated", bare)):
            out = results / f"{preset}_{kind}"
            command = [sys.executable, "-m", "nipype_qsm.cli.main", "ukb", str(tree), "--preset", preset, "--quiet"]
            command += ["--out", str(out), "--n-procs", "1", "--work-dir", str(results / f"work_{kind}")]
            if not (out / "idps.tsv").exists():
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            (visit,) = (path.parent for path in out.glob("*/IDP_files"))
            judge(f"{preset}, {kind}", preset, subject / "truth", visit)


def judge(name: str, preset: str, truth: Path, visit: Path) -> None:
    """Hold a visit's phenotypes against those of the true map with the true labels."""
    labels, true = volume(truth / "labels.nii.gz"), volume(truth / "chi.nii.gz")
    true -= true[volume(truth / "mask_reference.nii.gz") > 0.5].mean()
    tissue = volume(visit / "SWI" / "QSM" / "QSM_mask.nii.gz") > 0.5
    regions = {"labels": labels} | {name: labels == number for name, number in NUMBERS.items()}
    grid = read_frame(truth / "labels.nii.gz").grid()
    known = idps(true, volume(truth / "t2star.nii.gz"), tissue, grid=grid, **regions).idps
    found = read_rows(visit / "IDP_files" / "idps.tsv", ["name", "value"])
    print(f"\n== {name}")
    table(preset, found[:17], known[:17])
    errors = {
        unit: [abs(one["value"] - other["value"]) for one, other in zip(found[part], known[part], strict=True)]
        for unit, part in (("ppb", slice(17)), ("ms", slice(17, 34)))
    }
    print("median error: " + ", ".join(f"{np.nanmedian(each):.1f} {unit}" for unit, each in errors.items()))


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
