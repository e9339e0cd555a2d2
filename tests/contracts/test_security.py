"""What SECURITY.md promises about files and names that come from somebody else."""

import ast
import json
import re

import numpy as np
import pytest
from inventory import ROOT, SOURCES, offenders
from nipype.interfaces.utility import Rename
from nipype.pipeline import engine as pe

from nipype_qsm import graph
from nipype_qsm.batch import Batch, Task
from nipype_qsm.batch_overview import Overview
from nipype_qsm.interfaces.genetics import LDSC
from nipype_qsm.reports.explorer import explorer
from nipype_qsm.reports.genome import Genome, Pixels
from nipype_qsm.reports.gwas_page import manhattan_page
from nipype_qsm.reports.subject import subject_report

UNPICKLE = {"pickle", "cPickle", "_pickle", "shelve", "marshal", "dill", "cloudpickle", "joblib"}
RUN = {"eval", "exec", "compile", "loadpkl", "read_pickle", "system", "popen"}
HOSTILE = "<script>alert(1)<script>\"'><img src=x onerror=alert(1)>"


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]
            yield from (alias.name for alias in node.names if alias.name in RUN)


def calls(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def called(node):
    """Return the name of what is called; of `re.compile` nothing, which is harmless."""
    if isinstance(node.func, ast.Attribute):
        return "" if isinstance(node.func.value, ast.Name) and node.func.value.id == "re" else node.func.attr
    return getattr(node.func, "id", "")


def test_nothing_that_a_user_gives_is_unpickled_or_run():
    def wrong(path):
        tree = ast.parse(path.read_text())
        found = set(imported(tree)) & (UNPICKLE | RUN)
        found |= {called(node) for node in calls(tree)} & RUN
        keywords = {keyword.arg for node in calls(tree) for keyword in node.keywords}
        return found | (keywords & {"allow_pickle"})

    assert offenders(SOURCES, wrong) == {}


def test_no_shell_sees_a_name():
    def wrong(path):
        return [k.arg for node in calls(ast.parse(path.read_text())) for k in node.keywords if k.arg == "shell"]

    assert offenders(SOURCES, wrong) == {}


def test_the_shell_that_nipype_starts_sees_words_only(tmp_path, monkeypatch):
    folder = tmp_path / "my study; touch harm"
    (folder / "bin").mkdir(parents=True)
    program = folder / "bin" / "ldsc.py"
    program.write_text('#!/bin/sh\nfor word in "$@"; do echo "$word"; done > ldsc.log\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    LDSC(sumstats=[f"{folder}/$(touch harm).gz"], ld_scores=str(folder)).run(cwd=str(tmp_path))
    words = (tmp_path / "ldsc.log").read_text().splitlines()
    assert words[:4] == ["--h2", f"{folder}/$(touch harm).gz", "--ref-ld-chr", f"{folder}/"]
    assert not (tmp_path / "harm").exists()


def test_no_archive_is_unpacked_as_a_whole():
    assert offenders(SOURCES, lambda path: re.findall(r"\.extract(?:all)?\(", path.read_text())) == {}


def subject_page(folder):
    folder = folder / HOSTILE.replace("/", "")
    folder.mkdir()
    said = {
        "preset": HOSTILE,
        "steps": {HOSTILE: {"method": HOSTILE, "package": HOSTILE, "options": {HOSTILE: HOSTILE}}},
    }
    (folder / "summary.json").write_text(json.dumps({**said, "warnings": [HOSTILE], "command": HOSTILE}))
    return subject_report(folder).read_text()


def batch_page(folder):
    batch = Batch.create(folder / "runs", [Task(HOSTILE, ["files", "out"], "out")])
    batch.begin(batch.tasks)
    batch.note(batch.tasks[0], "failed", cause=HOSTILE, cure=HOSTILE)
    return Overview(batch).draw().read_text()


def cohort_page(folder):
    r, n, p = np.array([[0.1]]), np.array([[100]]), np.array([[20.0]])
    return explorer(r, n, p, [HOSTILE], [HOSTILE], [HOSTILE], bonferroni=6.0, fdr=4.0)


def gwas_page(folder):
    pixels = Pixels(Genome())
    pixels.add("4", np.array([103_188_709]), np.array([30.0]))
    hits = {"chrom": ["4"], "pos": [103_188_709], "mlog10p": [30.0], "label": [HOSTILE]}
    return manhattan_page(pixels, HOSTILE, hits, [{"id": HOSTILE, "effect_allele": HOSTILE}])


def graph_page(folder):
    workflow = pe.Workflow(name="graph")
    workflow.add_nodes([pe.Node(Rename(format_string=HOSTILE), name="node")])
    return graph.page(workflow)


@pytest.mark.parametrize("page", [subject_page, batch_page, cohort_page, gwas_page, graph_page])
def test_a_page_shows_hostile_names_and_does_not_obey_them(page, tmp_path):
    text = page(tmp_path)
    assert "alert(1)" in text, "the name is not on the page at all"
    assert "<script>alert" not in text
    assert "<img src=x" not in text


def test_what_the_page_promises_is_where_it_says():
    page = (ROOT / "SECURITY.md").read_text()
    for path in re.findall(r"`(tests/[\w/.]+)`", page):
        assert (ROOT / path).is_file(), path
