"""The report of a simulated study: the figures of the paper, what was planted beside what was found, and every command.

One file that opens from disk. Figures are those that the study's own commands drew; beside them stand the few that only
a simulation can have, because only there is the truth known.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from nipype_qsm.io import atomically, read_json
from nipype_qsm.reports.page import Html, document, join, number, paragraph, table, tag
from nipype_qsm.reports.paper_sections import figure_1, figure_2, figure_3, figure_4, figure_5, figure_6
from nipype_qsm.reports.planted import Check, Study, checks

TITLE = "A whole paper on simulated people"
CITED = (
    "Wang et al. 2022, Phenotypic and genetic associations of quantitative magnetic susceptibility in UK Biobank brain "
    "imaging"
)
DOI = "https://doi.org/10.1038/s41593-022-01074-w"
LINE = 100
"""Characters of a line of a command."""


def paper(folder: str | Path) -> list[tuple[str, int, int]]:
    """Write `report.html` into the folder of a simulated study, and return (stage, passed, asked) of its checks.

    Parameters
    ----------
    folder : path
    """
    study = Study(folder)
    found = checks(study)
    sections = [
        ("summary", "Planted and found", _summary(study, found)),
        ("figure-1", "Figure 1: from images to phenotypes", figure_1(study)),
        ("figure-2", "Figure 2: phenotypes of the person", figure_2(study)),
        ("figure-3", "Figure 3: susceptibility beside T2*", figure_3(study)),
        ("figure-4", "Figure 4: voxel by voxel", figure_4(study)),
        ("figure-5", "Figure 5: the genome", figure_5(study)),
        ("figure-6", "Figure 6: genes, voxel by voxel", figure_6(study)),
        ("commands", "Every command", _commands(study)),
        ("simulation", "What was simulated", _simulation(study)),
    ]
    footer = "Written by nipype-qsm demo --cohort: the people are simulated, the commands are those of a real study."
    page = document(TITLE, join(tag("h1", TITLE), _lead(study), _verdict(found)), sections, footer)
    with atomically(study.folder / "report.html") as temporary:
        temporary.write_text(page, encoding="utf-8")
    return [(stage, sum(one.passed for one in own), len(own)) for stage, own in _by_stage(found)]


def _lead(study: Study) -> Html:
    facts = study.facts
    counts = {
        "people": "n",
        "variants": "n_variants",
        "phenotypes": "n_phenotypes",
        "maps": "n_maps",
        "scans": "n_images",
    }
    told = ", ".join(f"{number(facts[key])} {name}" for name, key in counts.items())
    link = tag("a", CITED, href=DOI)
    return paragraph(
        f"{told}: the figures of ", link, ", redrawn where the truth is known. Nothing here is about real people."
    )


def _by_stage(found: Sequence[Check]) -> list[tuple[str, list[Check]]]:
    return [(stage, list(own)) for stage, own in groupby(found, key=lambda one: one.stage)]


def _verdict(found: Sequence[Check]) -> Html:
    failed = [one for one in found if not one.passed]
    told = f"{len(found) - len(failed)} of {len(found)} questions are answered as planted."
    if not failed:
        return tag("div", tag("strong", told), class_="verdict good")
    items = [tag("li", f"{one.stage}: {one.what}: planted {one.planted}, found {one.found}") for one in failed]
    return tag("div", tag("strong", told), tag("ul", *items), class_="verdict look")


def _summary(study: Study, found: Sequence[Check]) -> Html:
    rows = []
    for one in found:
        state = tag("span", "found" if one.passed else "not found", class_=f"state {'good' if one.passed else 'look'}")
        rows.append([one.stage, one.what, one.planted, one.found, state, tag("span", one.rule, class_="quiet small")])
    times = [[row["title"], f"{row['seconds']:.0f} s"] for row in _records(study)]
    return join(
        paragraph("Each row asks one question of the finished study; what counts as found stands beside it."),
        table("Planted and found", ["stage", "question", "planted", "found", "", "rule"], rows),
        tag("details", tag("summary", "How long each stage took"), table("Wall time", [], times, numeric=[1])),
    )


def _records(study: Study) -> list[dict[str, Any]]:
    records = [read_json(path) for path in (study.folder / "stages").glob("*.json")]
    return sorted((one for one in records if "calls" in one), key=lambda one: int(str(one["order"])))


def _commands(study: Study) -> Html:
    parts: list[Html] = [
        paragraph(
            "In the order in which they ran, in the folder of this report. On real data, what lies in study/ is your "
            "own: archives of the download, tables, genotypes. docs/paper_howto.md goes through the figures one by one."
        )
    ]
    for row in _records(study):
        title = str(row["title"])
        lines = [wrapped(f"nipype-qsm {call}") for call in row["calls"]]
        parts += [tag("h3", title[0].upper() + title[1:]), tag("pre", "\n".join(lines))]
    return join(*parts)


def wrapped(command: str) -> str:
    """Break a command into lines before options, as a shell reads them.

    Parameters
    ----------
    command : str
    """
    lines, line = [], ""
    words = shlex.split(command)
    for place, word in enumerate(words):
        option = [word]
        if word.startswith("--"):
            option += [one for one in words[place + 1 : place + 2] if not one.startswith("--")]
        if line and len(line) + len(" ".join(option)) + 3 > LINE:
            lines.append(line + " \\")
            line = "   "
        line = f"{line} {word}" if line else word
    return "\n".join([*lines, line])


def _simulation(study: Study) -> Html:
    facts = study.facts
    return join(
        paragraph(
            "Each structure's iron adds up planted loci, small effects of all common variants, age, sex, site and "
            "chance; iron raises susceptibility and lowers T2*, beside parts that only one of the two sees. Phenotypes "
            "follow age, sex and site, some of them iron; values have gaps, outliers, few levels. T2* loses where the "
            "field is steep. Genotypes are mosaics of founders in blocks; some variants are rare, badly imputed or out "
            "of equilibrium."
        ),
        paragraph(
            f"A planted locus of iron explains {100 * facts['share']:.1f} % of its variance, far more than any does in "
            f"people: {number(facts['n'])} simulated people stand for 30,000. Maps are the template's anatomy with "
            "each one's values: there is no error of registration in them. Scans are heads of 3 mm voxels. Relatives, "
            "ancestry, the X chromosome and motion are not simulated."
        ),
    )
