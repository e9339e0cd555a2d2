"""Genes and exons from a user's GTF or GFF file."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.genotypes.block import chromosome
from nipype_qsm.kernels.genetics.nearest_gene import Features

NAME = re.compile(r'(?:gene_name|gene|Name)[ =]"?([^";]+)"?')
IDENTIFIER = re.compile(r'gene_id[ =]"?([^";]+)"?')


def read_gtf(path: str | Path, *, biotype: str = "protein_coding") -> tuple[Features, Features]:
    """Read genes and exons.

    Parameters
    ----------
    path : path
        GTF, text or gzip, such as GENCODE's.
    biotype : str
        Only genes of this type where the file says types; empty for all.

    Returns
    -------
    genes, exons : Features
    """
    found: dict[str, list[tuple[str, int, int, str]]] = {"gene": [], "exon": []}
    kinds = re.compile(r'gene_(?:bio)?type[ =]"?([^";]+)"?')
    for number, line in enumerate(_lines(Path(path)), start=1):
        cells = line.rstrip("\n").split("\t")
        if line.startswith("#") or len(cells) < 9 or cells[2] not in found:
            continue
        kind = kinds.search(cells[8])
        if biotype and kind is not None and kind[1] != biotype:
            continue
        named = NAME.search(cells[8]) or IDENTIFIER.search(cells[8])
        if named is None or not (cells[3].isdigit() and cells[4].isdigit()):
            raise QSMError(f"Line {number} of {path} is not of a GTF.", remedy="Give a gene list such as GENCODE's.")
        found[cells[2]].append((chromosome(cells[0]), int(cells[3]), int(cells[4]), named[1]))
    if not found["gene"]:
        raise QSMError(f"{path} has no genes.", remedy="Give a GTF with rows of type gene and exon.")
    return _features(found["gene"]), _features(found["exon"])


def _features(rows: list[tuple[str, int, int, str]]) -> Features:
    chrom, start, end, gene = zip(*rows, strict=True) if rows else ((), (), (), ())
    return Features(np.array(chrom, str), np.array(start, int), np.array(end, int), np.array(gene, str))


def _lines(path: Path) -> Iterator[str]:
    if not path.is_file():
        raise QSMError(f"{path} does not exist.", remedy="Check the path of the gene list.")
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        yield from file
