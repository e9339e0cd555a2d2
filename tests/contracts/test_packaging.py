"""What is installed is what is in the tree."""

import configparser
import importlib
import re
import subprocess
import sys
from fnmatch import fnmatch

import pytest
from inventory import PACKAGE, ROOT, SOURCES, WORKFLOWS

import nipype_qsm


@pytest.fixture(scope="module")
def setup_cfg():
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    return parser


def test_the_package_list_is_the_tree(setup_cfg):
    listed = setup_cfg["options"]["packages"].split()
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    present = {".".join(folder.relative_to(ROOT).parts) for folder in folders} | {"nipype_qsm.workflows"}
    assert sorted(listed) == sorted(present)
    assert listed == sorted(listed)


def test_workflows_has_no_folder_that_the_package_list_would_miss():
    assert {path.parent for path in WORKFLOWS.rglob("*.py")} == {WORKFLOWS}


def test_every_folder_of_sources_is_a_package():
    assert [path.parent for path in SOURCES if not (path.parent / "__init__.py").is_file()] == []


def test_every_file_that_is_not_python_is_package_data(setup_cfg):
    patterns = {
        f"{package.replace('.', '/')}/{pattern}"
        for package, value in setup_cfg["options.package_data"].items()
        for pattern in value.replace(",", " ").split()
    }
    files = [
        path.relative_to(ROOT).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and path.suffix != ".py" and "__pycache__" not in path.parts
    ]
    assert "nipype_qsm/py.typed" in files
    assert [name for name in files if not any(fnmatch(name, pattern) for pattern in patterns)] == []


def test_importing_workflows_from_the_checkout_says_what_to_do():
    done = subprocess.run([sys.executable, "-c", "import workflows"], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 1
    assert "import nipype_qsm.workflows" in done.stderr.decode()


def test_the_command_is_the_entry_point(setup_cfg):
    target = setup_cfg["options.entry_points"]["console_scripts"].strip()
    assert target == "nipype-qsm = nipype_qsm.cli.main:main"
    assert callable(importlib.import_module("nipype_qsm.cli.main").main)


def test_make_alone_lists_every_target():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.search(r"^\.PHONY: (.+)", makefile, re.MULTILINE)[1].split()) - {"help"}
    said = subprocess.run(["make", "-s", "-C", str(ROOT)], capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^make (\w+)", said, re.MULTILINE)) == targets


def test_every_extra_is_documented_and_all_holds_those_for_users(setup_cfg):
    extras = setup_cfg["options.extras_require"]
    table = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", (ROOT / "docs" / "installing.md").read_text(), re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", " ".join(table))) == set(extras)
    held = set(re.search(r"\[(.+)\]", extras["all"])[1].split(","))
    assert held == set(extras) - {"pydra", "test", "lint", "docs", "all"}


def test_the_citation_says_what_a_citation_must():
    """As cffconvert checks it, against version 1.2.0 of the format."""
    text = (ROOT / "CITATION.cff").read_text()
    keys = dict(re.findall(r"^([\w-]+): *(.*)$", text, re.MULTILINE))
    assert keys["cff-version"] == "1.2.0"
    assert {"message", "title", "authors", "version", "date-released"} <= set(keys)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", keys["date-released"])
    released = re.search(r"^## (\S+) \((\S+)\)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert (keys["version"], keys["date-released"]) == released.groups()
    assert "10.1038/s41593-022-01074-w" in text


def test_the_version_is_the_same_wherever_it_is_written():
    changes = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    citation = re.search(r"^version: (\S+)", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)
    assert changes and changes[1] == nipype_qsm.__version__
    assert citation and citation[1] == nipype_qsm.__version__
