"""`nipype-qsm files`: from phase and magnitude files to susceptibility and T2* maps and a report."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from nipype_qsm.cli import checks, running

DESCRIPTION = """\
Map susceptibility (QSM) and T2* from gradient echoes.

Give the phase and the magnitude of every echo, first echo first; with uncombined coils, every coil of every echo (a
glob is fine: the names tell echo and coil apart, or the order does: all coils of echo 1, then of echo 2).
Phase must declare its scale (side-car, header, UK Biobank convention) or be given --phase-range.
OUT gets chi, chi_referenced, field_total, field_local, the masks, t2star, ... as .nii.gz with side-cars, report.html,
and graph.html, which shows the run while it goes on. Susceptibility is in ppm, T2* in s, fields in ppm of B0."""

STEPS = ("coils", "unwrap", "fieldmap", "background", "inversion", "relaxation")


def add_parser(verbs: Any) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "files",
        help="map susceptibility and T2* from image files",
        description=DESCRIPTION,
    )
    verb.add_argument("out", type=Path, metavar="OUT", help="output folder")
    _add_data(verb.add_argument_group("data"))
    _add_methods(verb.add_argument_group("methods"))
    running.add_options(verb.add_argument_group("running"))
    verb.set_defaults(run=run)


def _add_data(data: argparse._ArgumentGroup) -> None:
    data.add_argument("--phase", nargs="+", metavar="FILE", help="wrapped phase, first echo first")
    data.add_argument("--magnitude", nargs="+", metavar="FILE", help="magnitude, in the same order")
    data.add_argument(
        "--dicom", type=Path, metavar="DIR", help="DICOM images of the scan, instead of --phase and --magnitude"
    )
    data.add_argument(
        "--echo-times", nargs="+", type=float, metavar="S", help="in seconds; from the side-cars if left out"
    )
    data.add_argument("--field-strength", type=float, metavar="T", help="in tesla; from the side-cars if left out")
    data.add_argument(
        "--mask",
        type=Path,
        metavar="FILE",
        help="brain mask (0 to 1) on the same grid; made from the magnitude if left out",
    )
    data.add_argument(
        "--phase-range", nargs=2, type=float, metavar=("LOW", "HIGH"), help="stored values that mean -pi and +pi"
    )
    data.add_argument(
        "--b0-direction",
        nargs=3,
        type=float,
        metavar=("X", "Y", "Z"),
        help="in voxel axes; from the affine if left out",
    )
    data.add_argument("--invert-phase", action="store_true", help="flip the sign of the phase")
    data.add_argument("--fix-alternating-slices", action="store_true", help="turn every second slice by pi (GE)")


def _add_methods(methods: argparse._ArgumentGroup) -> None:
    methods.add_argument("--preset", default="best", help="ukb (faithful to UK Biobank) or best (default: %(default)s)")
    for step in STEPS:
        methods.add_argument(
            f"--{step}", metavar="NAME", help=f"another {step} method; see `nipype-qsm methods {step}`"
        )
    methods.add_argument("--reference", metavar="NAME", help="zero level; see `nipype-qsm methods reference`")
    methods.add_argument(
        "--reference-mask",
        type=Path,
        metavar="FILE",
        help="ventricles (or another region); found automatically if left out",
    )
    methods.add_argument(
        "--brain-mask",
        default="magnitude_mask",
        metavar="NAME",
        help="makes the mask if none is given: magnitude_mask, phase_quality_mask or noise_mask (default: %(default)s)",
    )
    methods.add_argument(
        "--two-pass", action="store_true", help="invert once more without bleeds and calcifications, and merge"
    )
    methods.add_argument(
        "--swi", nargs="?", const="swi", metavar="NAME", help="susceptibility-weighted images, too (swi or clear_swi)"
    )
    methods.add_argument(
        "--separation", metavar="NAME", help="two sources a voxel, too; r2star_qsm needs no other scan"
    )
    methods.add_argument("--r2prime", type=Path, metavar="FILE", help="R2' [1/s] on the same grid, for chi_separation")
    methods.add_argument(
        "--refine-mask",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="drop unreliable voxels from the mask, and say how many (default: yes)",
    )


def run(options: argparse.Namespace) -> int:
    """Check everything that can be checked first, then run."""
    return map_files(options)


def map_files(options: argparse.Namespace, extra: dict[str, Any] | None = None) -> int:
    """Run the files door; `extra` facts go into summary.json."""
    running.require_plugin(options.plugin)
    checks.require_data(options)
    checks.refuse_foreign(options.out)
    work = (options.work_dir or options.out / "work").resolve()
    # A work folder that was asked for is kept, for the next try.
    with running.leaving_nothing(options.out, *([] if options.work_dir else [work]), work=work):
        if options.dicom:
            _convert(options, work / "converted")
        inputs, single_echo = checks.checked_inputs(options)
        workflow = _workflow(options, single_echo)
        workflow.inputs.inputnode.trait_set(**inputs)
        require_writable(options.out, work)
        found = running.run(workflow, options, work, options.out / "graph.html")
    if options.work_dir is None:
        running.discard(work)
    report = finish_report(options.out, {**found, **(extra or {})})
    print(f"{options.out}: {report.name}, chi_referenced.nii.gz [ppm]" + ("" if single_echo else ", t2star.nii.gz [s]"))
    return 0


def _convert(options: argparse.Namespace, folder: Path) -> None:
    """Convert DICOM images, and take phase and magnitude from them."""
    from nipype_qsm.dicom import convert, gradient_echo

    found = gradient_echo(convert(options.dicom, folder))
    for note in found.notes:
        print(f"note: {note}", file=sys.stderr, flush=True)
    options.phase, options.magnitude = ([str(path) for path in paths] for paths in (found.phase, found.magnitude))


def _workflow(options: argparse.Namespace, single_echo: bool) -> Any:
    from nipype_qsm.workflows.subject import init_subject_wf

    return init_subject_wf(
        options.out.resolve(),
        options.preset,
        **{s: getattr(options, s) for s in (*STEPS, "reference", "swi", "separation")},
        single_echo=single_echo,
        brain_mask="threshold_mask" if options.mask else options.brain_mask,
        two_pass=options.two_pass,
        automatic_reference=options.reference_mask is None,
        draw=False,
        refine_mask=options.refine_mask,
        n_procs=options.n_procs,
        phase_range=tuple(options.phase_range) if options.phase_range else None,
        invert_phase=options.invert_phase,
        fix_alternating_slices=options.fix_alternating_slices,
    )


def require_writable(*folders: Path) -> None:
    """Refuse folders that cannot be written, before hours are spent."""
    from nipype_qsm.io import atomically

    for folder in folders:
        with atomically(folder / ".writable") as probe:
            probe.write_text("")
        (folder / ".writable").unlink()


def finish_report(out: Path, found: dict[str, Any]) -> Path:
    """Add what only the end knows (times, memory, warnings) to the summary, and draw the page."""
    from nipype_qsm.io import read_json, write_json
    from nipype_qsm.reports.subject import subject_report

    summary = {**read_json(out / "summary.json"), "command": " ".join(sys.argv), **found}
    write_json(summary, out / "summary.json")
    return subject_report(out)
