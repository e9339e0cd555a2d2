"""Phenotypes against truth: a digital subject of UK Biobank's size, both presets, and what the numbers cost.

    python benchmarks/regions.py                       simulates a subject, maps it with both presets
    python benchmarks/regions.py --subject DIR --maps ukb=DIR best=DIR
    python benchmarks/regions.py --door [--subject DIR] [--results DIR]
    python benchmarks/regions.py --substitute [--subject DIR] [--results DIR]

What stands beside what: phenotypes of the mapped susceptibility, and of the true one less the true susceptibility of
fluid, with the true labels, on the same voxels. Allowed is 5 ppb and 10 % of the truth (`best`), 20 % (`ukb`).
With `--door` the phenotypes are those of `nipype-qsm ukb` on the subject's tree: with all that the tree holds
(transforms, masks, labels, lesions, nigra), and with nothing but the echoes, T1 and FLAIR, so that all of it is
estimated (`--no-flair`: the lesions are not).
They are held against two truths: medians of the true map on the acquired grid, and what the same recipe (spline to T1's
and the template's grid, erosion, median) makes of that true map through the true transforms.
With `--substitute` the true local or total field takes the place of what preset `best` finds before it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nipype_qsm.io import read_array, read_frame, save_volume
from nipype_qsm.kernels.background.mean_of_three import mean_of_three
from nipype_qsm.kernels.inversion.tv import tv
from nipype_qsm.kernels.reference.csf import csf
from nipype_qsm.kernels.regions.field_gradient_confound import field_gradient_confound
from nipype_qsm.kernels.regions.idps import idps
from nipype_qsm.kernels.regions.quality import quality
from nipype_qsm.phantoms.anatomy import SPACE
from nipype_qsm.quantities import Quantity
from nipype_qsm.tables import read_rows
from nipype_qsm.workflows.presets import PRESETS

ALLOWED = {"ukb": 0.20, "best": 0.10}
NUMBERS = {"mask_lesions": 77, "mask_white_matter": 2, "nigra_left": 27, "nigra_right": 59}
ECHO_TIMES = (0.0094, 0.020)
KINDS = ("given", "estimated")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--subject", type=Path, help="a subject that `nipype-qsm demo` made; simulated when left out")
    parser.add_argument(
        "--maps", nargs="+", default=[], metavar="PRESET=DIR", help="output folders of `nipype-qsm files`"
    )
    parser.add_argument("--door", action="store_true", help="measure `nipype-qsm ukb`, transforms given and estimated")
    parser.add_argument("--substitute", action="store_true", help="begin preset best at the true fields")
    parser.add_argument(
        "--kinds", nargs="+", choices=KINDS, default=KINDS, help="with --door: transforms and masks given or estimated"
    )
    parser.add_argument("--no-flair", action="store_true", help="with --door: estimate without FLAIR")
    parser.add_argument("--results", type=Path, help="with --door: where its results are kept, and used again")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        subject = options.subject or simulated(Path(scratch))
        if options.door:
            door(subject, options.results or Path(scratch), options.kinds, flair=not options.no_flair)
            return
        if options.substitute:
            substitute(subject, options.results or Path(scratch))
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


def true_map(truth: Path) -> np.ndarray:
    """Return the true susceptibility less that of fluid: the median, for veins cross the ventricles' mask."""
    true = volume(truth / "chi.nii.gz")
    return true - np.median(true[volume(truth / "mask_reference.nii.gz") > 0.5])


def compare(preset: str, truth: Path, maps: Path) -> None:
    grid = read_frame(truth / "labels.nii.gz").grid()
    labels = volume(truth / "labels.nii.gz")
    regions = {"labels": labels} | {name: labels == number for name, number in NUMBERS.items()}
    true = true_map(truth)
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


def door(subject: Path, results: Path, kinds: Sequence[str], *, flair: bool = True) -> None:
    """Take phenotypes by the command line, with the tree's own transforms and without, and those of the true map."""
    exact, moved = nigra_options(subject), moved_truth(subject, results)
    for preset in ALLOWED:
        for kind in kinds:
            given = kind == "given"
            tree, more = (subject, exact) if given else (bare_tree(subject, results / "bare", flair=flair), [])
            visit = by_command(tree, results / f"{preset}_{kind}", results, "--preset", preset, *more)
            judge(f"{preset}, {kind}", preset, subject / "truth", visit, moved)


def substitute(subject: Path, results: Path) -> None:
    """Invert true fields as preset `best` does first, nothing given back, and take phenotypes by true transforms."""
    truth, (_, options) = subject / "truth", PRESETS["best"]["inversion"]
    grid, magnitude = read_frame(truth / "chi.nii.gz").grid(), volume(subject / "SWI" / "SWI_TOTAL_MAG.nii.gz")
    brain, fluid = (volume(truth / f"mask_{name}.nii.gz") > 0.5 for name in ("brain", "reference"))
    local = volume(truth / "field_local.nii.gz")
    removed = mean_of_three(volume(truth / "field_total.nii.gz"), brain, grid)
    ideal = read_rows(moved_truth(subject, results) / "IDP_files" / "idps.tsv", ["name", "value"])
    for name, field, mask, changes in (
        ("local", local, brain, {}),
        ("local_without_harmonic", local, brain, {"harmonic_weight": 0.0}),
        ("total", removed.field_local, removed.mask_local, {}),
    ):
        chi = tv(field, mask, grid, magnitude_combined=magnitude, **(options | {"give_back": False} | changes)).chi
        tree = released_tree(subject, results / f"true_{name}", csf(chi, mask, fluid, grid).chi_referenced, mask)
        visit = by_command(tree, results / f"from_{name}", results, "--from", "chi", *nigra_options(subject))
        found = read_rows(visit / "IDP_files" / "idps.tsv", ["name", "value"])
        print(f"\n== true field: {name}")
        table("best", found[:17], ideal[:17])


def nigra_options(subject: Path) -> list[str]:
    masks = [str(subject / "truth" / f"nigra_{side}.nii.gz") for side in ("left", "right")]
    return ["--nigra", *masks, "--template-space", SPACE]


def moved_truth(subject: Path, results: Path) -> Path:
    """Take phenotypes of the true map by the command line."""
    truth = subject / "truth"
    tree = released_tree(subject, results / "true", true_map(truth), volume(truth / "mask_brain.nii.gz") > 0.5)
    return by_command(tree, results / "moved", results, "--from", "chi", *nigra_options(subject))


def by_command(tree: Path, out: Path, results: Path, *options: str) -> Path:
    """Run `nipype-qsm ukb` unless it has run, and return the visit's folder."""
    command = [sys.executable, "-m", "nipype_qsm.cli.main", "ukb", str(tree), "--quiet", "--out", str(out), *options]
    if not (out / "idps.tsv").exists():
        work = str(results / f"work_{tree.name}")
        subprocess.run([*command, "--n-procs", "1", "--work-dir", work], check=True, stdout=subprocess.DEVNULL)
    (visit,) = (path.parent for path in out.glob("*/IDP_files"))
    return visit


def bare_tree(subject: Path, bare: Path, *, flair: bool) -> Path:
    """Keep the echoes, T1 and FLAIR alone."""
    if not bare.exists():
        for name in ("MAG_TE1", "MAG_TE2", "PHA_TE1", "PHA_TE2"):
            shutil.copytree(subject / "SWI" / name, bare / "SWI" / name, copy_function=os.link)
        for name in ("T1", *(["T2_FLAIR"] if flair else [])):
            (bare / name).mkdir()
            shutil.copy(subject / name / f"{name}.nii.gz", bare / name)
    return bare


def released_tree(subject: Path, tree: Path, chi: np.ndarray, mask: np.ndarray) -> Path:
    """Put a referenced map [ppm] and the true T2* where released maps would lie."""
    maps = tree / "QSM"
    if not tree.exists():
        maps.mkdir(parents=True)
        for name in ("T1", "T2_FLAIR"):
            (tree / name).symlink_to((subject / name).resolve())
        (tree / "SWI").mkdir()
        shutil.copy(subject / "SWI" / "SWI_to_T1.mat", tree / "SWI")
        frame, t2star = read_frame(subject / "truth" / "chi.nii.gz"), volume(subject / "truth" / "t2star.nii.gz")
        save_volume(mask, frame, maps / "QSM_mask.nii.gz", Quantity("mask_tissue", "", "where chi is known", mask=True))
        save_volume(1000 * chi, frame, maps / "QSM_CSFref.nii.gz", Quantity("chi", "ppb", "referenced"))
        save_volume(1000 * t2star, frame, maps / "T2star.nii.gz", Quantity("t2star", "ms", "true"))
    return tree


def judge(name: str, preset: str, truth: Path, visit: Path, moved: Path) -> None:
    """Hold a visit's phenotypes against those of the true map with the true labels, and against its moved ones."""
    labels = volume(truth / "labels.nii.gz")
    tissue = volume(visit / "SWI" / "QSM" / "QSM_mask.nii.gz") > 0.5
    regions = {"labels": labels} | {name: labels == number for name, number in NUMBERS.items()}
    grid = read_frame(truth / "labels.nii.gz").grid()
    known = idps(true_map(truth), volume(truth / "t2star.nii.gz"), tissue, grid=grid, **regions).idps
    found, ideal = (read_rows(one / "IDP_files" / "idps.tsv", ["name", "value"]) for one in (visit, moved))
    print(f"\n== {name}")
    table(preset, found[:17], known[:17])
    print("against the true map, moved and measured alike:", end="")
    table(preset, found[:17], ideal[:17])
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
