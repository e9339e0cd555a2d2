"""`nipype-qsm files`: from phase and magnitude files to susceptibility and T2* maps and a report."""

from __future__ import annotations

import argparse
import sys
import tempfile
from glob import glob
from pathlib import Path
from typing import Any

from nipype_qsm.cli import running
from nipype_qsm.errors import ImageError, MetadataError

DESCRIPTION = """\
Map susceptibility (QSM) and T2* from gradient echoes.

Give the phase and the magnitude of every echo, first echo first; with uncombined coils, every coil of every echo (a
glob is fine: the names tell echo and coil apart, or the order does: all coils of echo 1, then of echo 2).
Phase must declare its scale (side-car, header, UK Biobank convention) or be given --phase-range.
OUT gets chi, chi_referenced, field_total, field_local, the masks, t2star, ... as .nii.gz with side-cars, and
report.html. Susceptibility is in ppm, T2* in s, fields in ppm of B0."""

STEPS = ("coils", "unwrap", "fieldmap", "background", "inversion", "relaxation")

EPILOG = """\
examples:
  nipype-qsm files out --phase e1_ph.nii.gz e2_ph.nii.gz --magnitude e1.nii.gz e2.nii.gz --mask brain.nii.gz
  nipype-qsm files out --phase SWI/PHA_TE*/*.nii.gz --magnitude SWI/MAG_TE*/*.nii.gz --mask brain.nii.gz \\
      --echo-times 0.0094 0.020 --field-strength 3 --preset ukb --reference-mask ventricles.nii.gz"""


def add_parser(verbs: Any) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "files",
        help="map susceptibility and T2* from image files",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument("out", type=Path, metavar="OUT", help="output folder")
    _add_data(verb.add_argument_group("data"))
    _add_methods(verb.add_argument_group("methods"))
    running.add_options(verb.add_argument_group("running"))
    verb.set_defaults(run=run)


def _add_data(data: argparse._ArgumentGroup) -> None:
    data.add_argument("--phase", nargs="+", required=True, metavar="FILE", help="wrapped phase, first echo first")
    data.add_argument("--magnitude", nargs="+", required=True, metavar="FILE", help="magnitude, in the same order")
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
    inputs, single_echo = checked_inputs(options)
    work = (options.work_dir or options.out / "work").resolve()
    from nipype_qsm.workflows.subject import init_subject_wf

    workflow = init_subject_wf(
        options.out.resolve(),
        options.preset,
        **{s: getattr(options, s) for s in (*STEPS, "reference", "swi", "separation")},
        single_echo=single_echo,
        brain_mask="threshold_mask" if options.mask else "magnitude_mask",
        automatic_reference=options.reference_mask is None,
        draw=False,
        refine_mask=options.refine_mask,
        n_procs=options.n_procs,
        phase_range=tuple(options.phase_range) if options.phase_range else None,
        invert_phase=options.invert_phase,
        fix_alternating_slices=options.fix_alternating_slices,
    )
    workflow.inputs.inputnode.trait_set(**inputs)
    # A work folder that was asked for is kept, for the next try.
    with running.leaving_nothing(options.out, *([] if options.work_dir else [work])):
        require_writable(options.out, work)
        found = running.run(workflow, options, work)
    if options.work_dir is None:
        running.discard(work)
    report = finish_report(options.out, {**found, **(extra or {})})
    print(f"{options.out}: {report.name}, chi_referenced.nii.gz [ppm]" + ("" if single_echo else ", t2star.nii.gz [s]"))
    return 0


def checked_inputs(options: argparse.Namespace) -> tuple[dict[str, Any], bool]:
    """Read headers and masks, and refuse what cannot work before anything is written."""
    files = {
        port: [_existing(path, port) for given in getattr(options, port) for path in _expanded(given)]
        for port in ("phase", "magnitude")
    }
    given = {
        name: value
        for name, value in {
            **files,
            "echo_times": options.echo_times,
            "field_strength": options.field_strength,
            "b0_direction": options.b0_direction,
        }.items()
        if value is not None
    }
    series = checked_series(given, options.phase_range)
    return {**given, **_checked_masks(options, series), **_checked_decay(options, series)}, series.n_echoes == 1


def checked_series(given: dict[str, Any], phase_range: Any = None) -> Any:
    """Return the table of echoes and coils, refusing what cannot work; damaged images are found now, not later."""
    from nipype_qsm.interfaces.reading import ReadSeries

    series = ReadSeries(**given, **({"phase_range": list(phase_range)} if phase_range else {})).table()
    if series.n_echoes == 1 and series.n_coils > 1:
        raise MetadataError(
            f"One echo of {series.n_coils} coils cannot be combined: MCPC-3D-S needs two echoes.",
            remedy="Give a second echo, or a phase image that the scanner combined.",
        )
    _read_suspects(series)
    return series


def _checked_masks(options: argparse.Namespace, series: Any) -> dict[str, str]:
    """Read the masks, and the images that may be unusable, before anything is written."""
    from nipype_qsm.io import load_volume

    masks, given = {}, {}
    for option, port, quantity in (
        ("mask", "mask_fraction", "mask_brain"),
        ("reference_mask", "mask_reference", "mask_reference"),
    ):
        path = getattr(options, option)
        if path is not None:
            masks[option], frame = load_volume(_existing(path, option), quantity, f"--{option.replace('_', '-')}")
            series.frame.require_same(frame, f"--{option.replace('_', '-')}")
            given[port] = str(path.resolve())
    if len(masks) == 2 and not (masks["mask"] & masks["reference_mask"]).any():
        raise ImageError(
            f"No voxel of --reference-mask ({options.reference_mask}) lies in --mask ({options.mask}).",
            remedy="Check that both belong to this subject and lie on the grid of the phase images.",
        )
    return given


def _checked_decay(options: argparse.Namespace, series: Any) -> dict[str, str]:
    """Read R2', and refuse a separation that needs it and does not get it."""
    from nipype_qsm.io import load_volume

    if options.r2prime is None:
        if options.separation == "chi_separation":
            raise MetadataError(
                "chi_separation needs R2', which these images do not hold.",
                remedy="Give it (--r2prime FILE; R2* - R2, from a spin-echo scan), or choose --separation r2star_qsm.",
            )
        return {}
    _, frame = load_volume(_existing(options.r2prime, "r2prime"), "r2prime", "--r2prime")
    series.frame.require_same(frame, "--r2prime")
    return {"r2prime": str(options.r2prime.resolve())}


def _read_suspects(series: Any) -> None:
    """Read images that may hold values that are not finite (integers cannot), or that may be cut off."""
    from nipype_qsm.io import looks_whole, open_image

    def suspect(source: Any) -> bool:
        return open_image(source.path).get_data_dtype().kind == "f" or not looks_whole(source.path)

    cells = [(echo, coil) for echo in range(series.n_echoes) for coil in range(series.n_coils)]
    phases = [cell for cell in cells if suspect(series.phase[cell[0]][cell[1]])]
    magnitudes = [cell for cell in cells if suspect(series.magnitude[cell[0]][cell[1]])]
    with tempfile.TemporaryDirectory(prefix="nipype-qsm-") as scratch:
        whole = series.unpacked(scratch) if phases or magnitudes else series
        for cell in phases:
            whole.read_phase(*cell)
        for cell in magnitudes:
            whole.read_magnitude(*cell)


def _expanded(pattern: str) -> list[str]:
    """Return the files that a quoted pattern finds, sorted; a name that is there, or finds nothing, as it is."""
    # Path.glob refuses absolute patterns.
    return [pattern] if Path(pattern).is_file() else sorted(glob(pattern)) or [pattern]  # noqa: PTH207


def _existing(path: str | Path, port: str) -> str:
    if not Path(path).is_file():
        raise ImageError(f"--{port.replace('_', '-')}: {path} does not exist.", remedy="Check the path or the pattern.")
    return str(Path(path).resolve())


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
