"""`nipype-qsm gwas VERB`: from genotypes and a table of traits to associations, peaks, clusters and heritability."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from nipype_qsm.cli import gwas_results, running, single


def add_parser(verbs: Any) -> None:
    """Declare the verb and what it can do."""
    verb = verbs.add_parser(
        "gwas",
        help="genome-wide associations, peaks, clusters, heritability",
        description="From genotypes and a table of traits to associations, and from those to peaks, clusters, "
        "heritability and plots. The steps are explained in docs/steps/genetics.md.",
    )
    inner = verb.add_subparsers(metavar="VERB", required=True)
    for declare in (_run_parser, *gwas_results.PARSERS, _subset_parser):
        declare(inner)


def _run_parser(verbs: Any) -> None:
    verb = verbs.add_parser(
        "run",
        help="test every variant against every trait",
        description="Test every variant against every trait in one pass over the genotypes. Writes one parquet file a "
        "chromosome: chrom, pos, id, effect_allele, other_allele, af, info, n, and beta_T, se_T, mlog10p_T, n_T for "
        "each trait T; with cohorts into the folders discovery and replication.",
    )
    files = verb.add_argument_group("files")
    files.add_argument("--genotypes", nargs="+", required=True, metavar="FILE", help=".bgen, .bed or .pgen, any number")
    files.add_argument("--samples", nargs="+", metavar="FILE", help=".sample, .fam or .psam: one for all, or one each")
    files.add_argument(
        "--traits", dest="trait_table", required=True, metavar="TABLE", help="a column of ids, and one a trait"
    )
    files.add_argument("--covariates", nargs="+", metavar="TABLE", help="a column of ids, and one a covariate")
    files.add_argument("--discovery", metavar="IDS", help="people of the discovery, one id a line")
    files.add_argument("--replication", metavar="IDS", help="people of the replication, one id a line")
    files.add_argument("--keep", metavar="IDS", help="only these people, such as an unrelated set")
    files.add_argument("--exclude", nargs="+", metavar="IDS", help="people to leave out: withdrawn, related")
    files.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the tables")
    tests = verb.add_argument_group("what is tested")
    tests.add_argument("--columns", nargs="+", metavar="NAME", help="only these columns of the table")
    tests.add_argument("--regions", nargs="+", metavar="REGION", help="only there: 22, or 22:30500000-31500000")
    tests.add_argument("--extract", metavar="FILE", help="only these variants, one identifier a line")
    tests.add_argument("--combined", action="store_true", help="both cohorts together, too")
    tests.add_argument("--normalise", action="store_true", help="inverse normal of each trait, before covariates")
    tests.add_argument("--standardise", action="store_true", help="effects in standard deviations after covariates")
    tests.add_argument(
        "--covariates-from-traits-only",
        dest="from_genotypes",
        action="store_false",
        help="do not take covariates out of the genotypes, as published analyses did",
    )
    tests.add_argument("--hemizygous-count", type=int, choices=(1, 2), default=2, help="a man's allele on X counts as")
    limits = verb.add_argument_group("quality of variants")
    limits.add_argument("--min-maf", type=float, default=0.01, metavar="F", help="frequency (default: %(default)s)")
    limits.add_argument("--min-info", type=float, default=0.3, metavar="I", help="information (default: %(default)s)")
    limits.add_argument("--min-hwe", type=float, default=1e-7, metavar="P", help="equilibrium (default: %(default)s)")
    limits.add_argument("--max-missing", type=float, default=0.1, metavar="F", help="missing (default: %(default)s)")
    _threads(verb)
    verb.set_defaults(run=run)


def _threads(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--n-procs", type=running.at_least_one, default=1, metavar="N", help="threads (default: 1)")


def run(options: argparse.Namespace) -> int:
    """Run a scan and say what it wrote."""
    from nipype_qsm.interfaces.genetics import LinearGWAS

    made = single.made(LinearGWAS, options, folder=str(options.out.absolute()), num_threads=options.n_procs)
    people = {name: count for name, count in made.n_people.items() if count}
    print("people:", ", ".join(f"{count} {name}" for name, count in people.items()))
    left_out = ", ".join(f"{count} {name}" for name, count in made.n_dropped.items() if count)
    print(f"variants tested: {made.n_variants}" + (f"; left out: {left_out}" if left_out else ""))
    single.say(made, "results", "discovery", "replication", "combined")
    return 0


def _subset_parser(verbs: Any) -> None:
    verb = verbs.add_parser(
        "subset",
        help="write people and variants of a study into a BGEN file of their own",
        description="Write some people and variants of a BGEN file into a new one with ids and index. Everyone in a "
        "BGEN file is inflated whether wanted or not, so this pays before the second scan.",
    )
    verb.add_argument("--genotypes", required=True, metavar="FILE", help="BGEN of layout 2")
    verb.add_argument("--samples", metavar="FILE", help="sample file, where the BGEN file does not hold ids")
    verb.add_argument("--keep", required=True, metavar="IDS", help="people to keep, one id a line")
    verb.add_argument("--regions", nargs="+", metavar="REGION", help="only there: 22, or 22:30500000-31500000")
    verb.add_argument("--extract", metavar="FILE", help="only these variants, one identifier a line")
    verb.add_argument("--compression", choices=("zlib", "zstd", "none"), default="zlib", help="default: zlib")
    verb.add_argument("--out", type=Path, required=True, metavar="FILE", help="the new .bgen file")
    verb.set_defaults(run=subset)


def subset(options: argparse.Namespace) -> int:
    """Write a subset and say what is in it."""
    from nipype_qsm.interfaces.genetics import BgenSubset

    made = single.made(BgenSubset, options, written=str(options.out.absolute()))
    print(f"{made.n_people} people, {made.n_variants} variants")
    single.say(made, "subset", "index")
    return 0
