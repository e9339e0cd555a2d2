"""Forms of other programs; P is never zero."""

import gzip

import numpy as np
import pandas as pd
import pytest

from nipype_qsm.genotypes.exports import p_text
from nipype_qsm.genotypes.results import ResultWriter
from nipype_qsm.interfaces.genetics import Export


@pytest.fixture
def results(tmp_path):
    facts = {"chrom": ["1", "X"], "pos": [5, 6], "id": ["rs1", "rs2"], "effect_allele": ["G", "T"]}
    facts |= {
        "other_allele": ["A", "C"],
        "af": np.array([0.25, 0.5]),
        "info": np.array([1, np.nan]),
        "n": np.array([90, 80]),
    }
    values = {"beta": [[0.5], [-1]], "se": [[0.25], [0.5]], "mlog10p": [[1700.25], [0.5]], "n": [[90], [80]]}
    with ResultWriter(tmp_path / "gwas", ["t"], {}) as writer:
        writer.add(facts, {name: np.array(value, float) for name, value in values.items()})
    return str(tmp_path / "gwas")


def lines(results, form, tmp_path):
    path = Export(results=results, form=form).run(cwd=str(tmp_path)).outputs.exported
    with gzip.open(path, "rt") as file:
        return file.read().splitlines()


def test_the_catalogue_gets_minus_log_p(results, tmp_path):
    head, first, second = (line.split("\t") for line in lines(results, "gwas_ssf", tmp_path))
    row = dict(zip(head, first, strict=True))
    assert row["neg_log_10_p_value"] == "1700.25"
    assert (row["chromosome"], row["effect_allele"], row["beta"]) == ("1", "G", "0.5")
    assert second[0] == "23"
    assert (first[-1], second[-1]) == ("1", "#NA")


def test_ldsc_gets_z_under_its_own_headings(results, tmp_path):
    assert lines(results, "ldsc", tmp_path) == ["SNP\tA1\tA2\tN\tZ", "rs1\tG\tA\t90\t2", "rs2\tT\tC\t80\t-2"]


def test_fuma_gets_p_as_text(results, tmp_path):
    first = dict(zip(*(line.split("\t") for line in lines(results, "fuma", tmp_path)[:2]), strict=True))
    assert first["P"] == "5.6234e-1701"
    assert p_text(0.30103) == "5.0000e-1"


def test_what_was_written_is_read_back(results):
    table = pd.read_parquet(f"{results}/chr1.parquet")
    assert table.mlog10p_t[0] == 1700.25


def test_a_trait_named_like_a_path_stays_in_the_folder(tmp_path):
    facts = {name: ["1"] for name in ("chrom", "id", "effect_allele", "other_allele")} | {"pos": [5]}
    with ResultWriter(tmp_path / "gwas", ["../up"], {}) as writer:
        numbers = {name: np.ones(1) for name in ("af", "info", "n")}
        writer.add(facts | numbers, {name: np.ones((1, 1)) for name in ("beta", "se", "mlog10p", "n")})
    (tmp_path / "node").mkdir()
    made = Export(results=str(tmp_path / "gwas"), form="ldsc").run(cwd=str(tmp_path / "node")).outputs.exported
    assert made == str(tmp_path / "node" / ".._up.sumstats.gz")
