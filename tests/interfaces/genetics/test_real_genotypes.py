"""Real genotypes: planted loci, population structure, and heritability from 489 genomes with their own LD scores."""

import gzip
import shutil

import numpy as np
import pandas as pd
import pytest

from nipype_qsm.genotypes import open_genotypes
from nipype_qsm.genotypes.genetic_maps import read_genetic_map
from nipype_qsm.genotypes.hits import read_hits
from nipype_qsm.interfaces.genetics import LinearGWAS, Peaks
from nipype_qsm.kernels.genetics.heritability import heritability
from nipype_qsm.kernels.genetics.ld_scores import ld_scores
from nipype_qsm.kernels.genetics.linear_gwas import linear_gwas


def unpacked(folder, stem, into):
    """Unpack a PLINK file set and open it."""
    for ending in ("bed", "bim", "fam"):
        with gzip.open(folder / f"{stem}.{ending}.gz") as source, (into / f"{stem}.{ending}").open("wb") as target:
            shutil.copyfileobj(source, target)
    return into / f"{stem}.bed"


def all_counts(path):
    """Return everyone's allele counts of common variants, and their positions."""
    file = open_genotypes(path)
    counts, pos = [], []
    for block in file.blocks(np.arange(len(file.people)), 256):
        found = block.dosages()
        af = np.nanmean(found, axis=1) / 2
        common = np.minimum(af, 1 - af) > 0.05
        counts.append(found[common].astype(np.float32))
        pos += np.array(block.pos)[common].tolist()
    return np.concatenate(counts), np.array(pos), file.people.ids


def test_planted_loci_are_found_with_allele_and_sign_and_replicate(shared_data, tmp_path, rng):
    bed = unpacked(shared_data("genotypes_1000g_eur489_polyfun"), "1000G.subset.22", tmp_path)
    file = open_genotypes(bed)
    block = next(file.blocks(np.arange(489), 4000))
    counts, af = block.dosages(), block.dosages().mean(axis=1) / 2
    chosen = np.flatnonzero((af > 0.2) & (af < 0.8))[[100, 700]]
    values = rng.normal(size=(489, 2)) + counts[chosen].T * [1.2, -1.2]
    pd.DataFrame(values, columns=["qsm", "t2star"], index=pd.Index(file.people.ids, name="eid")).to_csv(
        tmp_path / "t.csv"
    )
    people = rng.permutation(file.people.ids)
    for name, part in (("discovery", people[:326]), ("replication", people[326:])):
        (tmp_path / name).write_text("\n".join(part))
    lists = {"discovery": str(tmp_path / "discovery"), "replication": str(tmp_path / "replication")}
    LinearGWAS(genotypes=[str(bed)], trait_table=str(tmp_path / "t.csv"), folder=str(tmp_path / "out"), **lists).run(
        cwd=str(tmp_path)
    )
    maps = str(shared_data("genetic_maps_b37_subset") / "chr22.b37.gmap.gz")
    made = Peaks(results=str(tmp_path / "out"), genetic_map=[maps]).run(cwd=str(tmp_path)).outputs
    rows = {row["trait"]: row for row in read_hits(made.peaks)}
    assert len(read_hits(made.peaks)) == 2
    for trait, planted, sign in zip(("qsm", "t2star"), chosen, (1, -1), strict=True):
        lead = block.id.index(rows[trait]["id"])
        assert np.corrcoef(counts[lead], counts[planted])[0, 1] ** 2 > 0.8  # itself, or as good as itself
        assert np.sign(rows[trait]["beta"]) == sign * np.sign(np.corrcoef(counts[lead], counts[planted])[0, 1])
        assert rows[trait]["effect_allele"] == block.effect_allele[lead]
        assert rows[trait]["replicated"] == 1
    read_genetic_map([maps]).cm(np.array(["22"]), np.array([20_000_000]))


def inflation(mlog10p):
    from scipy import stats

    return stats.chi2.isf(10.0 ** -np.median(mlog10p), 1) / stats.chi2.ppf(0.5, 1)


def test_population_structure_inflates_without_components_and_not_with_them(shared_data, tmp_path, rng):
    bed = unpacked(shared_data("hapmap3_and_1000g_flashpca"), "HM3_thinned_autosomal_overlap", tmp_path)
    counts, _, _ = all_counts(bed)
    centred = np.nan_to_num(counts - np.nanmean(counts, axis=1, keepdims=True))
    centred /= centred.std(axis=1, keepdims=True)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    components = vectors[:, ::-1][:, :10]
    trait = components[:, :2] @ [8.0, -6.0] + 0.3 * rng.normal(size=components.shape[0])
    some = counts[::8]
    plain = linear_gwas(some, trait[:, None]).mlog10p
    adjusted = linear_gwas(some, trait[:, None], components).mlog10p
    assert inflation(plain) > 5  # measured 13
    assert inflation(adjusted) == pytest.approx(1, abs=0.15)  # measured 0.98


def test_heritability_of_simulated_traits_comes_back_from_individual_genotypes(shared_data, tmp_path, rng):
    """Limits: 489 people and 11 blocks of one million bases, so that single traits scatter by 0.2; 20 are averaged."""
    folder, truth, n_traits = shared_data("genotypes_1000g_eur489_polyfun"), 0.5, 20
    genome, scores = [], []
    for chrom in range(1, 23, 2):
        counts, pos, _ = all_counts(unpacked(folder, f"1000G.subset.{chrom}", tmp_path))
        genome.append(counts)
        scores.append(ld_scores(counts, pos * 1e-6))
    counts, score = np.concatenate(genome), np.concatenate(scores)
    unit = (counts - counts.mean(axis=1, keepdims=True)) / counts.std(axis=1, keepdims=True)
    effects = rng.normal(size=(unit.shape[0], n_traits)).astype(np.float32) * np.sqrt(truth / unit.shape[0])
    traits = unit.T @ effects + np.sqrt(1 - truth) * rng.normal(size=(489, n_traits))
    found = linear_gwas(counts, traits)
    n = np.full(score.size, 489.0)
    single = [heritability((found.beta / found.se)[:, one], n, score, score.size) for one in range(n_traits)]
    h2 = np.array([one.h2 for one in single])
    assert abs(h2.mean() - truth) < 2 * h2.std(ddof=1) / np.sqrt(n_traits)
    covered = [abs(one.h2 - truth) < 2 * one.h2_se for one in single]
    assert np.mean(covered) > 0.6
