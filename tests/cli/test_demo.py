"""`nipype-qsm demo`: the digital subject, mapped and compared with its truth."""

import re

import pytest
from documented import own_commands
from inventory import ROOT

from nipype_qsm.cli.main import main
from nipype_qsm.io import read_json

QUICK_START = ROOT / "docs" / "quick_start.md"


@pytest.fixture(scope="module")
def demonstrated(tmp_path_factory):
    """The demo as docs/quick_start.md calls it, a small subject and one preset, and what it printed."""
    out = tmp_path_factory.mktemp("demo") / "out"
    lines = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout.write", lines.append)
        (command,) = (words[1:] for words in own_commands(QUICK_START) if words[1] == "demo")
        assert main([*command, "--out", str(out), "--n-procs", "1", "--quiet"]) == 0
    return out, "".join(lines)


def test_the_demo_prints_truth_beside_measurement_and_where_its_report_is(demonstrated):
    out, said = demonstrated
    assert re.search(r"left pallidum +\d+\.\d +\d+\.\d", said)
    assert float(re.search(r"deep grey slope (\S+), r", said)[1]) > 0.6  # 0.87 on voxels of 3.2 x 3.2 x 6 mm
    assert f"report: {(out / 'best' / 'report.html').resolve()}" in said
    assert (out / "best" / "report.html").is_file()


def test_the_demo_keeps_the_comparison_in_the_summary(demonstrated):
    truth = read_json(demonstrated[0] / "best" / "summary.json")["truth"]
    assert truth["r_deep_grey"] > 0.9  # 0.985
    assert 0.75 < truth["voxels_kept"] < 0.9  # 0.82
    assert "pallidum" in {row["name"].partition("_")[2] for row in truth["structures"]}
    assert "pallidum" in (demonstrated[0] / "best" / "report.html").read_text()


def test_another_person_is_not_taken_for_the_one_in_the_folder(demonstrated, capsys):
    out, _ = demonstrated
    assert main(["demo", "--size", "small", "--seed", "2", "--out", str(out)]) == 2
    assert "another subject (seed 1)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [(["--size", "tiny"], "no size 'tiny'"), (["--preset", "beste"], "no preset"), (["--plugin", "No"], "no plugin")],
)
def test_an_unknown_name_is_refused_before_anything_is_simulated(wrong, problem, tmp_path, capsys):
    assert main(["demo", "--out", str(tmp_path / "out"), *wrong]) == 2
    assert problem in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
