"""Simulated genotypes: linkage within blocks and none between, files that the readers take, filters with work."""

import numpy as np
import pytest

from nipype_qsm.genotypes import open_genotypes
from nipype_qsm.genotypes.genetic_maps import read_genetic_map
from nipype_qsm.genotypes.ld_files import read_ld_scores
from nipype_qsm.phantoms.genome import (
    BLOCK_BASES,
    SPOILED,
    chromosomes,
    common,
    copied,
    founders,
    standardised,
    write_bgen,
    write_ld_scores,
    write_map,
)

N = 400


@pytest.fixture(scope="module")
def genome():
    return list(chromosomes(N, 44, per_block=20))


def test_every_autosome_has_blocks_in_order(genome):
    assert [one.name for one in genome] == [str(number) for number in range(1, 23)]
    for one in genome:
        assert (np.diff(one.pos) > 0).all()
        spans = [np.ptp(one.pos[one.block == block]) for block in np.unique(one.block)]
        assert max(spans) < BLOCK_BASES
        assert (np.diff(one.cm) >= 0).all()


def test_variants_are_linked_within_a_block_and_not_between(genome):
    first = genome[0]
    good = np.flatnonzero(common(first))
    r2 = np.corrcoef(standardised(first, good)) ** 2
    same = first.block[good][:, None] == first.block[good][None]
    np.fill_diagonal(same, False)
    apart = first.block[good][:, None] != first.block[good][None]
    assert r2[same].mean() > 0.1  # 0.20
    assert r2[apart].mean() == pytest.approx(1 / N, rel=0.2)  # what chance gives


def test_a_mosaic_of_founders_without_changes_is_the_founders(rng):
    alleles = founders(6, 30, 0.9, rng)
    assert 0 < alleles.mean(axis=0).min() <= alleles.mean(axis=0).max() < 1
    made = copied(50, alleles, 0.0, rng)
    known = {tuple(row) for row in alleles}
    assert all(tuple(column) in known for column in made.T)


def test_the_files_are_what_the_scan_and_the_regression_read(genome, tmp_path, rng):
    last, ids = genome[-1], [str(1000 + number) for number in range(N)]
    file = open_genotypes(write_bgen(last, ids, tmp_path / "chr22.bgen", rng))
    assert list(file.people.ids) == ids
    block = next(file.blocks(np.arange(N), last.pos.size))
    sure = last.spoiled != 1 + SPOILED.index("uncertain")
    r = [np.corrcoef(a, b)[0, 1] for a, b in zip(block.dosages()[sure], last.counts[sure], strict=True)]
    assert min(r) > 0.9  # 0.95: a twentieth of the calls is unsure
    assert [str(one) for one in block.effect_allele] == ["G"] * last.pos.size
    markers = read_genetic_map([write_map(last, tmp_path / "map" / "chr22.map")])
    np.testing.assert_allclose(markers.cm(np.full(last.pos.size, "22"), last.pos), last.cm, atol=1e-5)
    write_ld_scores(last, tmp_path / "ld")
    scores = read_ld_scores(tmp_path / "ld")
    assert scores.m == common(last).sum()
    assert scores.table["L2"].mean() > 1.5


def test_spoiled_variants_are_rare_unsure_or_out_of_equilibrium(genome):
    kinds = np.concatenate([one.spoiled for one in genome])
    counts = np.concatenate([one.counts for one in genome])
    assert all((kinds == 1 + number).any() for number in range(len(SPOILED)))
    assert counts[kinds == 1].mean() / 2 < 0.005
    assert not (counts[kinds == 3] == 1).any()
