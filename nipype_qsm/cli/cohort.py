"""`nipype-qsm cohort VERB`: from the tables of many subjects to associations that can be believed."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path
from typing import Any

from nipype_qsm.cli import cohort_maps, cohort_voxels, files, running, single
from nipype_qsm.errors import QSMError


def add_parser(verbs: Any) -> None:
    """Declare the verb and what it can do."""
    verb = verbs.add_parser(
        "cohort",
        help="many subjects: gather, clean, associate, reproduce, plot; stores of maps",
        description="From the phenotypes of many subjects to associations. The steps are explained in "
        "docs/steps/cohort.md. Tables are TSV, CSV or parquet, with a row a subject and the id in the column eid.",
    )
    inner = verb.add_subparsers(metavar="VERB", required=True)
    for declare in (_gather, _clean, _associate, _reproduce, _plot, *cohort_maps.PARSERS, cohort_voxels.add_parser):
        declare(inner)


def _gather(verbs: Any) -> None:
    verb = verbs.add_parser(
        "gather",
        help="one table of all subjects' phenotypes, and who is left out why",
        description="Gather phenotypes from folders of results and from tables. Writes idps.tsv, flow.tsv (scanned, "
        "left out for each reason, analysed), dictionary.tsv, and gradients.tsv where results have them.",
    )
    verb.add_argument("sources", nargs="+", metavar="SOURCE", help="folders of results, or tables with a row a subject")
    verb.add_argument("--flags", metavar="TABLE", help="columns of flags: who has one is left out")
    _shared(verb)
    verb.set_defaults(run=gather)


def _clean(verbs: Any) -> None:
    verb = verbs.add_parser(
        "clean",
        help="remove outliers, regress out lesion volume, make normal, build confounds",
        description="Clean phenotypes: outliers to missing, the 18th phenotypes (lesions without their volume), "
        "rank-based inverse normal. Writes idps.parquet, phenotypes.parquet, confounds.parquet, and what was removed.",
    )
    tables = verb.add_argument_group("tables")
    tables.add_argument("--idps", metavar="TABLE", help="phenotypes of the brain")
    tables.add_argument("--phenotypes", metavar="TABLE", help="phenotypes of the person")
    tables.add_argument("--covariates", metavar="TABLE", help="site, age, sex, head size, motion, date, ...: confounds")
    rules = verb.add_argument_group("rules")
    rules.add_argument("--factor", type=float, metavar="F", help="median deviations that are believed (default: 6)")
    rules.add_argument("--ties", choices=("mean_score", "mean_rank"), help="what equal values share")
    rules.add_argument("--no-normal", action="store_true", help="leave values as they are: no inverse normal")
    rules.add_argument("--nonlinear", choices=("all", "screened", "none"), help="squares and ranks of confounds")
    rules.add_argument("--crossed", choices=("none", "screened", "all"), help="products of confounds")
    rules.add_argument("--categorical", nargs="+", metavar="NAME", help="covariates that are categories")
    for name in ("site", "age", "sex", "date", "time"):
        rules.add_argument(f"--{name}", metavar="NAME", help=f"column of the {name} (default: {name})")
    _shared(verb)
    verb.set_defaults(run=clean)


def _associate(verbs: Any) -> None:
    verb = verbs.add_parser(
        "associate",
        help="correlate every phenotype of the brain with every phenotype of the person",
        description="Correlate all columns of two tables, pairwise complete, as they are; with confounds, both are "
        "deconfounded first, each over its own subjects. Writes associations.parquet (idp, phenotype, r, n, dof, "
        "mlog10p, reason; a row a pair), top.tsv and summary.json. mlog10p is -log10 of the two-sided P.",
    )
    tables = verb.add_argument_group("tables")
    tables.add_argument("--idps", required=True, metavar="TABLE", help="phenotypes of the brain")
    tables.add_argument("--phenotypes", required=True, metavar="TABLE", help="phenotypes of the person")
    tables.add_argument("--confounds", metavar="TABLE", help="regressed out of both first")
    tables.add_argument("--own-confounds", metavar="TABLE", help="of single idps: columns named as the idps are")
    tables.add_argument("--categories", metavar="TABLE", help="columns phenotype and category: counts.tsv")
    rules = verb.add_argument_group("rules")
    rules.add_argument("--mode", choices=("separate", "joint"), help="over each side's rows, or each pair's")
    rules.add_argument(
        "--dof",
        choices=("adjusted", "calibrated", "pairwise"),
        help="n - 2 - rank (default), as the variance of r asks for where gaps differ, or n - 2",
    )
    rules.add_argument("--min-subjects", type=int, metavar="N", help="that a phenotype needs (default: 40)")
    rules.add_argument("--min-dof", type=int, metavar="N", help="that a pair needs (default: 1)")
    rules.add_argument("--n-components", type=int, metavar="N", help="principal components in place of the confounds")
    rules.add_argument("--alpha", type=float, help="family-wise error of the Bonferroni threshold (default: 0.05)")
    rules.add_argument("--q", type=float, help="false-discovery rate (default: 0.05)")
    rules.add_argument("--n-top", type=int, metavar="N", help="rows of top.tsv (default: 100)")
    _shared(verb)
    verb.set_defaults(run=associate)


def _reproduce(verbs: Any) -> None:
    verb = verbs.add_parser(
        "reproduce",
        help="compare two visits of the same subjects",
        description="Correlation between two visits with its bootstrap interval, intraclass correlations, shift and "
        "standard deviation within subjects. Writes reproducibility.tsv.",
    )
    verb.add_argument("--idps", metavar="TABLE", help="one table with a column visit instead")
    verb.add_argument("--visits", nargs=2, metavar=("FIRST", "SECOND"), help="which visits of --idps")
    for visit in ("first", "second"):
        verb.add_argument(f"--{visit}", metavar="TABLE", help=f"phenotypes of the {visit} visit")
        told = "mean susceptibility of other reference regions at that visit"
        verb.add_argument(f"--references-{visit}", metavar="TABLE", help=told)
    verb.add_argument("--n-bootstrap", type=int, metavar="N", help="resamplings (default: 2000)")
    _shared(verb, visit=False)
    verb.set_defaults(run=reproduce)


def _plot(verbs: Any) -> None:
    verb = verbs.add_parser(
        "plot",
        help="figures for paper, and a page to explore",
        description="Draw what is given: Manhattan plots, susceptibility against T2* (Bland-Altman, angle), "
        "reproducibility, lesions against their volume, T2* against the field gradient, age curves, effects of "
        "confounds, each as PNG and PDF; explore.html shows all associations and names what the pointer touches.",
    )
    tables = verb.add_argument_group("tables")
    tables.add_argument("--associations", metavar="TABLE", help="as associate writes them")
    tables.add_argument("--categories", metavar="TABLE", help="columns phenotype and category")
    tables.add_argument("--reproducibility", metavar="TABLE", help="as reproduce writes it")
    tables.add_argument("--idps", metavar="TABLE", help="phenotypes, not normalised")
    tables.add_argument("--columns", nargs="+", metavar="NAME", help="draw only these of --idps")
    tables.add_argument("--covariates", metavar="TABLE", help="with the column age")
    tables.add_argument("--gradients", metavar="TABLE", help="field gradients, as gather writes them")
    tables.add_argument("--confounds", metavar="TABLE", help="confounds, for their effects on the phenotypes")
    _shared(verb)
    verb.set_defaults(run=plot)


def _shared(verb: argparse.ArgumentParser, *, visit: bool = True) -> None:
    group = verb.add_argument_group("subjects and output")
    group.add_argument("--id", dest="id_column", metavar="NAME", help="column of the ids (default: eid)")
    if visit:
        group.add_argument("--visit", metavar="V", help="the visit to take, where tables have a column visit")
    group.add_argument("--withdrawn", metavar="FILE", help="ids to leave out, one a line")
    group.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the results")
    group.add_argument("--n-procs", dest="num_threads", type=running.at_least_one, metavar="N", help="threads")


def gather(options: argparse.Namespace) -> int:
    """Run `cohort gather`."""
    options.sources = [str(Path(source).absolute()) for source in options.sources]  # the node runs in another folder
    made = _stepped(options, "gather")
    print(Path(made["flow"]).read_text().replace("\t", "  "), end="")
    return 0


def clean(options: argparse.Namespace) -> int:
    """Run `cohort clean`: the cleaning of each table that was given."""
    if not (options.idps or options.phenotypes or options.covariates):
        raise QSMError("There is nothing to clean.", remedy="Give --idps, --phenotypes or --covariates.")
    from nipype_qsm.interfaces.cohort import COHORT_METHODS

    def run(method: str, folder: Path, **inputs: Any) -> dict[str, Any]:
        return _run(COHORT_METHODS, method, {**_common(options), **inputs}, folder)

    def work(scratch: Path) -> dict[str, str]:
        made: dict[str, str] = {}
        for name in ("idps", "phenotypes"):
            path = getattr(options, name)
            if not path:
                continue
            step = run("outliers", scratch / f"{name}-outliers", values=path, factor=options.factor)
            made[f"{name}_removed.tsv"], path = step["removed"], step["values"]
            if name == "idps":
                step = run("wmh_regression", scratch / "wmh", idps=path, visit=None)
                path, made["idps_wmh_slopes.tsv"] = step["idps"], step["slopes"]
            if not options.no_normal:
                normal = {"values": path, "ties": options.ties, "visit": None}
                path = run("inverse_normal", scratch / f"{name}-normal", **normal)["values"]
            made[f"{name}.parquet"] = path
        if options.covariates:
            chosen = ("site", "age", "sex", "date", "time", "categorical", "nonlinear", "crossed")
            rules = {key: value for key in chosen if (value := getattr(options, key)) is not None}
            inputs = {"covariates": options.covariates, "idps": made.get("idps.parquet"), **rules}
            made["confounds.parquet"] = run("confounds", scratch / "confounds", **inputs)["confounds"]
        return made

    _deliver(options.out, work)
    return 0


def associate(options: argparse.Namespace) -> int:
    """Run `cohort associate`."""
    made = _stepped(options, "associate", counting=options.categories)
    print(_head(made["top"]), end="")
    return 0


def reproduce(options: argparse.Namespace) -> int:
    """Run `cohort reproduce`."""
    if bool(options.first and options.second) == bool(options.idps and options.visits):
        raise QSMError("Two visits are needed.", remedy="Give --first and --second, or --idps and --visits.")
    inputs: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="nipype-qsm-") as scratch:
        if options.idps:
            from nipype_qsm.tables import VISIT_COLUMNS, column_names, read_table, write_table

            if not set(VISIT_COLUMNS) & set(column_names(options.idps)):
                raise QSMError(f"{options.idps} has no column visit.", remedy="Add it, or give --first and --second.")
            for port, visit in zip(("first", "second"), options.visits, strict=True):
                frame = read_table(options.idps, options.id_column, visit=visit)
                inputs[port] = str(write_table(frame, Path(scratch) / f"{port}.tsv"))
            options.idps = options.visits = None
        made = _stepped(options, "reproducibility", inputs)
    print(_head(made["reproducibility"]), end="")
    return 0


def plot(options: argparse.Namespace) -> int:
    """Run `cohort plot`."""
    _stepped(options, "plot")
    return 0


def _stepped(
    options: argparse.Namespace, method: str, inputs: dict[str, Any] | None = None, counting: str | None = None
) -> dict[str, str]:
    """Run one step with the options that it knows, and deliver its files."""
    from nipype_qsm.interfaces.cohort import COHORT_METHODS

    given: dict[str, str] = {}

    def work(scratch: Path) -> dict[str, str]:
        known = COHORT_METHODS[method].input_spec().copyable_trait_names()
        chosen = {name: getattr(options, name) for name in known if getattr(options, name, None) is not None}
        outputs = _run(COHORT_METHODS, method, {**chosen, **(inputs or {})}, scratch / method)
        if counting:
            count = {"associations": outputs["associations"], "categories": counting}
            count["threshold"] = outputs["bonferroni"]
            outputs |= _run(COHORT_METHODS, "unique_phenotypes", count, scratch / "counts")
        paths = [item for value in outputs.values() for item in (value if isinstance(value, list) else [value])]
        made = {Path(p).name: p for p in paths if isinstance(p, str) and Path(p).is_file()}
        given.update({name: str(options.out / Path(p).name) for name, p in outputs.items() if isinstance(p, str)})
        return made

    _deliver(options.out, work)
    return given


def _common(options: argparse.Namespace) -> dict[str, Any]:
    return {name: getattr(options, name) for name in ("id_column", "visit", "withdrawn", "num_threads")}


def _run(methods: Any, method: str, inputs: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Run one interface in a folder and return what it gave."""
    from nipype.interfaces.base import isdefined

    from nipype_qsm.cli.step import set_ports

    interface = methods[method]()
    set_ports(interface, {name: value for name, value in inputs.items() if value is not None})
    folder.mkdir(parents=True)
    return {name: value for name, value in single.ran(interface, folder).get().items() if isdefined(value)}


def _deliver(out: Path, work: Any) -> None:
    """Do the work in a scratch folder, and move what it made to where it is wanted, all or nothing."""
    with tempfile.TemporaryDirectory(prefix="nipype-qsm-") as scratch, running.leaving_nothing(out):
        files.require_writable(out)
        made = work(Path(scratch))
        for name, path in made.items():
            shutil.copyfile(path, out / f".{name}")
            (out / f".{name}").replace(out / name)
            print(f"{out / name}")


def _head(path: str, count: int = 10) -> str:
    lines = [line.split("\t") for line in Path(path).read_text().splitlines()[: count + 1]]
    shown = [[_short(cell) for cell in line] for line in lines]
    widths = [max(len(line[column]) for line in shown) for column in range(len(shown[0]))]
    rows = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in shown]
    return "\n".join(rows) + "\n"


def _short(cell: str) -> str:
    try:
        value = float(cell)
    except ValueError:
        return cell if len(cell) <= 40 else cell[:37] + "..."
    return cell if cell.isdigit() or "e-" in cell else f"{value:.4g}"
