"""`nipype-qsm cohort`: what each verb writes, and what it says of tables that cannot be used."""

import numpy as np
import pandas as pd
import pytest

from nipype_qsm.cli.main import main

NAMES = ["QSM_SN", "T2_SN", "QSM_WMH", "T2_WMH", "WMH_volume"]


@pytest.fixture
def tables(tmp_path, rng):
    n = 120
    ids = np.arange(1000001, 1000001 + n)
    frames = {
        "idps.tsv": pd.DataFrame(rng.normal(50, 9, size=(n, 5)), columns=NAMES),
        "phenotypes.csv": pd.DataFrame(rng.normal(size=(n, 3)), columns=["10-2.0", "20-2.0", "30-2.0"]),
        "confounds.parquet": pd.DataFrame(rng.normal(size=(n, 2)), columns=["age", "head"]),
        "covariates.tsv": pd.DataFrame({"age": rng.uniform(40, 80, n), "sex": rng.integers(0, 2, n)}),
        "categories.tsv": None,
    }
    frames["phenotypes.csv"]["10-2.0"] += frames["idps.tsv"]["QSM_SN"] / 9
    for name, frame in frames.items():
        if frame is None:
            (tmp_path / name).write_text("phenotype\tcategory\n10\tdiet\n20\tblood\n")
            continue
        frame.insert(0, "eid", ids)
        path = tmp_path / name
        if name.endswith("parquet"):
            frame.to_parquet(path, index=False)
        else:
            frame.to_csv(path, sep="," if name.endswith("csv") else "\t", index=False)
    return tmp_path


def run(tables, verb, *options):
    arguments = [str(tables / one) if "." in one and (tables / one).is_file() else one for one in options]
    return main(["cohort", verb, *arguments, "--out", str(tables / "out")])


def made(tables):
    return sorted(path.name for path in (tables / "out").iterdir())


def test_associate_writes_a_row_a_pair_and_a_readable_table(tables, capsys):
    given = ("--idps", "idps.tsv", "--phenotypes", "phenotypes.csv", "--confounds", "confounds.parquet")
    assert run(tables, "associate", *given, "--categories", "categories.tsv") == 0
    assert made(tables) == ["associations.parquet", "counts.tsv", "summary.json", "top.tsv"]
    pairs = pd.read_parquet(tables / "out" / "associations.parquet")
    assert list(pairs.columns)[:6] == ["idp", "phenotype", "r", "n", "dof", "mlog10p"]
    assert len(pairs) == 15
    assert (pairs["dof"] == 120 - 2 - 2).all()
    said = capsys.readouterr().out
    assert "QSM_SN" in said.splitlines()[-10]
    assert "e-" in said


def test_clean_makes_normal_scores_the_eighteenth_phenotypes_and_confounds(tables):
    given = ("--idps", "idps.tsv", "--phenotypes", "phenotypes.csv", "--covariates", "covariates.tsv")
    assert run(tables, "clean", *given, "--nonlinear", "none") == 0
    assert set(made(tables)) == {
        *("idps.parquet", "phenotypes.parquet", "confounds.parquet"),
        *("idps_removed.tsv", "phenotypes_removed.tsv", "idps_wmh_slopes.tsv"),
    }
    idps = pd.read_parquet(tables / "out" / "idps.parquet")
    assert idps["QSM_WMH_without_volume"].std() == pytest.approx(1, abs=0.05)
    confounds = pd.read_parquet(tables / "out" / "confounds.parquet")
    assert list(confounds.columns) == ["eid", "age", "age x sex", "sex"]


def test_gather_tells_who_is_left_out(tables, capsys, monkeypatch):
    (tables / "flags.tsv").write_text("eid\tmotion\n1000001\t1\n")
    monkeypatch.chdir(tables)  # paths as people type them
    assert main(["cohort", "gather", "idps.tsv", "--flags", "flags.tsv", "--out", "out"]) == 0
    assert made(tables) == ["dictionary.tsv", "flow.tsv", "idps.tsv"]
    assert capsys.readouterr().out.endswith("scanned  120\nmotion  1\nno phenotype  0\nanalysed  119\n")


@pytest.mark.parametrize("split", [True, False])
def test_reproduce_takes_two_tables_or_one_with_visits(tables, split):
    first = pd.read_csv(tables / "idps.tsv", sep="\t")
    second = first.copy()
    second["QSM_SN"] += np.random.default_rng(0).normal(size=120)
    if split:
        second.to_csv(tables / "second.tsv", sep="\t", index=False)
        given = ("--first", "idps.tsv", "--second", "second.tsv")
    else:
        both = pd.concat([first.assign(visit=2), second.assign(visit=3)])
        both.to_csv(tables / "both.tsv", sep="\t", index=False)
        given = ("--idps", "both.tsv", "--visits", "2", "3")
    assert run(tables, "reproduce", *given, "--n-bootstrap", "50") == 0
    found = pd.read_csv(tables / "out" / "reproducibility.tsv", sep="\t").set_index("idp")
    assert found.loc["T2_SN", "r"] == pytest.approx(1)
    assert 0.95 < found.loc["QSM_SN", "r"] < 0.9999  # 0.995


@pytest.mark.parametrize(
    ("verb", "options", "told"),
    [
        ("associate", ("--idps", "nowhere.tsv", "--phenotypes", "phenotypes.csv"), "nowhere.tsv does not exist"),
        ("associate", ("--idps", "idps.tsv", "--phenotypes", "words.csv", "--id", "person"), "no column person"),
        ("associate", ("--idps", "double.tsv", "--phenotypes", "phenotypes.csv"), "eid 1 stands in 2 rows"),
        ("associate", ("--idps", "visits.tsv", "--phenotypes", "phenotypes.csv"), "Choose one of them (--visit 2)"),
        ("associate", ("--idps", "words.csv", "--phenotypes", "phenotypes.csv"), "holds text: 'yes'"),
        ("associate", ("--idps", "idps.tsv", "--phenotypes", "others.csv"), "No subject is in all tables"),
        ("associate", ("--idps", "idps.tsv", "--phenotypes", "phenotypes.csv", "--alpha", "7"), "--alpha cannot be 7"),
        ("clean", (), "Give --idps, --phenotypes or --covariates"),
        ("reproduce", ("--first", "idps.tsv"), "Two visits are needed"),
        ("reproduce", ("--idps", "idps.tsv", "--visits", "2", "3"), "has no column visit"),
        ("gather", ("nowhere",), "neither a folder nor a table"),
    ],
)
def test_what_cannot_be_used_is_said_and_nothing_is_written(tables, refused, verb, options, told):
    (tables / "double.tsv").write_text("eid\ta\n1\t2\n1\t3\n")
    (tables / "visits.tsv").write_text("eid\tvisit\ta\n1\t2\t2\n1\t3\t3\n")
    (tables / "words.csv").write_text("eid,a\n1000001,yes\n1000002,no\n")
    (tables / "others.csv").write_text("eid,a\nsub-1,2\nsub-2,3\n")
    arguments = [str(tables / one) if (tables / one).is_file() else one for one in options]
    assert told in refused(["cohort", verb, *arguments, "--out", tables / "new" / "out"])
    assert not (tables / "new").exists()
