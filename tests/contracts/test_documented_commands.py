"""What the documents tell to type exists: verbs, options, methods, targets of make, modules, places of links."""

import importlib.util
import re

from documented import PAGES, own_commands, page_mentions, refused, unknown_in
from inventory import ROOT, offenders

from nipype_qsm.cli.helping import EXAMPLES, NARROWEST
from nipype_qsm.cli.main import verbs
from pages.blocks import blocks

CLI = ROOT / "docs" / "cli.md"


def test_every_command_in_a_block_is_understood():
    assert sum(len(own_commands(page)) for page in PAGES) > 40  # 52
    assert offenders(PAGES, lambda page: [found for words in own_commands(page) if (found := refused(words))]) == {}


def test_a_command_that_is_not_understood_is_found():
    assert "--no-such" in refused(["nipype-qsm", "files", "out", "--phase", "p", "--magnitude", "m", "--no-such"])
    assert refused(["nipype-qsm", "step", "inversion", "tkd", "--out", "out"])
    assert refused(["nipype-qsm", "batch", "runs", "--", "ukb", "downloads", "--nowhere"])
    assert unknown_in("nipype-qsm files ... --no-such") == ["--no-such"]
    assert unknown_in("nipype-qsm cohort gather | forget") == ["forget"]


def test_the_examples_of_the_help_texts_are_commands_of_the_pages_which_are_run():
    on_pages = [words for page in PAGES if page.name != "cli.md" for words in own_commands(page)]
    shown = own_commands(CLI)
    assert len(shown) == sum(map(len, EXAMPLES.values())) > 30  # 33
    assert [words for words in shown if words not in on_pages] == []


def wide(page, columns):
    """Return the lines of a page's blocks that are wider; those of a diagram are not read."""
    shown = [block for block in blocks(page.read_text()) if block.language != "mermaid"]
    return [line for block in shown for line in block.code.splitlines() if len(line) > columns]


def test_no_line_of_a_block_is_wider_than_a_page():
    assert offenders(PAGES, lambda page: wide(page, 90)) == {}


def test_every_verb_has_examples_that_fit_a_window():
    assert wide(CLI, NARROWEST) == []
    # `batch` calls the first, which nobody types, and the second has nothing to choose.
    assert set(verbs()) - {words[1] for words in own_commands(CLI)} == {"task", "methods"}


def test_every_command_in_a_line_of_text_names_verbs_methods_and_options_that_exist():
    wrong = offenders(PAGES, lambda page: {one: found for one in page_mentions(page) if (found := unknown_in(one))})
    assert wrong == {}


def test_every_target_of_make_script_module_and_test_that_is_named_exists():
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    def wrong(page):
        text = page.read_text()
        missing = [f"make {name}" for name in re.findall(r"`make (\w+)", text) if name not in targets]
        paths = re.findall(r"`(?:python|pytest) (\S+\.py|tests/\S+?)[` ]", text)
        missing += [path for path in paths if not (ROOT / path.partition("::")[0]).exists()]
        modules = re.findall(r"`python -m (benchmarks[\w.]*)", text)
        return missing + [name for name in modules if importlib.util.find_spec(name) is None]

    assert offenders(PAGES, wrong) == {}


def anchors(page):
    """Return the anchors that a forge and the site give to the headings of a page."""
    headings = re.findall(
        r"^#+ (.+)$", re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL), re.M
    )
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_to_a_place_of_a_page_leads_to_a_heading():
    def wrong(page):
        links = re.findall(r"\]\(([^)#:\s]*)#([^)\s]+)\)", page.read_text())
        return [
            f"{path}#{place}" for path, place in links if place not in anchors((page.parent / path) if path else page)
        ]

    assert offenders(PAGES, wrong) == {}


def test_the_site_has_every_page_once():
    from pages.sitemap import sections

    entries = [entry for entries in sections(ROOT / "docs").values() for entry in entries]
    names = [entry.rpartition("<")[2].rstrip(">") for entry in entries]
    assert len(names) == len(set(names))
    pages = {page.relative_to(ROOT / "docs").with_suffix("").as_posix() for page in PAGES if "docs" in page.parts}
    decisions = {name for name in pages if name.startswith("decisions/0")}
    assert set(names) - {"api/index"} == pages - decisions - {"index"}
