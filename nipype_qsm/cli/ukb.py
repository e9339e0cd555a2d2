"""`nipype-qsm ukb`: from UK Biobank's folders or bulk archives to maps and phenotypes, in UK Biobank's own files."""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path
from typing import Any

from nipype_qsm.cli import brain as brain_options
from nipype_qsm.cli import checks, files, running
from nipype_qsm.cli.brain import say
from nipype_qsm.errors import ImageError, QSMError

DESCRIPTION = """\
Map susceptibility and T2* of UK Biobank's participants, and take their phenotypes: 17 of chi, 17 of T2*, the volume of
white matter hyperintensities.

SUBJECT is a visit's folder (SWI/, T1/, T2_FLAIR/, QSM/), a bulk archive as downloaded (1234567_20251_2_0.zip and its
companions 20219, 20252, 20253, 26301), or a folder of archives; nothing needs to be unpacked. Uncombined coils are
taken where there are any, else the combined QSM_mcpc3Ds_*, else the scanner's combination. What the core pipeline made
(transforms, FIRST, FAST, BIANCA, ventricles) is used; what is missing is made.

OUT/SUBJECT gets UK Biobank's own names and units: SWI/QSM/QSM_CSFref.nii.gz [ppb], SWI/T2star.nii.gz [ms],
IDP_files/*.txt, ..., and SWI/QSM/report.html; OUT/idps.tsv holds one row a subject. docs/ukb_tree.md lists them."""

SOURCES = ("auto", "coils", "combined", "scanner", "dicom", "chi")


def add_parser(verbs: Any) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "ukb",
        help="map UK Biobank's folders or bulk archives",
        description=DESCRIPTION,
    )
    verb.add_argument("subjects", nargs="+", type=Path, metavar="SUBJECT", help="folder or bulk archive")
    verb.add_argument("--out", type=Path, default=Path("qsm"), metavar="DIR", help="folder (default: %(default)s)")
    data = verb.add_argument_group("data")
    data.add_argument("--instance", type=int, metavar="N", help="take archives of this instance alone (2, 3)")
    data.add_argument(
        "--from",
        dest="source",
        choices=SOURCES,
        default="auto",
        help="where to start: the best that is there, or one of these; chi takes the released maps of field 26301",
    )
    data.add_argument(
        "--echo-times", nargs="+", type=float, metavar="S", help="in seconds; from the side-cars if left out"
    )
    data.add_argument("--chi-unit", choices=("ppb", "ppm"), default="ppb", help="unit of released maps (default: ppb)")
    brain_options.add_options(data)
    methods = verb.add_argument_group("methods")
    methods.add_argument("--preset", default="ukb", help="ukb (faithful to UK Biobank) or best (default: %(default)s)")
    running.add_options(verb.add_argument_group("running"))
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Take every visit in turn; one that fails does not stop the others."""
    from nipype_qsm.bulk import packages
    from nipype_qsm.workflows.qsm import plan

    running.require_plugin(options.plugin)
    plan(options.preset)
    found, notes = packages(options.subjects, options.instance)
    for note in notes:
        say(note)
    failed = 0
    for package in found:
        try:
            _visit(package, options)
        except QSMError as error:
            if len(found) == 1:
                raise
            failed += 1
            print(f"nipype-qsm: {package.label}: {error.problem}\n            {error.remedy}", file=sys.stderr)
    gather(options.out)
    if failed:
        print(f"{failed} of {len(found)} subjects failed", file=sys.stderr)
    return 1 if failed else 0


def _visit(package: Any, options: argparse.Namespace) -> None:
    from nipype_qsm.ukb import Visit
    from nipype_qsm.ukb_results import flagged, hashes, require_free, write_results

    out = (options.out / package.label).resolve()
    work = ((options.work_dir or options.out / "work") / package.label).resolve()
    target = Visit(package.label, out)
    require_free(target)
    new = [] if options.work_dir else [work]
    with running.leaving_nothing(out, *new, work=work, work_dir=work.parent):
        files.require_writable(out, work)
        visit = package.open(work / "archives")
        start = _from_chi if options.source == "chi" else _from_echoes
        workflow, source, used = start(visit, options, work)
        print(f"{package.label}: {source}", file=sys.stderr, flush=True)
        found = running.run(workflow, options, work, target.path("graph"))
        inputs = hashes(used, visit.folder)
        facts = {"visit": visit.label, "source": source, "inputs": inputs, **found}
        files.finish_report(work / "results" / work.name, facts)
        coils = source.startswith("uncombined")
        write_results(work / "results" / work.name, target, {"Source": source, "Inputs": inputs}, coils=coils)
    for problem in flagged(target.path("idp_table", file="qc")):
        print(f"QC: {package.label}: {problem}", file=sys.stderr)
    if options.work_dir is None:
        running.discard(work)
        with contextlib.suppress(OSError):
            work.parent.rmdir()  # an empty one only: others may run beside this one
    print(f"{out}: {target.path('qsm_referenced').relative_to(out)} [ppb], {target.path('report').relative_to(out)}")


def _from_echoes(visit: Any, options: argparse.Namespace, work: Path) -> tuple[Any, str, list[str]]:
    from nipype_qsm.brain import checked_brain
    from nipype_qsm.workflows.subject import init_subject_wf

    phase, magnitude, source = _echoes(visit, options, work)
    times, strength = _acquisition(phase + magnitude, options)
    given = {
        "phase": phase,
        "magnitude": magnitude,
        **({"echo_times": times} if times else {}),
        **({"field_strength": strength} if strength else {}),
    }
    series = checks.checked_series(given)
    brain, where = _brain(visit, options, work)
    checked_brain(brain, series.frame)
    workflow = init_subject_wf(
        work / "results" / work.name,
        options.preset,
        brain=set(brain),
        **where,
        single_echo=series.n_echoes == 1,
        brain_mask=brain_options.masking(brain),
        n_procs=options.n_procs,
        draw=False,
    )
    brain_options.feed(workflow, series, given, brain)
    return workflow, source, [*phase, *magnitude, *brain.values()]


def _echoes(visit: Any, options: argparse.Namespace, work: Path) -> tuple[list[str], list[str], str]:
    from nipype_qsm import dicom, ukb

    wanted = options.source
    found = None if wanted == "dicom" else ukb.echoes(visit, wanted)
    images = visit.all("dicom_file")
    downloaded = any("_20219_" in archive.name for archive in visit.archives)
    if wanted == "dicom" or (
        wanted == "auto" and images and (found is None or (downloaded and found.source != "coils"))
    ):
        converted = dicom.gradient_echo(dicom.convert(visit.path("dicom_file", file="x").parent, work / "converted"))
        for note in converted.notes:
            say(note)
        kind = "uncombined coils" if converted.n_coils > 1 else "combined coils"
        return [str(p) for p in converted.phase], [str(p) for p in converted.magnitude], f"{kind} of DICOM"
    if found is None:
        what = "phase and magnitude of the gradient echo" if wanted == "auto" else ukb.SOURCES[wanted]
        raise ImageError(
            f"{visit.label} holds no {what}.",
            remedy="Give field 20251 (coils), 26301 (combined) or 20219 (DICOM); --from chi starts at released maps.",
        )
    return [str(p) for p in found.phase], [str(p) for p in found.magnitude], ukb.SOURCES[found.source]


def _acquisition(paths: list[str], options: argparse.Namespace) -> tuple[list[float] | None, float | None]:
    """Return echo times and field strength where no side-car tells: as given, else UK Biobank's."""
    from nipype_qsm.io import read_sidecar
    from nipype_qsm.ukb import ECHO_TIMES, FIELD_STRENGTH

    told = [read_sidecar(path) for path in paths]
    times, strength = options.echo_times, None
    if times is None and not any("EchoTime" in sidecar for sidecar in told):
        times = list(ECHO_TIMES)
        say(f"no side-car tells the echo times: UK Biobank's are taken ({ECHO_TIMES[0]} and {ECHO_TIMES[1]} s)")
    if not any("MagneticFieldStrength" in sidecar for sidecar in told):
        strength = FIELD_STRENGTH
    return times, strength


PORTS = {
    "t1w": ("t1", "t1_unbiased"),
    "mask_t1w": ("t1_brain_mask",),
    "labels": ("first_labels",),
    "mask_white_matter": ("white_mask", "white_fraction"),
    "mask_bianca": ("bianca_white_matter",),
    "mask_lesions": ("lesion_mask",),
    "mask_ventricles": ("ventricle_mask",),
    "mask_fraction": ("swi_brain_mask",),
    "swi_to_t1": ("swi_to_t1",),
    "t1_to_mni": ("t1_to_mni_warp", "t1_to_mni_coefficients"),
    "gradient_warp": ("gradient_warp",),
}
"""Port of the workflow to the names in the tree, the first that is there."""


def _brain(visit: Any, options: argparse.Namespace, work: Path) -> tuple[dict[str, Path], dict[str, Any]]:
    found = {port: path for port, names in PORTS.items() if (path := visit.find(*names)) is not None}
    if options.maps_only or "t1w" not in found:
        if not options.maps_only:
            say(f"{visit.label} has no T1 image (field 20252): maps are made, and no phenotypes")
        return {port: path for port, path in found.items() if port == "mask_fraction"}, {}
    if "swi_to_t1" not in found:
        # They belong to the registration that is not there.
        for port in ("gradient_warp", "mask_fraction"):
            found.pop(port, None)
    brain_options.choose_flair(found, visit.find("flair", "flair_unbiased"), wanted=not options.no_lesions)
    brain_options.say_what_is_missing(found)
    return found, brain_options.whereabouts(options, found, work)


def _from_chi(visit: Any, options: argparse.Namespace, work: Path) -> tuple[Any, str, list[str]]:
    from nipype_qsm.brain import checked_brain
    from nipype_qsm.io import read_frame
    from nipype_qsm.released import released_maps
    from nipype_qsm.workflows.measure import init_measure_wf

    maps, used = released_maps(visit, work / "released", chi_unit=options.chi_unit)
    found, where = _brain(visit, options, work)
    if "t1w" not in found:
        raise ImageError(
            f"{visit.label} has no T1 image: there is nothing to measure on.", remedy="Give field 20252 as well."
        )
    referenced = "chi_referenced" in maps
    if not referenced and not {"mask_ventricles", "swi_to_t1"} <= set(found):
        raise ImageError(
            f"{visit.label} has QSM but no QSM_CSFref, and no ventricle mask to find its zero.",
            remedy="Give QSM_CSFref, or fields 20251 (SWI_to_T1.mat) and 20253 (T1_unbiased_ventmask).",
        )
    checked_brain(found, read_frame(maps["chi_referenced" if referenced else "chi"]))
    found.pop("mask_fraction", None)
    magnitude = {"magnitude_combined", "mask_brain"} <= set(maps)
    workflow = init_measure_wf(
        work / "results" / work.name,
        options.preset,
        referenced=referenced,
        t2star="t2star" in maps,
        magnitude=magnitude,
        brain=set(found),
        n_procs=options.n_procs,
        **where,
    )
    inputs = {port: str(path) for port, path in {**maps, **found}.items()}
    workflow.inputs.inputnode.trait_set(**inputs)
    brain = [str(path) for path in found.values()]
    return workflow, "released maps (field 26301)", [*map(str, used), *brain]


def gather(out: Path) -> None:
    """Put the phenotypes of every subject in a folder into one table."""
    from nipype_qsm import ukb_results

    tables = {path.parents[1].name: path for path in out.glob("*/IDP_files/idps.tsv")}
    if tables:
        print(f"{ukb_results.gather(tables, out / 'idps.tsv', lambda label: {'eid': label})}: {len(tables)} subject(s)")
