"""`nipype-qsm gwas VERB`: from genotypes and a table of traits to associations, peaks, clusters and heritability."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path
from typing import Any

from nipype_qsm.cli import running

FOLDERS = {"results", "replication", "ld_scores", "weights", "genetic_map"}
KEPT = {".tsv", ".txt", ".gz", ".png", ".html"}


def add_parser(verbs: Any) -> None:
    """Declare the verb and what it can do."""
    verb = verbs.add_parser(
        "gwas",
        help="genome-wide associations, peaks, clusters, heritability",
        description="From genotypes and a table of traits to associations, and from those to peaks, clusters, "
        "heritability and plots. The steps are explained in docs/steps/genetics.md.",
    )
    inner = verb.add_subparsers(metavar="VERB", required=True)
    for declare in (_run_parser, _peaks_parser, _clusters_parser, _heritability_parser, _subset_parser):
        declare(inner)


def _run_parser(verbs: Any) -> None:
    verb = verbs.add_parser(
        "run",
        help="test every variant against every trait",
        description="Test every variant against every trait in one pass over the genotypes. Writes one parquet file a "
        "chromosome: chrom, pos, id, effect_allele, other_allele, af, info, n, and beta_T, se_T, mlog10p_T, n_T for "
        "each trait T; with cohorts into the folders discovery and replication.",
        epilog="Example: nipype-qsm gwas run --genotypes chr22.bgen --samples ukb.sample --traits idps.tsv "
        "--covariates confounds.tsv --out gwas",
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

    made = _made(LinearGWAS, options, folder=str(options.out.absolute()), num_threads=options.n_procs)
    people = {name: count for name, count in made.n_people.items() if count}
    print("people:", ", ".join(f"{count} {name}" for name, count in people.items()))
    left_out = ", ".join(f"{count} {name}" for name, count in made.n_dropped.items() if count)
    print(f"variants tested: {made.n_variants}" + (f"; left out: {left_out}" if left_out else ""))
    _say(made, "results", "discovery", "replication", "combined")
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

    made = _made(BgenSubset, options, written=str(options.out.absolute()))
    print(f"{made.n_people} people, {made.n_variants} variants")
    _say(made, "subset", "index")
    return 0


def _map_options(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--map",
        dest="genetic_map",
        nargs="+",
        metavar="MAP",
        help="genetic maps: files, a folder or a .tar.gz, with pos, chr, cM (shapeit, HapMap) or chr,pos,cM",
    )
    verb.add_argument(
        "--cm-per-mb",
        type=float,
        default=0.0,
        metavar="RATE",
        help="without a map (default: refuse; 1.2 is usual)",
    )
    verb.add_argument("--radius", type=float, default=0.25, metavar="CM", help="reach of a lead (default: %(default)s)")
    verb.add_argument("--build", type=int, choices=(37, 38), default=37, help="of results and map (default: 37)")
    verb.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the tables")


def _peaks_parser(verbs: Any) -> None:
    verb = verbs.add_parser(
        "peaks",
        help="independent associations of each trait",
        description="Find the independent associations of each trait, and what became of them in the replication. "
        "Writes peaks.tsv, and Table1.txt as the Peaks tool has it.",
        epilog="Example: nipype-qsm gwas peaks --results gwas --map maps --out peaks",
    )
    verb.add_argument("--results", required=True, metavar="DIR", help="what `gwas run` wrote")
    verb.add_argument("--replication", metavar="DIR", help="the same in other people (default: DIR/replication)")
    verb.add_argument(
        "--threshold", type=float, default=7.5, metavar="P", help="-log10 P (default: 7.5; 36 traits: 9.06)"
    )
    verb.add_argument("--nominal", type=float, default=0.05, metavar="P", help="P of a replication (default: 0.05)")
    verb.add_argument("--columns", nargs="+", metavar="NAME", help="only these traits")
    _map_options(verb)
    verb.set_defaults(run=peaks)


def peaks(options: argparse.Namespace) -> int:
    """Find peaks and say how many."""
    from nipype_qsm.interfaces.genetics import Peaks

    return _tables(Peaks, options, "n_peaks", "peaks", "table_1")


def _clusters_parser(verbs: Any) -> None:
    verb = verbs.add_parser(
        "clusters",
        help="places in the genome that traits share",
        description="Gather the peaks of all traits into clusters. Takes peaks.tsv or the Peaks tool's Table 1; writes "
        "clusters.tsv, members.tsv, replication.tsv (counts by kind of trait), and Table2.txt as the tool has it.",
        epilog="Example: nipype-qsm gwas clusters --peaks peaks/peaks.tsv --map maps --out clusters",
    )
    verb.add_argument("--peaks", required=True, metavar="TABLE", help="peaks.tsv, or a Table 1 of the Peaks tool")
    verb.add_argument("--kinds", metavar="TABLE", help="trait and kind, where names do not tell QSM from T2*")
    verb.add_argument("--threshold", type=float, default=0.0, metavar="P", help="leave out weaker peaks, -log10 P")
    verb.add_argument(
        "--gtf", metavar="FILE", help="gene list (GTF): write annotated.tsv with the gene of each cluster"
    )
    verb.add_argument("--biotype", default="protein_coding", help="only genes of this type (default: %(default)s)")
    verb.add_argument("--annotations", nargs="+", metavar="TABLE", help="more tables to join: VEP, CADD, eQTL")
    _map_options(verb)
    verb.set_defaults(run=clusters)


def clusters(options: argparse.Namespace) -> int:
    """Find clusters and say how many."""
    from nipype_qsm.interfaces.genetics import Clusters, NearestGene

    _tables(Clusters, options, "n_clusters", "n_replicated", "clusters", "members", "replication", "table_2")
    if options.gtf:
        options.hits = str(options.out / "clusters.tsv")
        _tables(NearestGene, options, "annotated")
    return 0


def _heritability_parser(verbs: Any) -> None:
    verb = verbs.add_parser(
        "heritability",
        help="SNP heritability by LD score regression",
        description="Estimate the SNP heritability of every trait by LD score regression; discovery and replication "
        "are merged. Writes heritability.tsv: h2, intercept and their errors.",
        epilog="Example: nipype-qsm gwas heritability --results gwas --ld-scores eur_w_ld_chr --out h2",
    )
    verb.add_argument("--results", nargs="+", required=True, metavar="DIR", help="of `gwas run`; several are merged")
    verb.add_argument("--ld-scores", required=True, metavar="DIR", help="*.l2.ldscore.gz and *.l2.M_5_50")
    verb.add_argument("--weights", metavar="DIR", help="LD scores among the regression's variants (default: the same)")
    verb.add_argument("--columns", nargs="+", metavar="NAME", help="only these traits")
    verb.add_argument("--min-variants", type=int, default=200_000, metavar="N", help="fewest (default: %(default)s)")
    verb.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the table")
    verb.set_defaults(run=heritability)


def heritability(options: argparse.Namespace) -> int:
    """Estimate and say where the table is."""
    from nipype_qsm.interfaces.genetics import Heritability

    return _tables(Heritability, options, "heritability")


def _tables(interface: Any, options: argparse.Namespace, *ports: str) -> int:
    """Run a step whose files go into the folder of the results, and say what it made."""
    out = options.out.absolute()
    with running.leaving_nothing(out):
        with tempfile.TemporaryDirectory(prefix="nipype-qsm-") as scratch:
            made = _outputs(interface, options, scratch)
            out.mkdir(parents=True, exist_ok=True)
            for path in sorted(Path(scratch).iterdir()):
                if path.suffix in KEPT:
                    shutil.move(path, out / path.name)
        for port in ports:
            value = getattr(made, port)
            print(f"{port}: {out / Path(value).name if isinstance(value, str) else value}")
    return 0


def _made(interface: Any, options: argparse.Namespace, **more: Any) -> Any:
    """Run an interface that writes where it is told, and return its outputs."""
    with tempfile.TemporaryDirectory(prefix="nipype-qsm-") as scratch:
        return _outputs(interface, options, scratch, **more)


def _outputs(interface: Any, options: argparse.Namespace, scratch: str, **more: Any) -> Any:
    from nipype_qsm.cli.step import set_ports
    from nipype_qsm.errors import QSMError, RunError

    node = interface()
    ports = set(node.inputs.copyable_trait_names())
    chosen = {name: value for name, value in {**vars(options), **more}.items() if name in ports and value is not None}
    for name in FOLDERS & set(chosen):
        given = chosen[name] if isinstance(chosen[name], list) else [chosen[name]]
        absent = [one for one in given if not Path(one).exists()]
        if absent:
            raise QSMError(f"{absent[0]} does not exist.", remedy="Check the path.")
        paths = [str(Path(one).absolute()) for one in given]
        chosen[name] = paths if isinstance(chosen[name], list) else paths[0]
    set_ports(node, {name: value for name, value in chosen.items() if name not in FOLDERS})
    node.inputs.trait_set(**{name: value for name, value in chosen.items() if name in FOLDERS})
    try:
        return node.run(cwd=scratch).outputs
    except (QSMError, MemoryError, KeyboardInterrupt):
        raise
    except Exception as error:
        raise RunError(
            f"{interface.__name__} failed: {type(error).__name__}: {error}",
            remedy="If the input is right, report it with this message.",
        ) from error


def _say(outputs: Any, *ports: str) -> None:
    from nipype.interfaces.base import isdefined

    for port in ports:
        if isdefined(getattr(outputs, port)):
            print(f"{port}: {getattr(outputs, port)}")
