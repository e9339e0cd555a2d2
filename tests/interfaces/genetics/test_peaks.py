"""Peaks as a node."""

import pytest
from gwas_study import PLANTED

from nipype_qsm.errors import QSMError
from nipype_qsm.genotypes.hits import read_hits
from nipype_qsm.interfaces.genetics import Peaks


def found(scanned, tmp_path, **options):
    options = {"threshold": 5.0, "cm_per_mb": 1.0} | options
    return Peaks(results=str(scanned), **options).run(cwd=str(tmp_path)).outputs


def test_planted_loci_are_the_peaks_and_replicate(scanned, tmp_path):
    made = found(scanned, tmp_path)
    rows = read_hits(made.peaks)
    assert {row["trait"]: row["id"] for row in rows} == {name: f"rs{row}" for name, (row, _) in PLANTED.items()}
    assert [row["replicated"] for row in rows] == [1, 1]
    assert made.n_peaks == 2
    assert rows[0]["replication_mlog10p"] > 1.31


def test_table_1_reads_back_as_the_same_peaks(scanned, tmp_path):
    made = found(scanned, tmp_path)
    own, tool = read_hits(made.peaks), read_hits(made.table_1)
    for one, other in zip(own, tool, strict=True):
        assert (one["id"], one["pos"], one["chrom"]) == (other["id"], other["pos"], other["chrom"])
        assert other["mlog10p"] == pytest.approx(one["mlog10p"], rel=1e-4)
        assert (one["effect_allele"], one["other_allele"]) == (other["effect_allele"], other["other_allele"])
    assert [row["trait"] for row in tool] == ["V0001", "V0002"]
    assert "qsm_a" in (tmp_path / "Table1_traits.tsv").read_text()


def test_without_a_map_the_search_is_refused(scanned, tmp_path):
    with pytest.raises(QSMError, match="genetic map has no chromosome 21"):
        found(scanned, tmp_path, cm_per_mb=0.0)


def test_without_hits_the_table_is_empty(scanned, tmp_path):
    made = found(scanned, tmp_path, threshold=300.0)
    assert made.n_peaks == 0
    assert read_hits(made.peaks) == []


def test_a_folder_without_associations_is_refused(tmp_path):
    with pytest.raises(QSMError, match=r"no associations"):
        found(tmp_path, tmp_path)
