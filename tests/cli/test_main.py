"""The verbs that only tell, and what every verb shares."""

import os
import re
import subprocess
import sys

import pytest

from nipype_qsm import __version__
from nipype_qsm.cli.main import VERBS, main
from nipype_qsm.interfaces.rooms import ROOMS, room


@pytest.mark.parametrize("verb", [each.__name__.rpartition(".")[2] for each in VERBS if "step" not in each.__name__])
def test_every_verb_explains_itself(verb, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([verb, "--help"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: nipype-qsm {verb}")


def test_the_command_alone_asks_for_a_verb(capsys):
    with pytest.raises(SystemExit) as stopped:
        main([])
    assert stopped.value.code == 2
    assert "VERB" in capsys.readouterr().err


def test_the_version_is_the_packages(capsys):
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"nipype-qsm {__version__}\n"


def test_methods_lists_every_method_of_every_step(capsys):
    assert main(["methods"]) == 0
    said = capsys.readouterr().out
    for name in ROOMS:
        assert f"\n{name}\n" in f"\n{said}"
        assert all(re.search(rf"^    {method}(?: |$)", said, re.MULTILINE) for method in room(name))


def test_methods_of_one_step_lists_only_those(capsys):
    assert main(["methods", "inversion"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines() if not line.startswith(" " * 5)]
    assert listed == ["inversion", *room("inversion")]


@pytest.mark.parametrize("columns", [80, 120])
def test_methods_keep_within_the_terminal_whatever_their_names(columns, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    assert main(["methods"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert columns - 10 < max(map(len, lines)) <= columns
    below = lines.index("    phase_difference_combination") + 1
    assert lines[below].startswith(" " * 23 + "Combine coils")


@pytest.mark.parametrize("preset", ["ukb", "best"])
def test_graph_draws_the_preset(preset, capsys):
    assert main(["graph", "--preset", preset]) == 0
    said = capsys.readouterr().out
    assert said.startswith("flowchart TD\n")
    assert "field_local" in said


def test_graph_of_a_single_echo_has_no_decay(capsys):
    assert main(["graph", "--single-echo"]) == 0
    assert "fit_decay" not in capsys.readouterr().out


def test_a_closed_pipe_is_no_error_worth_a_stack():
    command = [sys.executable, "-c", "from nipype_qsm.cli.main import main; import sys; sys.exit(main(['graph']))"]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, env=environment, check=False)
    os.close(write)
    assert "Traceback" not in done.stderr
    assert done.returncode == 1
