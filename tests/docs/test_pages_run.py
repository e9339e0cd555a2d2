"""Commands and blocks of the pages are run in their order, by a reader who stands in a folder of small files.

What is run elsewhere, or cannot run here, is listed with the place or the reason; that it is understood is the matter
of tests/contracts.
"""

import shlex
import shutil
import sys

import places
import pytest
from documented import PAGES, own_commands, python_blocks
from inventory import ROOT, offenders

from pages.blocks import Session, blocks, commands

PLACES = {
    "README.md": places.Images,
    "docs/quick_start.md": places.Images,
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
ONLY_UNDERSTOOD = {
    "nipype-qsm demo": "tests/cli/test_demo.py runs it",
    "nipype-qsm ukb downloads/ --out": "the page about UK Biobank runs it with its options",
    "nipype-qsm bids data derivatives/qsm": "the page about BIDS runs it",
    "nipype-qsm batch runs --jobs 4": "a table is run on the same page; tests/end_to_end/test_batch.py runs both",
    "nipype-qsm batch runs --slurm": "its partition is a site's; tests/end_to_end/test_batch.py runs batches on Slurm",
    "nipype-qsm gwas heritability": "LD scores of 200,000 variants are no small file; tests/cli/test_gwas.py runs it",
}
GENERATED = {"docs/cli.md"}
"""Examples of the help texts, written from the code: the same calls as on the pages, with other names."""


def only_understood(page, words):
    """Return whether a command is not run on a page."""
    quick = page == "docs/quick_start.md" and words[1] == "batch"
    return quick or any(shlex.join(words).startswith(start) for start in ONLY_UNDERSTOOD)


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
def test_a_page_runs(page, small_subject, quick, outside_program, tmp_path):
    folder = tmp_path / "reader"
    folder.mkdir()
    place, session = PLACES[page](folder, small_subject), Session(folder)
    ran = 0
    for block in blocks((ROOT / page).read_text()):
        if block.language == "python" and page not in PYTHON_ELSEWHERE:
            session.run(block, page)
            ran += 1
        for words in commands(block):
            if words[0] == "nipype-qsm" and not only_understood(page, words):
                session.command(place.before(words))
                ran += 1
    assert ran


def test_every_page_with_commands_or_blocks_is_run():
    known = {*PLACES, *ELSEWHERE, *GENERATED}

    def wrong(page):
        return (own_commands(page) or python_blocks(page)) and page.relative_to(ROOT).as_posix() not in known

    assert offenders(PAGES, wrong) == {}


def test_what_is_run_elsewhere_is_run_there():
    for page, file in {**ELSEWHERE, **PYTHON_ELSEWHERE}.items():
        assert page.rpartition("/")[2].removesuffix(".md") in (ROOT / file).read_text()
    for reason in ONLY_UNDERSTOOD.values():
        named = [word.strip(";") for word in reason.split() if word.startswith("tests/")]
        assert all((ROOT / name).is_file() for name in named)
