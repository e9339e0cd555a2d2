"""`nipype-qsm gwas`: from files to tables and figures; what is wrong is said in two lines and leaves nothing."""

import pandas as pd
import pytest
from gwas_study import PLANTED, Study

from nipype_qsm.cli.main import main
from nipype_qsm.genotypes.hits import read_hits


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return Study(tmp_path_factory.mktemp("study"))


def gwas(*arguments):
    return main(["gwas", *(str(one) for one in arguments)])


def test_a_study_from_genotypes_to_figures(study, tmp_path, capsys):
    files = ("--genotypes", study.genotypes, "--traits", study.trait_table, "--covariates", study.covariate_table)
    lists = ("--discovery", study.discovery, "--replication", study.replication)
    assert gwas("run", *files, *lists, "--out", tmp_path / "out") == 0
    table = pd.read_parquet(tmp_path / "out" / "discovery" / "chr21.parquet")
    assert list(table)[:8] == ["chrom", "pos", "id", "effect_allele", "other_allele", "af", "info", "n"]
    assert {"beta_qsm_a", "se_qsm_a", "mlog10p_qsm_a"} <= set(table)
    (tmp_path / "map.txt").write_text("pos chr cM\n1 21 0\n48000000 21 60\n1 22 0\n51000000 22 70\n")
    where = ("--map", tmp_path / "map.txt", "--threshold", 5)
    assert gwas("peaks", "--results", tmp_path / "out", *where, "--out", tmp_path / "peaks") == 0
    rows = read_hits(tmp_path / "peaks" / "peaks.tsv")
    assert {row["trait"]: row["id"] for row in rows} == {name: f"rs{row}" for name, (row, _) in PLANTED.items()}
    table_1 = tmp_path / "peaks" / "Table1.txt"
    assert gwas("clusters", "--peaks", table_1, *where, "--out", tmp_path / "clusters") == 0
    written = {path.name for path in (tmp_path / "clusters").iterdir()}
    assert {"clusters.tsv", "members.tsv", "replication.tsv", "Table2.txt"} <= written
    assert gwas("plot", "manhattan", "--results", tmp_path / "out", "--out", tmp_path / "f" / "m.html") == 0
    assert (tmp_path / "f" / "m.html").is_file()
    said = capsys.readouterr().out
    assert "variants tested: 24" in said and "n_clusters: 2" in said and "160 discovery" in said


def test_a_subset_is_written(study, tmp_path, capsys):
    keep = study.write_ids("some.txt", study.ids[:50])
    arguments = ("--genotypes", study.genotypes, "--keep", keep, "--out", tmp_path / "some.bgen")
    assert gwas("subset", *arguments) == 0
    assert "50 people, 24 variants" in capsys.readouterr().out
    assert (tmp_path / "some.bgen.bgi").is_file()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"--genotypes": "nowhere.bgen"}, "nowhere.bgen does not exist"),
        ({"--traits": "nowhere.tsv"}, "nowhere.tsv does not exist"),
        ({"--regions": "22:a-b"}, "'22:a-b' is not a region"),
        ({"--min-maf": "0.7"}, "--min-maf cannot be 0.7"),
        ({"--columns": "qsm_z"}, "has no trait qsm_z"),
        ({"--discovery": "LIST"}, "Give --discovery and --replication"),
    ],
)
def test_what_is_wrong_with_a_scan_is_said_and_nothing_is_left(study, tmp_path, capsys, change, said):
    options = {"--genotypes": study.genotypes, "--traits": study.trait_table, "--out": tmp_path / "new" / "out"}
    options |= {name: study.discovery if value == "LIST" else value for name, value in change.items()}
    assert gwas("run", *(part for pair in options.items() for part in pair)) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert said in told and "Traceback" not in told
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("peaks", "--results", "nowhere", "--out", "OUT"), "nowhere does not exist"),
        (("peaks", "--results", "FILE", "--out", "OUT"), "is not a folder"),
        (("clusters", "--peaks", "FILE", "--out", "OUT"), "has no column"),
        (("heritability", "--results", "FOLDER", "--ld-scores", "FOLDER", "--out", "OUT"), "has no associations"),
        (("plot", "qq", "--results", "FOLDER", "--out", "OUT/a.gif"), "no ending of a figure"),
        (("plot", "miami", "--results", "FOLDER", "--out", "OUT/a.png"), "has no associations"),
    ],
)
def test_what_is_wrong_afterwards_is_said_and_nothing_is_left(study, tmp_path, capsys, arguments, said):
    (tmp_path / "empty").mkdir()
    places = {"FILE": study.discovery, "FOLDER": str(tmp_path / "empty"), "OUT": str(tmp_path / "new")}
    filled = [places.get(one, one).replace("OUT", places["OUT"]) for one in arguments]
    assert gwas(*filled) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert said in told and "Traceback" not in told
    assert not (tmp_path / "new").exists()
