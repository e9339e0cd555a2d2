"""Commands and blocks of the pages are run in their order, by a reader who stands in a folder of small files.

What is run elsewhere is listed with the place; a command for Slurm is left out where there is none. The examples of the
help texts are commands of these pages, word for word, which tests/contracts says as it says that all is understood.
"""

import shlex
import shutil
import sys

import places
import pytest
from documented import PAGES, own_commands, python_blocks
from inventory import ROOT, offenders
from slurm_cluster import missing

from pages.blocks import Session, blocks, commands

PLACES = {
    "README.md": places.Images,
    "docs/quick_start.md": places.Everything,
    "docs/faq.md": places.Images,
    "docs/external_tools.md": places.Images,
    "docs/ukb_howto.md": places.Downloads,
    "docs/bids_howto.md": places.Bids,
    "docs/cluster_howto.md": places.Batch,
    "docs/cohort_howto.md": places.Study,
    "docs/gwas.md": places.Genotypes,
    "docs/graph_howto.md": places.Empty,
    "docs/phantoms.md": places.Empty,
}
ELSEWHERE = {
    "docs/tutorial.md": "docs/pages/executed.py",
    "docs/embedding.md": "tests/test_embedding.py",
    "docs/paper_howto.md": "tests/cli/test_demo_cohort.py",
    "docs/adding_a_method.md": "tests/contracts/test_documents.py",
}
"""Page to the file that runs it."""
PYTHON_ELSEWHERE = {
    "README.md": "tests/contracts/test_documents.py",
    "docs/cluster_howto.md": "tests/plugins/test_documented.py",
}
COMMANDS_ELSEWHERE = {
    ("docs/quick_start.md", "demo"): "tests/cli/test_demo.py",
    ("docs/quick_start.md", "batch"): "docs/cluster_howto.md",
    # It needs 600 variants or more, and the place of this page has 117.
    ("docs/gwas.md", "gwas heritability"): "tests/cli/test_demo_cohort.py",
}
"""Page and beginning of a command to the file that runs the same."""
OTHER_PROGRAMS = {
    ("README.md", "make demo"): ("Makefile", "environment"),  # installs as `make test` does; the demo is in tests/cli
    ("README.md", "make test"): (".ci/run", "make test"),
    ("docs/quick_start.md", "python3 -m venv"): (".ci/run", "-m venv"),
    ("docs/quick_start.md", "source"): (".ci/run", "-m venv"),  # a shell's own; CI calls what lies in the folder's bin
    ("docs/quick_start.md", "pip install"): (".ci/run", "pip install"),
    ("docs/installing.md", "pip install"): (".ci/run", "pip install"),
    # No engine is here: the recipe's own commands are run in a fresh environment.
    ("docs/installing.md", "podman build"): (".ci/check_container.py", "Containerfile"),
    ("docs/installing.md", "podman run"): (".ci/check_container.py", "ENTRYPOINT"),
    ("docs/embedding.md", "nipypecli run"): ("tests/test_embedding.py", "nipypecli"),
    ("docs/tutorial.md", "ls"): ("docs/pages/executed.py", "tutorial"),
}
"""Page and beginning of a command of another program to the file that runs it, or what is nearest, and a word there."""


def run_elsewhere(page, words):
    """Return whether a command is run in another place than its page."""
    return any(page == at and shlex.join(words[1:]).startswith(start) for at, start in COMMANDS_ELSEWHERE)


@pytest.fixture
def quick(monkeypatch):
    """Leave out the drawing of reports, which has tests of its own."""
    monkeypatch.setattr("nipype_qsm.reports.subject.subject_report", lambda folder: folder / "report.html")


@pytest.fixture
def outside_program(tmp_path, monkeypatch):
    """A program that the page about programs of others calls."""
    path = tmp_path / "bin" / "invert_field"
    path.parent.mkdir()
    path.write_text(places.PROGRAM.format(python=sys.executable))
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{path.parent}:{shutil.os.environ['PATH']}")


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")
@pytest.mark.parametrize("page", PLACES)
def test_a_page_runs(page, small_subject, quick, outside_program, tmp_path, request):
    no_slurm = bool(missing())
    if page == "docs/cluster_howto.md" and not no_slurm:
        request.getfixturevalue("slurm")
    folder = tmp_path / "reader"
    folder.mkdir()
    place, session = PLACES[page](folder, small_subject), Session(folder)
    ran = 0
    for block in blocks((ROOT / page).read_text()):
        if block.language == "python" and page not in PYTHON_ELSEWHERE:
            session.run(block, page)
            ran += 1
        for words in commands(block):
            if words[0] != "nipype-qsm" or run_elsewhere(page, words):
                continue
            if not (no_slurm and "--slurm" in words):
                session.command(place.before(words))
                ran += 1
    assert ran


def test_every_page_with_commands_or_blocks_is_run():
    known = {*PLACES, *ELSEWHERE, "docs/cli.md"}

    def wrong(page):
        return (own_commands(page) or python_blocks(page)) and page.relative_to(ROOT).as_posix() not in known

    assert offenders(PAGES, wrong) == {}


def test_commands_of_other_programs_are_run_or_have_something_near_them_that_is():
    def wrong(page):
        shell = [block.code for block in blocks(page.read_text()) if block.language in ("sh", "bash")]
        lines = [line for code in shell for line in code.replace("\\\n", " ").splitlines()]
        known = [start for at, start in OTHER_PROGRAMS if at == page.relative_to(ROOT).as_posix()]
        return [line for line in lines if not line.startswith(("nipype-qsm ", *known))]

    assert offenders(PAGES, wrong) == {}
    for file, word in OTHER_PROGRAMS.values():
        assert word in (ROOT / file).read_text()


def test_what_is_run_elsewhere_is_run_there():
    for page, file in {**ELSEWHERE, **PYTHON_ELSEWHERE}.items():
        assert page.rpartition("/")[2].removesuffix(".md") in (ROOT / file).read_text()
    for (page, start), file in COMMANDS_ELSEWHERE.items():
        (words,) = (words for words in own_commands(ROOT / page) if shlex.join(words[1:]).startswith(start))
        assert file.endswith(".py") or words in own_commands(ROOT / file)
