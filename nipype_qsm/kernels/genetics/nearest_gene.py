"""The gene that a variant lies in, or the nearest one.

Positions are compared with genes and exons of a list in the same build of the genome. Inside several genes the one
whose exon holds the variant comes first, then the shorter one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Features(NamedTuple):
    """Genes or exons, one entry each; ends included."""

    chrom: np.ndarray
    start: np.ndarray
    end: np.ndarray
    gene: np.ndarray


class NearestGene(NamedTuple):
    """One entry a variant."""

    gene: list[str]
    distance: np.ndarray
    exonic: np.ndarray


def nearest_gene(chrom: np.ndarray, pos: np.ndarray, genes: Features, exons: Features) -> NearestGene:
    """Name the gene of each variant.

    Parameters
    ----------
    chrom : (variants,) str array
    pos : (variants,) int array, bases
    genes : Features
    exons : Features

    Returns
    -------
    gene : list of str
        Empty where the chromosome has no gene.
    distance : (variants,) int array, bases
        0 inside the gene, -1 where there is none.
    exonic : (variants,) bool array
        Inside an exon of that gene.

    References
    ----------
    Watanabe et al. 2017, doi:10.1038/s41467-017-01261-5 (positional mapping)
    """
    names: list[str] = []
    distance, exonic = np.full(len(pos), -1), np.zeros(len(pos), bool)
    for row, (name, place) in enumerate(zip(np.asarray(chrom, str), np.asarray(pos), strict=True)):
        here = np.flatnonzero(genes.chrom == name)
        if not here.size:
            names.append("")
            continue
        away = np.maximum(np.maximum(genes.start[here] - place, place - genes.end[here]), 0)
        inside = (exons.chrom == name) & (exons.start <= place) & (place <= exons.end)
        of_exon = set(exons.gene[inside].tolist())
        best = min(
            range(here.size),
            key=lambda one: (
                away[one],
                genes.gene[here[one]] not in of_exon,
                genes.end[here[one]] - genes.start[here[one]],
            ),
        )
        names.append(str(genes.gene[here[best]]))
        distance[row] = away[best]
        exonic[row] = names[-1] in of_exon
    return NearestGene(names, distance, exonic)
