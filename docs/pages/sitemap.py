"""The order of the pages, which the site shows on its left.

A page that is named nowhere stands at the end of the how-to pages, so that a new one is found without a change here.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

SECTIONS: dict[str, dict[str, str]] = {
    "Start": {
        "quick_start": "Quick start",
        "installing": "Installing",
        "tutorial": "Tutorial",
        "reading_a_report": "Reading a report",
        "faq": "Questions",
    },
    "How to": {
        "ukb_howto": "UK Biobank",
        "bids_howto": "BIDS",
        "cluster_howto": "Thousands of subjects",
        "cohort_howto": "Associations",
        "gwas": "Genome-wide associations",
        "paper_howto": "Every figure of the paper",
        "adding_a_method": "Adding a method",
        "external_tools": "Another program at a step",
        "embedding": "Inside other graphs",
        "graph_howto": "Looking at a graph",
    },
    "The steps": {
        "steps/reading": "Reading",
        "steps/coils": "Coil combination",
        "steps/masks": "Masks",
        "steps/unwrap": "Unwrapping",
        "steps/fieldmap": "Field mapping",
        "steps/background": "Background removal",
        "steps/inversion": "Dipole inversion",
        "steps/reference": "Referencing",
        "steps/relaxation": "Relaxation",
        "steps/swi": "Weighted images",
        "steps/separation": "Separation",
        "steps/regions": "Regions",
        "steps/register": "Registration",
        "steps/cohort": "Cohort",
        "steps/genetics": "Genetics",
    },
    "Reference": {
        "cli": "The command",
        "presets": "Presets",
        "methods": "Methods",
        "quantities": "Quantities",
        "phenotypes": "Phenotypes",
        "ukb_tree": "UK Biobank's tree",
        "dataflow": "Dataflow",
        "api/index": "API",
    },
    "Evidence": {"accuracy": "Accuracy and speed", "phantoms": "The digital subject", "decisions/README": "Decisions"},
    "Project": {
        "project/contributing": "Contributing",
        "project/changelog": "Changes",
        "project/security": "Security",
        "project/citing": "Citing",
    },
}
"""Page to its short name."""


def sections(folder: Path) -> dict[str, list[str]]:
    """Return the entries of each section that are there, and the others where they belong."""
    there = {path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.md")}
    there = {name for name in there if not name.startswith(("_build/", "provenance/", "decisions/0"))} | {"api/index"}
    found = {
        title: [f"{short} <{name}>" for name, short in entries.items() if name in there]
        for title, entries in SECTIONS.items()
    }
    left = sorted(there - {name for entries in SECTIONS.values() for name in entries} - {"index"})
    for title, start in {"Project": "project/", "The steps": "steps/", "How to": ""}.items():
        found[title] += [name for name in left if name.startswith(start)]
        left = [name for name in left if not name.startswith(start)]
    return found


def add_contents(app: Any, docname: str, source: list[str]) -> None:
    """Give the first page, and the list of decisions, their tables of contents."""
    folder = Path(app.srcdir)
    if docname == "index":
        for title, names in sections(folder).items():
            source[0] += f"\n```{{toctree}}\n:hidden:\n:caption: {title}\n\n" + "\n".join(names) + "\n```\n"
    if docname == "decisions/README":
        names = sorted(path.stem for path in (folder / "decisions").glob("[0-9]*.md"))
        source[0] += "\n```{toctree}\n:titlesonly:\n\n" + "\n".join(names) + "\n```\n"


def documents(app: Any, docname: str, source: list[str]) -> None:
    """Take in the documents at the top of the repository, and lead links to them to their pages."""
    top = Path(app.srcdir).parent

    def taken(found: re.Match[str]) -> str:
        app.env.note_dependency(str(top / found[1]))
        text = (top / found[1]).read_text().replace("](docs/", "](../")
        return re.sub(r"\]\(([A-Z]+)\.md", lambda link: f"]({link[1].lower()}.md", text)

    source[0] = INCLUDED.sub(taken, source[0])
    depth = "../" * docname.count("/")
    source[0] = re.sub(
        rf"\]\({re.escape(depth)}\.\./([A-Z]+)\.md", lambda link: f"]({depth}project/{link[1].lower()}.md", source[0]
    )


INCLUDED = re.compile(r"^```\{include\} \.\./\.\./([A-Z]+\.md)\n.*?^```$", re.MULTILINE | re.DOTALL)
DOI = re.compile(r"(?<![\[/\w])doi:(10\.(?:\([^\s()]*\)|[^\s,()|])+?)(?=[.;,]?(?:[\s)|]|$))", re.MULTILINE)


def linked_papers(app: Any, docname: str, source: list[str]) -> None:
    """Make links of the identifiers of papers, which a forge shows as text."""
    source[0] = DOI.sub(lambda found: f"[{found[0]}](https://doi.org/{quote(found[1])})", source[0])


def linked_papers_of_code(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Do the same in docstrings."""
    lines[:] = [DOI.sub(lambda found: f"`{found[0]} <https://doi.org/{quote(found[1])}>`__", line) for line in lines]


def outdated(app: Any, env: Any, added: set[str], changed: set[str], removed: set[str]) -> list[str]:
    """Read the pages that list others again, where there are other pages than before."""
    return ["index", "decisions/README"] if added or removed else []


def setup(app: Any) -> dict[str, bool]:
    """Change pages as they are read."""
    app.connect("env-get-outdated", outdated)
    app.connect("source-read", add_contents)
    app.connect("source-read", documents)
    app.connect("source-read", linked_papers)
    app.connect("autodoc-process-docstring", linked_papers_of_code, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
