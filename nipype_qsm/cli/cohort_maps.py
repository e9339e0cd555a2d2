"""What `nipype-qsm cohort` does with the maps of many subjects: one store of them, and what is made of it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from nipype_qsm.cli import running
from nipype_qsm.errors import QSMError


def _ingest_parser(verbs: Any) -> None:
    verb = verbs.add_parser(
        "ingest",
        help="maps of many subjects into one store",
        description="Put the maps of many subjects, on one grid in one template's space, into a store: 16 bits a "
        "voxel of the brain, in steps of 0.1 ppb (T2*: 0.1 ms). What is in the store stays, so the same command "
        "resumes a run that was stopped and adds subjects who are new. Values of exactly zero are missing: maps are "
        "zero outside their mask.",
    )
    maps = verb.add_argument_group("maps")
    maps.add_argument(
        "maps",
        nargs="+",
        metavar="MAPS",
        help="folders of results of `ukb`, `bids`, `files`; files; patterns in quotes; tables with the columns eid "
        "and path",
    )
    maps.add_argument("--quantity", choices=("chi_referenced", "t2star"), help="default: chi_referenced")
    maps.add_argument("--unit", dest="declared_unit", metavar="U", help="unit of maps without a side-car, such as ppb")
    maps.add_argument("--space", metavar="NAME", help="space of maps that declare none, such as MNI152NLin6Asym")
    maps.add_argument("--mask", metavar="FILE", help="voxels to keep (default: the brain of the maps' space)")
    maps.add_argument("--keep-zeros", action="store_true", default=None, help="a value of exactly zero is a value")
    maps.add_argument("--id", dest="id_column", metavar="NAME", help="column of the ids in tables (default: eid)")
    maps.add_argument("--visit", metavar="V", help="the visit to take, where subjects have several")
    maps.add_argument("--withdrawn", metavar="FILE", help="ids to leave out, one a line")
    maps.add_argument("--out", type=Path, required=True, metavar="STORE", help="the store; made where there is none")
    _group_options(verb)
    running.add_options(verb.add_argument_group("running"))
    verb.set_defaults(run=ingest)


def _template_parser(verbs: Any) -> None:
    verb = verbs.add_parser(
        "template",
        help="average, variance, coverage and ageing of a store of maps",
        description="Average a store's maps. Writes average, variance and coverage, ageing (mean of the old minus mean "
        "of the young) where a table has ages, and average_GROUP, as .nii.gz with side-cars; template.json; "
        "template.html to look at them.",
    )
    verb.add_argument("store", metavar="STORE", help="what `cohort ingest` wrote")
    verb.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the results")
    verb.add_argument(
        "--min-coverage", type=float, metavar="F", help="share of the subjects that a voxel needs (default: 0.5)"
    )
    verb.add_argument("--id", dest="id_column", metavar="NAME", help="column of the ids (default: eid)")
    verb.add_argument("--visit", metavar="V", help="the visit to take, where the table has a column visit")
    verb.add_argument("--withdrawn", metavar="FILE", help="ids to leave out, one a line")
    _group_options(verb)
    running.add_options(verb.add_argument_group("running"))
    verb.set_defaults(run=template)


def _group_options(verb: argparse.ArgumentParser) -> None:
    group = verb.add_argument_group("groups of subjects")
    group.add_argument("--groups", metavar="TABLE", help="with a column of ages, or one to split by")
    group.add_argument("--by", metavar="COLUMN", help="split by this column: a group a level, at most 12")
    group.add_argument("--age", metavar="COLUMN", help="column of the age (default: age)")
    group.add_argument("--young", type=float, metavar="YEARS", help="who is younger is young (default: 52)")
    group.add_argument("--old", type=float, metavar="YEARS", help="who is older is old (default: 75)")


def _check_parser(verbs: Any) -> None:
    verb = verbs.add_parser(
        "check",
        help="whether a store of maps is whole",
        description="Compare every file of a store with its checksum, and say what is damaged. Exit status 1 if "
        "something is.",
    )
    verb.add_argument("store", metavar="STORE", help="what `cohort ingest` wrote")
    verb.add_argument(
        "--discard", action="store_true", help="take damaged units out, so that their subjects can be ingested again"
    )
    verb.set_defaults(run=check)


def ingest(options: argparse.Namespace) -> int:
    """Run `cohort ingest`, and say what is in the store then."""
    from nipype_qsm.map_store import MapStore
    from nipype_qsm.map_units import writing
    from nipype_qsm.workflows.template import init_ingest_wf

    running.require_plugin(options.plugin)
    target = options.out.absolute()
    with writing(target) as beside:
        before = set(MapStore.open(target).subjects) if target.exists() else set()
        workflow = init_ingest_wf(**_chosen(options))
        _feed(workflow, options, maps=[str(Path(one).absolute()) for one in options.maps], store=str(target))
        run_beside(workflow, options, beside / "nodes")
    store = MapStore.open(target)
    new = set(store.subjects) - before
    print(f"{target}: {_counted(store)} ({len(new)} new), {_about(store)}")
    beyond = [count for unit in store.units for count in unit.notes.get("beyond", {}).values()]
    if beyond:
        print(f"{sum(beyond)} values of {len(beyond)} maps are beyond {32767 * store.scale:g} {store.unit}: missing")
    return 0


def template(options: argparse.Namespace) -> int:
    """Run `cohort template`."""
    from nipype_qsm.map_store import MapStore
    from nipype_qsm.workflows.template import init_template_wf

    running.require_plugin(options.plugin)
    store, out = MapStore.open(options.store), options.out.absolute()
    with running.leaving_nothing(out):
        workflow = init_template_wf(folder=str(out), **_chosen(options))
        _feed(workflow, options, store=str(store.path.absolute()))
        run_beside(workflow, options, out / "work")
    print(f"{len(store.subjects)} subjects, {_about(store)}")
    for path in sorted(out.glob("*.nii.gz")):
        print(path)
    print(out / "template.html")
    return 0


def _counted(store: Any) -> str:
    return f"{len(store.subjects)} subjects in {len(store.units)} unit{'' if len(store.units) == 1 else 's'}"


def _about(store: Any) -> str:
    return f"{store.n_voxels} voxels of {store.space}, {store.quantity} in steps of {store.scale:g} {store.unit}"


def _chosen(options: argparse.Namespace) -> dict[str, Any]:
    """Return the options of the steps that were given."""
    names = ("quantity", "declared_unit", "space", "keep_zeros", "id_column", "visit", "by", "age", "young", "old")
    given = {name: getattr(options, name, None) for name in (*names, "min_coverage")}
    return {name: value for name, value in given.items() if value is not None}


def _feed(workflow: Any, options: argparse.Namespace, **inputs: Any) -> None:
    for name in ("mask", "groups", "withdrawn"):
        path = getattr(options, name, None)
        if path is not None:
            inputs[name] = existing(name, path)
    workflow.inputs.inputnode.trait_set(**inputs)


def existing(name: str, path: str) -> str:
    """Return the whole path of a file that an option names."""
    if not Path(path).is_file():
        raise QSMError(f"--{name}: {path} does not exist.", remedy="Check the path.")
    return str(Path(path).absolute())


def run_beside(workflow: Any, options: argparse.Namespace, beside: Path) -> None:
    """Run a workflow in a folder that goes away when it ends well, or in the user's."""
    work = (options.work_dir or beside).absolute()
    with running.leaving_nothing(*([] if options.work_dir else [work])):
        running.run(workflow, options, work)
    if options.work_dir is None:
        running.discard(work)


def check(options: argparse.Namespace) -> int:
    """Say what is in a store, and what of it is damaged."""
    from nipype_qsm.map_store import MapStore
    from nipype_qsm.map_units import writing

    store = MapStore.open(options.store)
    print(f"{_counted(store)}; {store.quantity} in {store.unit}, {store.space}")
    damaged = store.verify()
    for number, faults in damaged.items():
        (unit,) = (unit for unit in store.units if unit.number == number)
        print(f"unit {number} ({len(unit.subjects)} subjects from {unit.subjects[0]}): {'; '.join(faults)}")
    if damaged and options.discard:
        with writing(store.path):
            for number in damaged:
                store.discard(number)
        print("taken out; ingest the same maps again to make them anew")
    elif not damaged:
        print("every file is whole")
    return 1 if damaged else 0


PARSERS = (_ingest_parser, _template_parser, _check_parser)
"""The verbs, in the order in which they are used."""
