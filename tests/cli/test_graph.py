"""The graph door: a page, a picture, or text."""

import pytest

from nipype_qsm.cli.graph import build, factories
from nipype_qsm.cli.main import main


def test_without_a_file_a_diagram_is_printed(capsys):
    assert main(["graph", "--preset", "ukb"]) == 0
    first = capsys.readouterr().out
    assert main(["graph", "ukb"]) == 0
    assert capsys.readouterr().out == first
    assert first.startswith("flowchart TD\n")


@pytest.mark.parametrize(("name", "begins"), [("page.html", "<!DOCTYPE html>"), ("picture.svg", "<svg ")])
def test_a_file_is_a_page_or_a_picture_by_its_name(name, begins, tmp_path, capsys):
    assert main(["graph", "init_gwas_wf", "-o", str(tmp_path / name)]) == 0
    assert (tmp_path / name).read_text().startswith(begins)
    assert capsys.readouterr().out.strip() == str(tmp_path / name)


def test_other_names_are_refused(tmp_path, capsys):
    assert main(["graph", "ukb", "-o", str(tmp_path / "page.png")]) == 2
    assert "neither .html nor .svg" in capsys.readouterr().err
    assert main(["graph", "nowhere"]) == 2
    assert "Choose one of: ukb, best, background" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", factories())
def test_every_workflow_of_the_project_can_be_asked_for(name):
    assert build(name).list_node_names()
