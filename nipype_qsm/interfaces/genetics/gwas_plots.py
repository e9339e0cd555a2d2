"""Figures of a genome-wide study as a node."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.genotypes import Genotypes, Selection, open_genotypes
from nipype_qsm.genotypes.block import chromosome
from nipype_qsm.genotypes.gene_lists import read_gtf
from nipype_qsm.genotypes.hits import column, kind_of, names, read_hits
from nipype_qsm.genotypes.results import Results, key, parts_of
from nipype_qsm.interfaces.base import KernelInputSpec, TableStep, TraitedSpec, algorithm, traits
from nipype_qsm.interfaces.genetics.base import given
from nipype_qsm.interfaces.genetics.phenotypes import read_phenotypes
from nipype_qsm.interfaces.ports import Directory, File
from nipype_qsm.io import atomically
from nipype_qsm.tables import read_rows

KINDS = ("manhattan", "miami", "qq", "locus", "heritability", "peaks", "genotypes")
NEEDS = {
    "manhattan": ("results",),
    "miami": ("results",),
    "qq": ("results",),
    "locus": ("results", "region"),
    "heritability": ("table",),
    "peaks": ("table",),
    "genotypes": ("genotypes", "trait_table", "variant"),
}


class GwasPlotsInputSpec(KernelInputSpec):
    """What is drawn, and of what."""

    algorithm = algorithm("2")
    kind = traits.Enum(*KINDS, usedefault=True, desc="the figure")
    results = Directory(exists=True, desc="associations, as `gwas run` wrote them; of cohorts the discovery is drawn")
    columns = traits.List(
        traits.Str, desc="traits; unless given, the strongest of all (manhattan), QSM and T2* (miami), all (qq)"
    )
    table = File(exists=True, table="peaks", desc="peaks.tsv, or heritability.tsv")
    peaks = File(exists=True, table="peaks", desc="peaks.tsv, listed below an interactive figure")
    region = traits.Str(desc="of a locus: 4:102.5-103.9 in million bases, or in bases")
    genotypes = File(exists=True, table="genotypes", desc="for genotype groups, and for correlations in a locus")
    samples = File(exists=True, table="people", desc="sample file, where the genotypes need one")
    trait_table = File(exists=True, table="traits", desc="for genotype groups")
    variant = traits.Str(desc="identifier, for genotype groups")
    gtf = File(exists=True, table="genes", desc="gene list, drawn below a locus")
    thresholds = traits.List(traits.Float, [7.5], usedefault=True, desc="lines [-log10 P]")
    form = traits.Enum("png", "svg", "pdf", "html", usedefault=True, desc="kind of file; html is interactive")
    build = traits.Enum(37, 38, usedefault=True, desc="build of the genome")


class GwasPlotsOutputSpec(TraitedSpec):
    """A file."""

    figure = File(exists=True, table="figure", desc="the figure")


class GwasPlots(TableStep):
    """Draw a figure of a genome-wide study."""

    input_spec, output_spec = GwasPlotsInputSpec, GwasPlotsOutputSpec

    def _tables(self, folder: Path) -> dict[str, Any]:
        inputs = self.inputs
        absent = [name for name in NEEDS[inputs.kind] if given(getattr(inputs, name)) is None]
        if absent:
            raise QSMError(f"A {inputs.kind} figure needs {' and '.join(absent)}.", remedy="Give what is missing.")
        if inputs.form == "html" and inputs.kind != "manhattan":
            raise QSMError(f"A {inputs.kind} figure is not interactive.", remedy="Ask for png, svg or pdf.")
        path = folder / f"{inputs.kind}.{inputs.form}"
        made = getattr(self, f"_{inputs.kind}")()
        with atomically(path) as temporary:
            if isinstance(made, str):
                temporary.write_text(made, encoding="utf-8")
            else:
                made.savefig(temporary, format=inputs.form)
        return {"figure": str(path)}

    def _opened(self) -> Results:
        return Results(parts_of(self.inputs.results)[0])

    def _pixels(self, results: Results, columns: list[str]) -> tuple[Any, dict[str, list]]:
        from nipype_qsm.reports.genome import Genome, Pixels

        pixels = Pixels(Genome(self.inputs.build))
        hits: dict[str, list] = {"chrom": [], "pos": [], "mlog10p": [], "label": []}
        strengths = [f"mlog10p_{results.require(name)}" for name in columns]
        for group in results.groups(["chrom", "pos", "id", *strengths]):
            values = np.stack([group[name] for name in strengths])
            with np.errstate(invalid="ignore"):
                best = np.fmax.reduce(values, axis=0)
            chrom = group["chrom"].astype(str)
            for name in dict.fromkeys(chrom.tolist()):
                own = chrom == name
                pixels.add(name, group["pos"][own], best[own])
            for row in np.flatnonzero(np.nan_to_num(best, nan=-1) >= self.inputs.thresholds[0]):
                trait = columns[int(np.nanargmax(values[:, row]))]
                place = f"{group['id'][row]}, {chrom[row]}:{group['pos'][row]}"
                hits["chrom"].append(chrom[row])
                hits["pos"].append(int(group["pos"][row]))
                hits["mlog10p"].append(float(best[row]))
                hits["label"].append(f"{place}, {trait}, -log10 P {best[row]:.1f}")
        if not pixels.n_points:
            raise QSMError("There is nothing to draw on chromosomes 1 to 22 and X.", remedy="Check the results.")
        return pixels, hits

    def _manhattan(self) -> Any:
        from nipype_qsm.reports.gwas import manhattan
        from nipype_qsm.reports.gwas_page import manhattan_page

        results = self._opened()
        columns = given(self.inputs.columns) or results.traits
        pixels, hits = self._pixels(results, columns)
        title = columns[0] if len(columns) == 1 else f"The strongest of {len(columns)} traits"
        if self.inputs.form != "html":
            return manhattan(pixels, title, thresholds=self.inputs.thresholds)
        rows = (
            [row for row in read_hits(self.inputs.peaks) if row["trait"] in columns] if given(self.inputs.peaks) else []
        )
        return manhattan_page(pixels, title, hits, rows, threshold=self.inputs.thresholds[0])

    def _miami(self) -> Any:
        from nipype_qsm.reports.gwas import miami

        results = self._opened()
        chosen = given(self.inputs.columns)
        if chosen and len(chosen) != 2:
            raise QSMError(f"A Miami figure shows two traits, not {len(chosen)}.", remedy="Name two.")
        kinds = {name: kind_of(name) for name in results.traits}
        above = chosen[:1] if chosen else [name for name, kind in kinds.items() if kind == "QSM"]
        below = chosen[1:] if chosen else [name for name, kind in kinds.items() if kind == "T2*"]
        if not above or not below:
            raise QSMError("No trait's name says QSM, or none T2*.", remedy="Name two traits with columns.")
        pair = [self._pixels(results, names)[0] for names in (above, below)]
        titles = (chosen[0], chosen[1]) if chosen else ("QSM", "T2*")
        return miami(*pair, titles, thresholds=self.inputs.thresholds)

    def _qq(self) -> Any:
        from nipype_qsm.reports.genome import Quantiles
        from nipype_qsm.reports.gwas import quantiles

        results = self._opened()
        curves = {results.require(name): Quantiles() for name in given(self.inputs.columns) or results.traits}
        for group in results.groups([f"mlog10p_{name}" for name in curves]):
            for name, curve in curves.items():
                curve.add(group[f"mlog10p_{name}"])
        return quantiles(curves)

    def _locus(self) -> Any:
        from nipype_qsm.reports.gwas import locus

        results, (chrom, first, last) = self._opened(), place_of(self.inputs.region)
        trait = results.require((given(self.inputs.columns) or results.traits)[0])
        held: list[tuple[np.ndarray, ...]] = []
        names_ = ("pos", f"mlog10p_{trait}", "id", "other_allele", "effect_allele")
        for group in results.groups(["chrom", *names_]):
            own = (group["chrom"].astype(str) == chrom) & (group["pos"] >= first) & (group["pos"] <= last)
            own &= np.isfinite(group[f"mlog10p_{trait}"])
            held.append(tuple(group[name][own] for name in names_))
        pos, strength, ids, *alleles = (np.concatenate(part) for part in zip(*held, strict=True))
        if not pos.size:
            raise QSMError(
                f"There is no variant in {self.inputs.region}.", remedy="Check chromosome, positions and build."
            )
        lead = int(strength.argmax())
        genes: list[tuple[int, int, str]] = []
        if given(self.inputs.gtf):
            found, _ = read_gtf(self.inputs.gtf)
            near = (found.chrom == chrom) & (found.end >= first) & (found.start <= last)
            genes = [(int(a), int(b), str(c)) for a, b, c in zip(*(part[near] for part in found[1:]), strict=True)]
        r2 = None
        if given(self.inputs.genotypes):
            variants = [key(chrom, *one) for one in zip(pos.tolist(), *alleles, strict=True)]
            file = open_genotypes(self.inputs.genotypes, given(self.inputs.samples))
            r2 = correlations(file, variants, lead, f"{chrom}:{pos.min()}-{pos.max()}")
        return locus(pos, strength, lead, f"{trait}, {ids[lead]}", r2=r2, genes=genes)

    def _heritability(self) -> Any:
        from nipype_qsm.reports.gwas import heritability_bars

        rows = read_rows(self.inputs.table, ("trait", "h2", "h2_se"))
        traits_ = names(rows, "trait").tolist()
        return heritability_bars(traits_, column(rows, "h2"), column(rows, "h2_se"), [kind_of(one) for one in traits_])

    def _peaks(self) -> Any:
        from nipype_qsm.reports.gwas import peak_counts

        rows = read_hits(self.inputs.table)
        order = given(self.inputs.columns) or list(dict.fromkeys(str(row["trait"]) for row in rows))
        if not order:
            raise QSMError(f"{self.inputs.table} has no peaks.", remedy="Lower the threshold of `gwas peaks`.")
        n = np.array([sum(row["trait"] == name for row in rows) for name in order])
        again = np.array([sum(row["trait"] == name and row.get("replicated") == 1 for row in rows) for name in order])
        return peak_counts(order, n, again, [kind_of(name) for name in order])

    def _genotypes(self) -> Any:
        from nipype_qsm.reports.gwas import genotype_groups

        table = read_phenotypes(self.inputs.trait_table)
        trait = (given(self.inputs.columns) or list(table))[0]
        if trait not in table:
            raise QSMError(f"There is no trait {trait}.", remedy=f"There are: {', '.join(table)}.")
        file = open_genotypes(self.inputs.genotypes, given(self.inputs.samples))
        rows = np.array([row for row, name in enumerate(file.people.ids) if name in table.index], np.int64)
        block = next(file.blocks(rows, 1, Selection.of(None, {self.inputs.variant})), None)
        if block is None or not rows.size:
            raise QSMError(f"{file.path} has no variant {self.inputs.variant} of these people.", remedy="Check its id.")
        values = table[trait].loc[[file.people.ids[row] for row in rows]].to_numpy(float)
        alleles = (block.other_allele[0], block.effect_allele[0])
        return genotype_groups(block.dosages()[0], values, alleles, f"{self.inputs.variant}, {trait}", trait)


def correlations(file: Genotypes, variants: Sequence[str], lead: int, region: str) -> np.ndarray:
    """Return the squared correlation of variants with one of them.

    Parameters
    ----------
    file : Genotypes
    variants : sequence of str
        `chromosome:position:other:effect`: of several variants at one position each is itself.
    lead : int
    region : str
        That holds all of them.

    Returns
    -------
    r2 : (variants,) float array
        Zero for variants that the file lacks.
    """
    rows, place = np.arange(len(file.people)), {name: row for row, name in enumerate(variants)}
    r2 = np.zeros(len(variants))
    found = next(file.blocks(rows, 1, Selection.of([region], {variants[lead]})), None)
    own = None if found is None else _unit(found.values[:1])[0]
    for block in file.blocks(rows, 128, Selection.of([region])) if own is not None else ():
        described = zip(block.chrom, block.pos, block.other_allele, block.effect_allele, strict=True)
        known = [(row, place[name]) for row, name in enumerate(key(*one) for one in described) if name in place]
        here, there = np.array(known, int).reshape(-1, 2).T
        r2[there] = (_unit(block.values[here]) @ own) ** 2
    return r2


def _unit(values: np.ndarray) -> np.ndarray:
    """Return rows of mean zero and length one."""
    values = values - values.mean(axis=1, keepdims=True, dtype=np.float64)
    return values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-12)


def place_of(text: str) -> tuple[str, int, int]:
    """Read `4:102.5-103.9` (million bases) or `4:102500000-103900000`.

    Parameters
    ----------
    text : str
    """
    chrom, _, span = text.partition(":")
    first, _, last = span.replace(",", "").partition("-")
    try:
        low, high = float(first), float(last)
    except ValueError:
        raise QSMError(f"'{text}' is not a region.", remedy="Write 4:102500000-103900000, or 4:102.5-103.9.") from None
    scale = 1e6 if high < 1000 else 1
    return chromosome(chrom), round(low * scale), round(high * scale)
