from pathlib import Path

import pandas as pd
import pytest

from nipype_qsm.errors import QSMError, RunError, ToolMissing
from nipype_qsm.interfaces.cohort.fmrib_unpack import FmribUnpack, categorised


@pytest.fixture
def program(in_folder, monkeypatch):
    """Put a stand-in on the PATH that copies its input, or fails."""

    def install(body):
        path = in_folder / "bin" / "fmrib_unpack"
        path.parent.mkdir()
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{path.parent}:/usr/bin:/bin")

    return install


COPY = 'for last; do :; done; for out; do case "$out" in */phenotypes.tsv) cp "$last" "$out";; esac; done'


def test_the_command_line_is_funpacks_and_its_categories_are_kept(program, save):
    program(COPY)
    raw = save("raw.tsv", {"31-0.0": [0, 1], "4080-2.0": [120, 130], "9-0.0": [1, 1]}, [1, 2])
    groups = save(
        "groups.tsv", {"ID": [1, 2], "Category": ["age, sex", "cardiac"], "Variables": ["0,31,33:34", "4079:4080"]}
    )
    node = FmribUnpack(raw=[raw], categories=["cardiac"], category_file=groups, extra=["-nr", "5"])
    line = node.command(Path("x"))
    assert line[:8] == ["fmrib_unpack", "-q", "-ow", "-nj", "1", "-cfg", "fmrib_standard", "-c"]
    assert line[-5:] == ["x/descriptions.tsv", "-nr", "5", "x/phenotypes.tsv", raw]
    found = node.run().outputs
    assert pd.read_csv(found.phenotypes, sep="\t").shape == (2, 4)
    kept = pd.read_csv(found.phenotype_categories, sep="\t")
    assert list(kept["category"]) == ["age, sex", "cardiac", "no category"]


def test_a_failure_is_told_in_the_programs_words(program, save):
    program("echo 'no such variable: 12' >&2; exit 3")
    with pytest.raises(RunError, match="status 3: no such variable: 12"):
        FmribUnpack(raw=[save("raw.tsv", {"a": [1]}, [1])]).run()


def test_a_missing_program_is_said_when_the_interface_is_made(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ToolMissing, match="pip install fmrib-unpack"):
        FmribUnpack()


def test_a_table_that_is_no_table_of_categories_is_refused(save):
    with pytest.raises(QSMError, match="It has Category and Variables"):
        categorised(["31-0.0"], save("g.tsv", {"a": [1], "b": [2]}))
