"""What `nipype-qsm cohort voxelwise` does: every voxel of a store of maps against phenotypes and variants."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from nipype_qsm.cli import running
from nipype_qsm.cli.cohort_maps import existing, run_beside

TABLES = ("phenotypes", "confounds", "dosages", "components", "withdrawn", "background")
FILES = ("genotypes", "samples")
OPTIONS = ("id_column", "visit", "columns", "variants", "normalise", "n_components", "dof", "min_subjects", "min_dof")
OPTIONS += ("factor", "precision", "alpha", "q", "threshold", "n_figures", "voxels_per_node")


def add_parser(verbs: Any) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "voxelwise",
        help="correlate every voxel of a store of maps with phenotypes and variants",
        description="Correlate every voxel with every phenotype and variant: outliers out, normal scores, confounds "
        "out of both sides, each over its own subjects, Pearson over those that both have. Subjects are joined by id. "
        "Writes NAME_r, NAME_mlog10p and NAME_n (.nii.gz) of each, average.nii.gz, summary.tsv (thresholds, voxels "
        "above them, peak), voxelwise.json, figures, and voxelwise.html to look through the maps.",
    )
    verb.add_argument("store", metavar="STORE", help="what `cohort ingest` wrote")
    verb.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the results")
    _tables(verb.add_argument_group("tables"))
    genetics = verb.add_argument_group("variants")
    genetics.add_argument("--dosages", metavar="TABLE", help="a column a variant: counts of the effect allele")
    genetics.add_argument("--genotypes", nargs="+", metavar="FILE", help=".bgen, .bed or .pgen with the --variants")
    genetics.add_argument("--samples", nargs="+", metavar="FILE", help="sample files: one for all, or one each")
    genetics.add_argument("--variants", nargs="+", metavar="ID", help="variants of --genotypes to map")
    genetics.add_argument(
        "--components", metavar="TABLE", help="genetic principal components: regressed out of variants, too"
    )
    _rules(verb.add_argument_group("rules"))
    running.add_options(verb.add_argument_group("running"))
    verb.set_defaults(run=run)


def _tables(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--phenotypes", metavar="TABLE", help="a column of ids, and one a phenotype")
    group.add_argument("--columns", nargs="+", metavar="NAME", help="phenotypes to map (default: all of the table)")
    group.add_argument("--confounds", metavar="TABLE", help="regressed out of voxels and phenotypes")
    group.add_argument("--id", dest="id_column", metavar="NAME", help="column of the ids (default: eid)")
    group.add_argument("--visit", metavar="V", help="the visit to take, where tables have a column visit")
    group.add_argument("--withdrawn", metavar="FILE", help="ids to leave out, one a line")
    group.add_argument(
        "--background", metavar="FILE", help="template on the maps' grid to draw on (default: the average)"
    )


def _rules(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--normalise", action="store_true", default=None, help="rank-based inverse normal of each phenotype first"
    )
    group.add_argument("--dof", choices=("adjusted", "calibrated", "pairwise"), help="as associate counts them")
    group.add_argument("--factor", type=float, metavar="F", help="median deviations that are believed (default: 6)")
    group.add_argument("--min-subjects", type=int, metavar="N", help="that a voxel and a pair need (default: 40)")
    group.add_argument("--min-dof", type=int, metavar="N", help="that a pair needs (default: 1)")
    group.add_argument("--n-components", type=int, metavar="N", help="principal components in place of the confounds")
    group.add_argument("--precision", choices=("single", "double"), help="r to 1e-6 (default), or to 1e-11")
    group.add_argument("--alpha", type=float, help="family-wise error of the Bonferroni threshold (default: 0.05)")
    group.add_argument("--q", type=float, help="false-discovery rate (default: 0.05)")
    group.add_argument("--threshold", choices=("fdr", "bonferroni"), help="what figures colour (default: fdr)")
    group.add_argument("--n-figures", type=int, metavar="N", help="variables that get figures (default: 40)")
    group.add_argument("--voxels-per-node", type=int, metavar="N", help="voxels of one node (default: 32768)")


def run(options: argparse.Namespace) -> int:
    """Run `cohort voxelwise`, and say what stands out."""
    from nipype_qsm.cli.step import set_ports
    from nipype_qsm.interfaces.cohort import COHORT_METHODS
    from nipype_qsm.map_store import MapStore
    from nipype_qsm.tables import read_rows
    from nipype_qsm.workflows.voxelwise import init_voxelwise_wf

    running.require_plugin(options.plugin)
    store, out = MapStore.open(options.store), options.out.absolute()
    inputs: dict[str, Any] = {"store": str(store.path.absolute())}
    for name in (*TABLES, *FILES):
        given = getattr(options, name)
        if given:
            inputs[name] = [existing(name, one) for one in given] if name in FILES else existing(name, given)
    chosen = {name: value for name in OPTIONS if (value := getattr(options, name)) is not None}
    for method in ("voxel_design", "voxelwise", "voxel_maps", "voxel_figures"):
        ports = COHORT_METHODS[method].input_spec().copyable_trait_names()
        set_ports(COHORT_METHODS[method](), {name: value for name, value in chosen.items() if name in ports})
    with running.leaving_nothing(out):
        workflow = init_voxelwise_wf(folder=str(out), **chosen)
        workflow.inputs.inputnode.trait_set(**inputs)
        run_beside(workflow, options, out / "work")
    for row in read_rows(out / "summary.tsv"):
        told = f"{row['n_fdr']} voxels at the false-discovery rate, {row['n_bonferroni']} at Bonferroni's threshold"
        print(f"{row['name']}: {told}, of {row['n_tests']}" + (f" ({row['left_out']})" if row["left_out"] else ""))
    print(out / "voxelwise.html")
    return 0
