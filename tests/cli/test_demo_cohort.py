"""`nipype-qsm demo --cohort`: a whole study at its smallest, what was planted is found, and what is done stays done."""

import re

import pytest
from documented import own_commands
from inventory import ROOT

from nipype_qsm.cli import demo_cohort
from nipype_qsm.cli.demo_cohort import FEWEST, Stage, expanded
from nipype_qsm.cli.main import main
from nipype_qsm.errors import RunError
from nipype_qsm.io import read_json
from nipype_qsm.reports import paper
from nipype_qsm.reports.paper import wrapped
from nipype_qsm.reports.planted import Study, checks

SMALLEST = ["demo", "--cohort", str(FEWEST), "--images", "1", "--maps", "60", "--phenotypes", "40", "--n-procs", "1"]


@pytest.fixture(scope="module")
def demonstrated(tmp_path_factory):
    """The demo, run once."""
    out = tmp_path_factory.mktemp("study") / "out"
    assert main([*SMALLEST, "--out", str(out)]) == 0
    return out


def test_what_is_planted_is_found_from_images_to_genes(demonstrated):
    found = checks(Study(demonstrated))
    assert [
        one.stage for one in found if one.stage in ("images", "people", "cleaning", "genome") and not one.passed
    ] == []
    passed = {(one.stage, one.what): one.passed for one in found}
    assert passed["phenotypes", "sign of planted associations"]
    assert passed["phenotypes", "size of the correlation"]
    assert passed["maps", "variants: mean r of the voxels of their structures"]
    # 30 of 36 or more: sixty maps are too few for the strongest voxel, 600 people for heritability.
    assert sum(passed.values()) >= 0.75 * len(found)


def test_what_was_not_planted_is_said_not_to_be_found(demonstrated):
    class Spoiled(Study):
        """The same study with another truth."""

        def truth(self, name):
            table = super().truth(name)
            if name == "associations":
                table["r"] *= -1
            if name == "loci":
                table["pos"] += 50_000_000
            return table

    found = checks(Spoiled(demonstrated))
    failed = {one.what for one in found if not one.passed}
    assert {"sign of planted associations", "size of the correlation", "peaks elsewhere"} <= failed
    verdict = paper._verdict(found)
    assert "verdict look" in verdict
    assert "sign of planted associations: planted" in verdict


def test_a_package_that_is_missing_is_named_before_anything_is_simulated(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(demo_cohort.importlib.util, "find_spec", lambda name: None)
    assert main([*SMALLEST, "--out", str(tmp_path / "out")]) == 2
    assert "nipype_qsm[cohort,genetics]" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_page_paper_howto_calls_what_the_demo_calls(demonstrated):
    def call(words):
        """Return a call without its values, and without options that only say how it runs."""
        return tuple(word for word in words if word.startswith("--") and word not in ("--quiet", "--n-procs", "--jobs"))

    ran = {}
    for path in (demonstrated / "stages").glob("*.json"):
        for text in read_json(path).get("calls", []):
            words = text.split()
            ran.setdefault(tuple(words[:2]), set()).add(frozenset(call(words)))
    page = [words[1:] for words in own_commands(ROOT / "docs" / "paper_howto.md")]
    assert [words[:2] for words in page[:1]] == [["demo", "--cohort"]]
    for words in page[1:]:
        made = ran[tuple(words[:2])]
        assert any(set(call(words)) <= one for one in made), words
    assert set(ran) == {tuple(words[:2]) for words in page[1:]}


def test_the_report_is_one_file_with_figures_truth_and_commands(demonstrated):
    text = (demonstrated / "report.html").read_text(encoding="utf-8")
    assert len(text) < 5_000_000
    assert text.count("<img ") >= 30
    assert not re.search(r'(?:src|href)="(?!data:|#|https://doi|figures/|voxelwise/)', text)
    assert "was not drawn" not in text
    assert "strongest r nan" not in text  # one phenotype has too few people with a map
    for call in ("ukb study/downloads", "cohort associate", "cohort voxelwise", "gwas run", "gwas heritability"):
        assert call in text
    assert f"of {len(checks(Study(demonstrated)))} questions are answered as planted" in text


def test_what_is_done_is_not_done_again(demonstrated, capsys):
    before = {path.name: path.stat().st_mtime_ns for path in (demonstrated / "stages").glob("*.json")}
    (demonstrated / "report.html").unlink()
    assert main([*SMALLEST, "--out", str(demonstrated)]) == 0
    assert capsys.readouterr().err.count("there already") == len(before) - 1  # the plan is no stage
    assert {path.name: path.stat().st_mtime_ns for path in (demonstrated / "stages").glob("*.json")} == before
    assert (demonstrated / "report.html").is_file()


def test_another_cohort_is_not_taken_for_the_one_in_the_folder(demonstrated, capsys):
    assert main([*SMALLEST, "--seed", "2", "--out", str(demonstrated)]) == 2
    assert "holds another cohort" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "problem"), [(["--cohort", "50"], "too small"), (["--cohort", "600", "--maps", "590"], "cannot have")]
)
def test_a_study_that_cannot_be_is_refused_before_anything_is_written(arguments, problem, tmp_path, capsys):
    assert main(["demo", *arguments, "--out", str(tmp_path / "out")]) == 2
    assert problem in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_stage_that_fails_says_where_to_look_and_is_run_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / demo_cohort.RECORDS).mkdir()
    broken = Stage("peaks", "peaks", lambda _: ["gwas peaks --results nowhere --out peaks"], ("peaks/peaks.tsv",))
    with pytest.raises(RunError, match=r"nowhere does not exist") as told:
        demo_cohort._stage(broken, (1, 1), True, again=False)
    assert str(tmp_path / "logs" / "peaks.txt") in told.value.remedy
    methods = Stage("methods", "methods", lambda _: ["methods"], ("logs/methods.txt",))
    assert demo_cohort._stage(methods, (1, 1), True, again=False)
    assert not demo_cohort._stage(methods, (1, 1), True, again=False)
    assert demo_cohort._stage(methods, (1, 1), True, again=True)
    assert read_json(tmp_path / "stages" / "methods.json")["calls"] == ["methods"]


def test_wildcards_become_files_as_in_a_shell(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("b.bgen", "a.bgen"):
        (tmp_path / name).touch()
    assert expanded("run *.bgen 'two words' no*thing") == ["run", "a.bgen", "b.bgen", "two words", "no*thing"]


def test_a_long_command_is_broken_before_options():
    command = "nipype-qsm gwas run " + " ".join(f"--option-{k} value-{k}" for k in range(12))
    lines = wrapped(command).splitlines()
    assert max(map(len, lines)) <= 102
    assert " ".join(line.removesuffix("\\").strip() for line in lines) == command
    assert all(line.lstrip().startswith("--") for line in lines[1:])
