"""Heritability as a node: results and LD scores joined."""

import gzip

import numpy as np
import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.genotypes.results import ResultWriter
from nipype_qsm.interfaces.genetics import Heritability
from nipype_qsm.kernels.genetics.heritability import heritability
from nipype_qsm.tables import read_rows

SIZE, N = 4000, 20_000


@pytest.fixture
def files(tmp_path, rng):
    """LD scores of two chromosomes, and results with a heritability of a third."""
    folder, score = tmp_path / "ld", np.round(1 + rng.gamma(1.2, 20, SIZE), 3)
    folder.mkdir()
    chrom, pos = np.repeat([1, 2], SIZE // 2), np.tile(np.arange(SIZE // 2) * 1000 + 1, 2)
    names = [f"rs{row}" for row in range(SIZE)]
    for one in (1, 2):
        with gzip.open(folder / f"{one}.l2.ldscore.gz", "wt") as file:
            file.write("CHR\tSNP\tBP\tCM\tMAF\tL2\n")
            for row in np.flatnonzero(chrom == one):
                file.write(f"{one}\t{names[row]}\t{pos[row]}\t0\t0.2\t{score[row]}\n")
        (folder / f"{one}.l2.M_5_50").write_text(f"{SIZE * 10}\n")

    def write(name, z, shift=0):
        facts = {"chrom": chrom.astype(str).tolist(), "pos": (pos + shift).tolist(), "id": names}
        facts |= {"effect_allele": ["G"] * SIZE, "other_allele": ["A"] * SIZE}
        facts |= {"af": np.full(SIZE, 0.2), "info": np.ones(SIZE), "n": np.full(SIZE, N)}
        with ResultWriter(tmp_path / name, ["t"], {}) as writer:
            ones = np.ones((SIZE, 1))
            writer.add(facts, {"beta": z[:, None], "se": ones, "mlog10p": ones, "n": ones * N})
        return str(tmp_path / name)

    z = [rng.standard_normal(SIZE) * np.sqrt(1 + N / 3 * score / (SIZE * 20)) for _ in range(2)]
    return str(folder), write, z, score


def run(tmp_path, **options):
    made = Heritability(min_variants=1000, **options).run(cwd=str(tmp_path)).outputs.heritability
    (row,) = read_rows(made)
    return row


def test_the_table_holds_the_regression_of_what_was_joined(files, tmp_path):
    folder, write, z, score = files
    row = run(tmp_path, results=[write("a", z[0])], ld_scores=folder)
    expected = heritability(np.float32(z[0]).astype(float), np.full(SIZE, N), score, SIZE * 20)
    assert row["h2"] == pytest.approx(expected.h2, rel=1e-5)
    assert row["h2_se"] == pytest.approx(expected.h2_se, rel=1e-5)
    assert abs(row["h2"] - 1 / 3) < 2 * row["h2_se"]


def test_cohorts_are_merged_by_the_root_of_their_size(files, tmp_path):
    folder, write, z, score = files
    row = run(tmp_path, results=[write("a", z[0]), write("b", z[1])], ld_scores=folder)
    both = (np.float32(z[0]).astype(float) + np.float32(z[1])) / np.sqrt(2)
    assert row["h2"] == pytest.approx(heritability(both, np.full(SIZE, 2 * N), score, SIZE * 20).h2, rel=1e-5)
    assert row["n_people"] == 2 * N


def test_another_build_is_refused(files, tmp_path):
    folder, write, z, _ = files
    with pytest.raises(QSMError, match=r"0% of 4000 shared identifiers.*builds"):
        run(tmp_path, results=[write("moved", z[0], shift=77)], ld_scores=folder)


def test_a_small_overlap_is_refused(files, tmp_path):
    folder, write, z, _ = files
    with pytest.raises(QSMError, match="4000 of 4000 variants have an LD score; 200000 are needed"):
        Heritability(results=[write("a", z[0])], ld_scores=folder).run(cwd=str(tmp_path))


def test_a_folder_without_scores_is_refused(files, tmp_path):
    _, write, z, _ = files
    with pytest.raises(QSMError, match="has no LD scores"):
        run(tmp_path, results=[write("a", z[0])], ld_scores=str(tmp_path))


def test_too_little_signal_is_noted(files, tmp_path, rng):
    folder, write, _, _ = files
    row = run(tmp_path, results=[write("null", rng.standard_normal(SIZE) * 0.99)], ld_scores=folder)
    assert "too little signal" in row["note"]
