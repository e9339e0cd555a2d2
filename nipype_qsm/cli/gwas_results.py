"""What `nipype-qsm gwas` does with associations that are there: peaks, clusters, heritability, figures."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path
from typing import Any

from nipype_qsm.cli import single


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

    return single.tables(Peaks, options, "n_peaks", "peaks", "table_1")


def _clusters_parser(verbs: Any) -> None:
    verb = verbs.add_parser(
        "clusters",
        help="places in the genome that traits share",
        description="Gather the peaks of all traits into clusters. Takes peaks.tsv or the Peaks tool's Table 1; writes "
        "clusters.tsv, members.tsv, replication.tsv (counts by kind of trait), and Table2.txt as the tool has it.",
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

    single.tables(Clusters, options, "n_clusters", "n_replicated", "clusters", "members", "replication", "table_2")
    if options.gtf:
        options.hits = str(options.out / "clusters.tsv")
        single.tables(NearestGene, options, "annotated")
    return 0


def _heritability_parser(verbs: Any) -> None:
    verb = verbs.add_parser(
        "heritability",
        help="SNP heritability by LD score regression",
        description="Estimate the SNP heritability of every trait by LD score regression; discovery and replication "
        "are merged. Writes heritability.tsv: h2, intercept and their errors.",
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

    return single.tables(Heritability, options, "heritability")


def _plot_parser(verbs: Any) -> None:
    verb = verbs.add_parser(
        "plot",
        help="figures: Manhattan, Miami, quantiles, a locus, heritability, peaks, genotype groups",
        description="Draw a figure. The ending of --out says the kind of file: .png, .svg, .pdf, or .html (Manhattan, "
        "to look around in).",
    )
    kinds = ("manhattan", "miami", "qq", "locus", "heritability", "peaks", "genotypes")
    verb.add_argument("kind", choices=kinds, help="the figure")
    verb.add_argument("--results", metavar="DIR", help="what `gwas run` wrote; of cohorts the discovery is drawn")
    verb.add_argument(
        "--columns", nargs="+", metavar="NAME", help="traits (default: the strongest of all; QSM and T2*)"
    )
    verb.add_argument("--table", metavar="TABLE", help="peaks.tsv or heritability.tsv, for those figures")
    verb.add_argument("--peaks", metavar="TABLE", help="peaks.tsv, listed below an interactive figure")
    verb.add_argument("--region", metavar="REGION", help="of a locus: 4:102500000-103900000")
    verb.add_argument("--gtf", metavar="FILE", help="gene list, drawn below a locus")
    verb.add_argument("--genotypes", metavar="FILE", help="for genotype groups, and for correlations in a locus")
    verb.add_argument("--samples", metavar="FILE", help="sample file, where the genotypes need one")
    verb.add_argument("--traits", dest="trait_table", metavar="TABLE", help="for genotype groups")
    verb.add_argument("--variant", metavar="ID", help="for genotype groups")
    verb.add_argument("--thresholds", type=float, nargs="+", default=[7.5], metavar="P", help="lines, -log10 P")
    verb.add_argument("--build", type=int, choices=(37, 38), default=37, help="of the genome (default: 37)")
    verb.add_argument("--out", type=Path, required=True, metavar="FILE", help="the figure")
    verb.set_defaults(run=plot)


def plot(options: argparse.Namespace) -> int:
    """Draw a figure and say where it is."""
    from nipype_qsm.errors import QSMError
    from nipype_qsm.interfaces.genetics import GwasPlots

    options.form = options.out.suffix.removeprefix(".").lower()
    if options.form not in ("png", "svg", "pdf", "html"):
        raise QSMError(f"{options.out} has no ending of a figure.", remedy="End it in .png, .svg, .pdf or .html.")
    out = options.out.absolute()
    with tempfile.TemporaryDirectory(prefix="nipype-qsm-") as scratch:
        made = single.outputs(GwasPlots, options, scratch)
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made.figure, out)
    print(f"figure: {out}")
    return 0


PARSERS = (_peaks_parser, _clusters_parser, _heritability_parser, _plot_parser)
