"""`nipype-qsm demo`: the whole chain on a digital subject of known truth, or a whole study of simulated people."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from nipype_qsm.cli import demo_cohort, files, running
from nipype_qsm.errors import QSMError

DEEP_GREY = ("caudate", "putamen", "pallidum", "thalamus", "nigra", "red_nucleus", "dentate", "subthalamic")
"""Words in the names of the nuclei whose slope is reported."""


def add_parser(verbs: Any) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "demo",
        help="simulate a subject or a whole study, and compare with the truth",
        description="Simulate a head as UK Biobank scans it (32 coils, two echoes, raw 12-bit phase), run both presets "
        "from the uncombined coils, and compare chi of every structure with the truth. With --cohort, simulate a whole "
        "study (scans of a few people, maps of some, phenotypes and genotypes of all), run every step from images to "
        "heritability, and write report.html: the figures of the paper, and what was planted beside what was found.",
    )
    verb.add_argument("--out", type=Path, default=Path("demo"), metavar="DIR", help="folder (default: %(default)s)")
    verb.add_argument("--size", default="ukb", help="ukb (256 x 288 x 48, 32 coils) or small (default: %(default)s)")
    verb.add_argument("--seed", type=int, default=1, help="which person (default: %(default)s)")
    verb.add_argument("--preset", nargs="+", default=["ukb", "best"], help="presets to run (default: both)")
    study = verb.add_argument_group("a whole study")
    study.add_argument("--cohort", type=running.at_least_one, metavar="N", help="people to simulate, such as 2000")
    study.add_argument("--maps", type=int, metavar="N", help="people with maps (default: a fifth, at most 300)")
    study.add_argument("--images", type=int, default=3, metavar="N", help="people with scans (default: %(default)s)")
    study.add_argument("--phenotypes", type=int, default=400, metavar="N", help="phenotypes (default: %(default)s)")
    running.add_options(verb.add_argument_group("running"))
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Simulate, map with every preset, compare, and say where the reports are."""
    from nipype_qsm.workflows.qsm import plan

    running.require_plugin(options.plugin)
    if options.cohort:
        return demo_cohort.run(options)
    for preset in options.preset:
        plan(preset)
    subject = options.out / "subject"
    names = _simulate(options, subject)
    failed = 0
    for preset in options.preset:
        print(f"preset {preset}", file=sys.stderr, flush=True)
        chosen = _files_options(options, subject, options.out / preset, preset)
        failed |= files.map_files(chosen, {"truth": None})
        _print_table(preset, _compare(subject, options.out / preset, names))
    for preset in options.preset:
        print(f"report: {(options.out / preset / 'report.html').resolve()}")
    return failed


def _simulate(options: argparse.Namespace, folder: Path) -> dict[int, str]:
    from nipype_qsm.phantoms import DigitalSubject

    started = time.monotonic()
    subject = DigitalSubject(options.size, seed=options.seed, threads=options.n_procs)
    marker = folder / "truth" / "subject.json"
    if marker.is_file():
        _require_same_subject(subject, marker)
        print(f"{folder} is there already: using it", file=sys.stderr)
    else:
        files.require_writable(options.out)
        print(f"simulating {subject.protocol.n_coils} coils into {folder} ...", file=sys.stderr, flush=True)
        subject.write_ukb(folder)
        print(f"simulated in {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    return subject.label_names


def _require_same_subject(subject: Any, marker: Path) -> None:
    from nipype_qsm.io import read_json

    there = read_json(marker)
    if (there["seed"], there["protocol"]) != (subject.seed, json.loads(json.dumps(vars(subject.protocol)))):
        raise QSMError(
            f"{marker.parents[1]} holds another subject (seed {there['seed']}) than the one asked for.",
            remedy="Choose another folder (--out), or remove that one.",
        )


def _files_options(options: argparse.Namespace, subject: Path, out: Path, preset: str) -> argparse.Namespace:
    from nipype_qsm.cli.main import parser

    truth = subject / "truth"
    arguments = ["files", str(out), "--preset", preset, "--n-procs", str(options.n_procs), "--plugin", options.plugin]
    arguments += ["--work-dir", str(options.work_dir or options.out / "work")]
    arguments += ["--quiet"] if options.quiet else []
    arguments += ["--mask", str(truth / "mask_brain.nii.gz"), "--reference-mask", str(truth / "mask_reference.nii.gz")]
    for port, kind in (("--phase", "PHA"), ("--magnitude", "MAG")):
        arguments += [port, *sorted(str(path) for path in subject.glob(f"SWI/{kind}_TE*/*.nii.gz"))]
    return parser().parse_args(arguments)


def _compare(subject: Path, out: Path, names: dict[int, str]) -> dict[str, Any]:
    from nipype_qsm.io import load_volume, read_array, read_json, write_json
    from nipype_qsm.kernels.quality.agreement import agreement
    from nipype_qsm.reports.subject import subject_report

    chi, _ = load_volume(out / "chi_referenced.nii.gz", "chi_referenced")
    mask, _ = load_volume(out / "mask_tissue.nii.gz", "mask_tissue")
    truth, _ = load_volume(subject / "truth" / "chi.nii.gz", "chi")
    ventricles, _ = load_volume(subject / "truth" / "mask_reference.nii.gz", "mask_reference")
    labels = read_array(subject / "truth" / "labels.nii.gz").astype(int)
    found = agreement(chi, truth - truth[ventricles].mean(), mask, labels=labels, names=names, slope_over=DEEP_GREY)
    facts = {
        "structures": found.structures,
        "rmse_ppb": 1000 * found.rmse,
        "xsim": found.xsim,
        "slope_deep_grey": found.slope,
        "r_deep_grey": found.r,
        "voxels_kept": float(mask.sum() / load_volume(subject / "truth" / "mask_brain.nii.gz", "mask_brain")[0].sum()),
    }
    write_json({**read_json(out / "summary.json"), "truth": facts}, out / "summary.json")
    subject_report(out)
    return facts


def _print_table(preset: str, facts: dict[str, Any]) -> None:
    print(f"\n{preset:<28} true chi  measured chi [ppb]")
    for row in facts["structures"]:
        print(f"{row['name'].replace('_', ' '):<28} {row['truth_ppb']:8.1f}  {row['measured_ppb']:8.1f}")
    print(
        f"deep grey slope {facts['slope_deep_grey']:.3f}, r {facts['r_deep_grey']:.3f}; "
        f"RMSE {facts['rmse_ppb']:.1f} ppb, XSIM {facts['xsim']:.3f}, "
        f"{100 * facts['voxels_kept']:.0f} % of the brain kept\n",
        flush=True,
    )
