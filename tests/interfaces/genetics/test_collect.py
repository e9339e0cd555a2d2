"""Tables of regenie and BGENIE; those of plink2 are tested with the program."""

import gzip

import pandas as pd
import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.genetics import Collect, Export


def test_tables_of_regenie_become_one(tmp_path):
    head = "CHROM GENPOS ID ALLELE0 ALLELE1 A1FREQ INFO N TEST BETA SE CHISQ LOG10P EXTRA\n"
    for name, beta in (("a", 0.5), ("b", -0.25)):
        (tmp_path / f"{name}.regenie").write_text(f"{head}23 77 rs1 A G 0.25 0.9 500 ADD {beta} 0.1 4 420.5 NA\n")
    files = [str(tmp_path / f"{name}.regenie") for name in "ab"]
    Collect(associations=files, traits_written=["a", "b"]).run(cwd=str(tmp_path))
    (row,) = pd.read_parquet(tmp_path / "gwas" / "chrX.parquet").to_dict("records")
    assert (row["chrom"], row["pos"], row["effect_allele"], row["other_allele"]) == ("X", 77, "G", "A")
    assert (row["beta_a"], row["beta_b"], row["mlog10p_b"], row["n_a"]) == (0.5, -0.25, 420.5, 500)


def test_the_table_of_bgenie_is_split_by_trait(tmp_path):
    with gzip.open(tmp_path / "out.gz", "wt") as file:
        file.write("chr rsid pos a_0 a_1 af info a_beta a_se a_t a-log10p b_beta b_se b_t b-log10p\n")
        file.write("01 rs1 9 A G 0.25 0.9 0.5 0.1 5 6.2 -1 0.5 -2 1.3\n")
    Collect(associations=[str(tmp_path / "out.gz")], traits_written=["a", "b"]).run(cwd=str(tmp_path))
    (row,) = pd.read_parquet(tmp_path / "gwas" / "chr1.parquet").to_dict("records")
    assert (row["beta_a"], row["se_b"], round(row["mlog10p_b"], 4)) == (0.5, 0.5, 1.3)
    with pytest.raises(QSMError, match="does not say how many people have a"):
        Export(results=str(tmp_path / "gwas"), form="ldsc").run(cwd=str(tmp_path))


def test_tables_of_different_variants_are_refused(tmp_path):
    for name, pos in (("a", 7), ("b", 8)):
        (tmp_path / name).write_text(
            f"#CHROM POS ID REF A1 A1_FREQ OBS_CT BETA SE LOG10_P\n1 {pos} rs A G 0.2 9 1 1 1\n"
        )
    with pytest.raises(QSMError, match="different variants"):
        Collect(associations=[str(tmp_path / "a"), str(tmp_path / "b")], traits_written=["a", "b"]).run(
            cwd=str(tmp_path)
        )


def test_a_table_that_ends_early_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("nipype_qsm.genotypes.foreign.PIECE", 2)
    for name, count in (("a", 4), ("b", 2)):
        lines = "".join(f"1 {pos} rs{pos} A G 0.2 9 1 1 1\n" for pos in range(1, 1 + count))
        (tmp_path / name).write_text(f"#CHROM POS ID REF A1 A1_FREQ OBS_CT BETA SE LOG10_P\n{lines}")
    for order in ("ab", "ba"):
        node = Collect(associations=[str(tmp_path / name) for name in order], traits_written=list(order))
        with pytest.raises(QSMError, match="different variants"):
            node.run(cwd=str(tmp_path))
    with pytest.raises(QSMError, match="2 tables for 3 traits"):
        Collect(associations=[str(tmp_path / name) for name in "ab"], traits_written=["a", "b", "c"]).run(
            cwd=str(tmp_path)
        )
    assert not list(tmp_path.glob("gwas/*"))


def test_a_table_without_log_p_is_refused(tmp_path):
    (tmp_path / "a").write_text("#CHROM POS ID REF A1 A1_FREQ OBS_CT BETA SE P\n1 7 rs A G 0.2 9 1 1 1\n")
    with pytest.raises(QSMError, match=r"no column LOG10_P.*log10"):
        Collect(associations=[str(tmp_path / "a")], traits_written=["a"]).run(cwd=str(tmp_path))
