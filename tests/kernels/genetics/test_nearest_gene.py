"""Genes of variants."""

import numpy as np

from nipype_qsm.kernels.genetics.nearest_gene import Features, nearest_gene


def features(*rows):
    chrom, start, end, gene = zip(*rows, strict=True)
    return Features(np.array(chrom), np.array(start), np.array(end), np.array(gene))


GENES = features(("1", 100, 900, "WIDE"), ("1", 300, 400, "NARROW"), ("1", 2000, 2100, "FAR"), ("X", 5, 9, "XG"))
EXONS = features(("1", 100, 120, "WIDE"), ("1", 340, 350, "WIDE"), ("1", 300, 330, "NARROW"))


def test_a_variant_has_the_gene_it_lies_in_or_the_nearest():
    pos = np.array([110, 310, 345, 390, 1990, 50, 7, 7])
    found = nearest_gene(np.array(["1"] * 6 + ["X", "5"]), pos, GENES, EXONS)
    assert found.gene == ["WIDE", "NARROW", "WIDE", "NARROW", "FAR", "WIDE", "XG", ""]
    assert found.distance.tolist() == [0, 0, 0, 0, 10, 50, 0, -1]
    assert found.exonic.tolist() == [True, True, True, False, False, False, False, False]
