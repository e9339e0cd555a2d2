"""Gene annotation as a node: genes of a user's list, and joins of a user's tables (VEP, CADD, eQTL)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from nipype.interfaces.base import InputMultiObject

from nipype_qsm.errors import QSMError
from nipype_qsm.genotypes.block import chromosome
from nipype_qsm.genotypes.gene_lists import read_gtf
from nipype_qsm.genotypes.hits import names
from nipype_qsm.interfaces.base import KernelInputSpec, TableStep, TraitedSpec, traits
from nipype_qsm.interfaces.genetics.base import given
from nipype_qsm.interfaces.ports import File
from nipype_qsm.kernels.genetics.nearest_gene import nearest_gene
from nipype_qsm.tables import Row, read_rows, write_rows


class NearestGeneInputSpec(KernelInputSpec):
    """Inputs of the annotation."""

    hits = File(exists=True, mandatory=True, table="peaks", desc="peaks or clusters")
    gtf = File(exists=True, mandatory=True, table="genes", desc="gene list in the same build, such as GENCODE's GTF")
    biotype = traits.Str("protein_coding", usedefault=True, desc="only genes of this type; empty for all")
    annotations = InputMultiObject(
        File(exists=True),
        table="annotations",
        desc="more tables (VEP, CADD, eQTL), joined by chrom, pos and alleles where they have them, else by id",
    )


class NearestGeneOutputSpec(TraitedSpec):
    """The table with genes."""

    annotated = File(exists=True, table="peaks", desc="the table with gene, distance, exonic and what was joined")


class NearestGene(TableStep):
    """Name the gene of each variant, and join tables about it."""

    input_spec, output_spec = NearestGeneInputSpec, NearestGeneOutputSpec
    _kernel = staticmethod(nearest_gene)

    def _tables(self, folder: Path) -> dict[str, Any]:
        rows = read_rows(self.inputs.hits, ("chrom", "pos", "id"))
        columns = list(rows[0]) if rows else ["chrom", "pos", "id"]
        chrom = np.array([chromosome(name) for name in names(rows, "chrom")], str)
        genes, exons = read_gtf(self.inputs.gtf, biotype=self.inputs.biotype)
        found = nearest_gene(chrom, np.array([row["pos"] for row in rows], np.int64), genes, exons)
        for row, gene, away, inside in zip(rows, found.gene, found.distance, found.exonic, strict=True):
            row |= {"gene": gene, "distance": int(away), "exonic": int(inside)}
        columns += ["gene", "distance", "exonic"]
        for path in given(self.inputs.annotations) or []:
            columns += _joined(rows, path, columns)
        return {"annotated": str(write_rows(rows, folder / "annotated.tsv", columns))}


def _joined(rows: list[Row], path: str, known: list[str]) -> list[str]:
    table = read_rows(path)
    head = list(table[0]) if table else []
    by_place = {"chrom", "pos"} <= set(head)
    by_alleles = by_place and {"effect_allele", "other_allele"} <= set(head)
    if not by_place and "id" not in head:
        raise QSMError(
            f"{path} has neither chrom and pos nor id; it has {', '.join(head)}.", remedy="Rename its columns."
        )

    def place(row: Row) -> tuple[str, ...]:
        if not by_place:
            return (str(row["id"]),)
        found = (chromosome(str(row["chrom"])), str(row["pos"]))
        return (*found, *sorted((str(row["effect_allele"]), str(row["other_allele"])))) if by_alleles else found

    fresh = [name for name in head if name not in known]
    held: dict[tuple[str, ...], list[Row]] = {}
    for one in table:
        held.setdefault(place(one), []).append(one)
    for row in rows:
        matching = held.get(place(row), [])
        row |= {name: ";".join(dict.fromkeys(str(one[name]) for one in matching)) for name in fresh}
    return fresh
