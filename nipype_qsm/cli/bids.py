"""`nipype-qsm bids`: a BIDS App, from a raw data set to derivatives, participant by participant and as a group."""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path
from typing import Any

from nipype_qsm.cli import brain as brain_options
from nipype_qsm.cli import checks, files, running
from nipype_qsm.cli.brain import say
from nipype_qsm.errors import MetadataError, QSMError

DESCRIPTION = """\
Map susceptibility and T2* of a BIDS data set. Read are multi-echo gradient echoes (MEGRE, part-mag and part-phase,
uncombined coils as rec-uncombined_coil-NN), T1w and FLAIR, and from derivatives what is known of the brain: masks,
labels, lesions, transforms; what is missing is made. Written are derivatives that the BIDS validator accepts: Chimap
[ppm], T2starmap [s], R2starmap [1/s], field maps [Hz], masks, tables of phenotypes, and a report for each recording.
`group` puts the phenotypes of all participants into one table."""


def add_parser(verbs: Any) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "bids",
        help="map a BIDS data set",
        description=DESCRIPTION,
    )
    verb.add_argument("bids", type=Path, metavar="BIDS", help="raw data set")
    verb.add_argument("out", type=Path, metavar="OUT", help="derivative data set")
    verb.add_argument("level", choices=("participant", "group"), help="level of the analysis")
    data = verb.add_argument_group("data")
    data.add_argument("--participant-label", nargs="+", metavar="LABEL", help="participants, with or without sub-")
    data.add_argument("--session-id", nargs="+", metavar="LABEL", help="sessions, with or without ses-")
    data.add_argument(
        "--bids-filter-file", type=Path, metavar="FILE", help='JSON, such as {"megre": {"acquisition": "qsm"}}'
    )
    data.add_argument(
        "--derivatives",
        nargs="+",
        type=Path,
        metavar="DIR",
        help="data sets with masks, labels and transforms (default: those in BIDS/derivatives)",
    )
    brain_options.add_options(data)
    methods = verb.add_argument_group("methods")
    methods.add_argument("--preset", default="best", help="ukb (faithful to UK Biobank) or best (default: %(default)s)")
    running.add_options(verb.add_argument_group("running"))
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run one level."""
    return group(options) if options.level == "group" else _participants(options)


def _participants(options: argparse.Namespace) -> int:
    from nipype_qsm.bids import Dataset
    from nipype_qsm.bids_names import read_filters
    from nipype_qsm.workflows.qsm import plan

    running.require_plugin(options.plugin)
    plan(options.preset)
    filters = read_filters(options.bids_filter_file) if options.bids_filter_file else None
    derivatives = options.derivatives
    if derivatives is None:
        derivatives = [path for path in _beside(options.bids) if path.resolve() != options.out.resolve()]
    dataset = Dataset(options.bids, derivatives=derivatives, filters=filters)
    if not (options.bids / "dataset_description.json").is_file():
        say(f"{options.bids} has no dataset_description.json: it is read all the same")
    recordings = dataset.recordings(options.participant_label, options.session_id)
    failed = 0
    for recording in recordings:
        try:
            _recording(recording, options)
        except QSMError as error:
            if len(recordings) == 1:
                raise
            failed += 1
            print(f"nipype-qsm: {recording.stem}: {error.problem}\n            {error.remedy}", file=sys.stderr)
    if failed:
        print(f"{failed} of {len(recordings)} recordings failed", file=sys.stderr)
    return 1 if failed else 0


def _beside(root: Path) -> list[Path]:
    return sorted(path for path in (root / "derivatives").glob("*") if path.is_dir())


def _recording(recording: Any, options: argparse.Namespace) -> None:
    from nipype_qsm.bids_derivatives import describe_dataset, require_own, write_results
    from nipype_qsm.ukb_results import flagged, hashes

    out = options.out.resolve()
    work = ((options.work_dir or options.out / "work") / recording.stem).resolve()
    require_own(out)
    new = [] if options.work_dir else [work]
    with running.leaving_nothing(out / recording.folder, *new, work=work, work_dir=work.parent):
        files.require_writable(out / recording.folder, work)
        workflow, where, used = _workflow(recording, options, work)
        for note in recording.notes:
            print(note, file=sys.stderr, flush=True)
        found = running.run(workflow, options, work, out / f"{recording.stem}_graph.html")
        inputs = hashes(used, options.bids)
        files.finish_report(work / "results" / work.name, {"source": recording.notes[0], "inputs": inputs, **found})
        space = where.get("template_space", "template")
        describe_dataset(out, options.bids)
        write_results(work / "results" / work.name, out, recording, space=space, source=options.bids, inputs=inputs)
    for problem in flagged(out / recording.folder / f"{recording.stem}_qc.tsv"):
        print(f"QC: {recording.stem}: {problem}", file=sys.stderr)
    if options.work_dir is None:
        running.discard(work)
        with contextlib.suppress(OSError):
            work.parent.rmdir()  # an empty one only: others may run beside this one
    print(f"{out / recording.folder}: anat/{recording.stem}_Chimap.nii.gz [ppm], {recording.stem}.html")


def _workflow(recording: Any, options: argparse.Namespace, work: Path) -> tuple[Any, dict[str, Any], list[Path]]:
    from nipype_qsm.brain import checked_brain
    from nipype_qsm.workflows.subject import init_subject_wf

    given = {
        "phase": [str(path.absolute()) for path in recording.phase],
        "magnitude": [str(path.absolute()) for path in recording.magnitude],
        "echo_times": recording.echo_times,
        "field_strength": recording.field_strength,
    }
    series = checks.checked_series(given, recording.phase_range)
    brain = {port: path.absolute() for port, path in recording.brain.items()}
    where: dict[str, Any] = {}
    if recording.t1w is None or options.maps_only:
        if not options.maps_only:
            say(f"{recording.stem} has no T1w image: maps are made, and no phenotypes")
        brain = {port: path for port, path in brain.items() if port == "mask_fraction"}
    else:
        brain["t1w"] = recording.t1w.absolute()
        if recording.template_space:
            options = argparse.Namespace(**{**vars(options), "template_space": recording.template_space})
        flair = recording.flair and recording.flair.absolute()
        brain_options.choose_flair(brain, flair, wanted=not options.no_lesions)
        brain_options.say_what_is_missing(brain)
        where = brain_options.whereabouts(options, brain, work)
    checked_brain(brain, series.frame)
    workflow = init_subject_wf(
        work / "results" / work.name,
        options.preset,
        brain=set(brain),
        **where,
        single_echo=series.n_echoes == 1,
        brain_mask=brain_options.masking(brain),
        n_procs=options.n_procs,
        phase_range=recording.phase_range,
        draw=False,
    )
    brain_options.feed(workflow, series, given, brain)
    return workflow, where, [*recording.phase, *recording.magnitude, *brain.values()]


def group(options: argparse.Namespace) -> int:
    """Put the phenotypes of all recordings into one table."""
    from nipype_qsm.bids_derivatives import tables
    from nipype_qsm.ukb_results import gather

    found = tables(options.out)
    if options.participant_label:
        wanted = {label.removeprefix("sub-") for label in options.participant_label}
        found = {stem: path for stem, path in found.items() if stem.split("_")[0].removeprefix("sub-") in wanted}
    if not found:
        raise MetadataError(
            f"{options.out} holds no table of phenotypes (sub-*/*_idps.tsv).",
            remedy="Run the participant level first, with T1w images.",
        )
    path = gather(found, options.out / "group_idps.tsv", _keys)
    print(f"{path}: {len(found)} recording(s)")
    return 0


def _keys(stem: str) -> dict[str, str]:
    """Return participant, session and run from what the names of a recording begin with."""
    columns = {"sub": "participant_id", "ses": "session_id", "acq": "acquisition", "run": "run"}
    pairs = [part.split("-", 1) for part in stem.split("_")]
    return {columns[key]: f"{key}-{value}" if key in ("sub", "ses") else value for key, value in pairs}
