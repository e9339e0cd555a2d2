"""The words and tables of a report: what was done, what was found, how to cite it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nipype_qsm.quantities import VOCABULARY
from nipype_qsm.reports.charts import Mark, histogram, number_text, scatter
from nipype_qsm.reports.checks import Check, Measured, reference_ppb
from nipype_qsm.reports.citations import ALWAYS, REFERENCES, Reference, sentence
from nipype_qsm.reports.measures import spread
from nipype_qsm.reports.outputs import Outputs, is_number
from nipype_qsm.reports.page import Html, join, number, paragraph, table, tag, text
from nipype_qsm.reports.pictures import MASK_COLOURS, key
from nipype_qsm.units import seconds_to_milliseconds

REFERENCE_HALF_WIDTH_PPB = 100.0
COUNTED = {1: "One thing", 2: "Two things", 3: "Three things", 4: "Four things", 5: "Five things"}


def verdict(found: Sequence[Check], warnings: Sequence[object], problems: Sequence[str]) -> Html:
    """Say first what a reader must look at, or that there is nothing."""
    points = [
        *(text(warning) for warning in warnings),
        *(text(problem) for problem in problems),
        *(text(f"{check.question}: {check.answer} (usually {check.usual})") for check in found if not check.good),
    ]
    if not points:
        counted = f"All {len(found)} checks are in their usual range" if found else "There was nothing to check"
        lines = join(tag("strong", "Nothing stands out."), paragraph(f"{counted}; no warnings. Look at the pictures."))
        return tag("div", lines, class_="verdict good", role="status")
    title = f"{COUNTED.get(len(points), f'{len(points)} things')} to look at"
    return tag("div", tag("strong", title), tag("ul", *(tag("li", point) for point in points)), class_="verdict look",
               role="status")  # fmt: skip


def check_table(found: Sequence[Check]) -> Html:
    """List every check with its number and usual range."""
    if not found:
        return Html("")
    rows = []
    for check in found:
        state = tag("span", "\N{CHECK MARK} ok" if check.good else "\N{BLACK UP-POINTING TRIANGLE} look",
                    class_=f"state {'good' if check.good else 'look'}")  # fmt: skip
        rows.append((check.question, check.answer, check.usual, state))
    return table("Checks", ("", "This subject", "Usual", ""), rows, numeric=(1,))


def mask_table(measured: Measured, reasons: Mapping[str, Any]) -> Html:
    """Count what each step did to the mask, and say why."""
    if not measured.masks:
        return Html("")
    brain = measured.masks[0].n_voxels or 1
    rows = [
        (
            tag("span", key(MASK_COLOURS[step.name]), step.name, class_="key-name"),
            number(step.n_voxels),
            number(step.n_voxels * measured.voxel_ml),
            f"{step.n_voxels / brain:.1%}",
            number(-step.n_lost) if step.n_lost else "",
            f"+{number(step.n_gained)}" if step.n_gained else "",
            reasons.get(step.name) or VOCABULARY[step.name].meaning,
        )
        for step in measured.masks
    ]
    head = ("Mask", "Voxels", "ml", f"of {measured.masks[0].name}", "Lost", "Filled", "Why")
    return table("How the mask changed", head, rows, numeric=(1, 2, 3, 4, 5))


def methods(outputs: Outputs) -> tuple[Html, list[Reference]]:
    """Write the methods paragraph, the table of options and the list of what to cite."""
    cited, sentences, rows = [REFERENCES[key] for key in ALWAYS], [], []
    for step, chosen in outputs.section("steps").items():
        if not isinstance(chosen, dict):
            continue
        options = chosen.get("options")
        options = options if isinstance(options, dict) else {}
        package = f" of {chosen['package']}" if "package" in chosen else ""
        written, own = sentence(step, f"{chosen.get('method')}{package}", options)
        cited += [one for one in own if one not in cited]
        sentences.append((written, own))
        rows.append((step, chosen.get("method"), "; ".join(f"{name} = {value}" for name, value in options.items())))
    if not sentences:
        return Html(""), cited
    numbers = {one: position for position, one in enumerate(cited, start=1)}
    preset = outputs.summary.get("preset")
    opening = f"Maps were computed with nipype_qsm (preset {preset}). " if preset else ""
    words = [join(written[:-1], _marks(own, numbers), ". ") for written, own in sentences]
    details = tag("details", tag("summary", "Methods and options as a table"),
                  table("Steps", ("Step", "Method", "Options set"), rows))  # fmt: skip
    return join(paragraph(opening, *words), details), cited


def _marks(cited: Sequence[Reference], numbers: Mapping[Reference, int]) -> Html:
    links = [tag("a", str(numbers[one]), href=f"#reference-{numbers[one]}") for one in cited]
    return (
        join(" [", *(join(", ", link) if place else link for place, link in enumerate(links)), "]")
        if links
        else Html("")
    )


def references(cited: Sequence[Reference]) -> Html:
    """List what to cite."""
    entries = []
    for position, (words, doi) in enumerate(cited, start=1):
        link = tag("a", f"doi:{doi}", href=f"https://doi.org/{doi}")
        entries.append(tag("li", words, " ", link, id=f"reference-{position}"))
    lead = paragraph("If you publish from these maps, cite the pipeline and the methods that made them.")
    return join(lead, tag("ol", *entries, class_="references"))


def acquisition(outputs: Outputs, view_facts: Sequence[tuple[str, str]]) -> Html:
    """List what the scanner did, and what was assumed about the files."""
    facts = outputs.section("acquisition")
    rows: list[tuple[str, str]] = []
    times = [time for time in _listed(facts, "echo_times") if is_number(time)]
    if times:
        rows.append(("Echo times", ", ".join(f"{seconds_to_milliseconds(time):.4g}" for time in times) + " ms"))
    if is_number(facts.get("field_strength")):
        rows.append(("Field strength", f"{facts['field_strength']:g} T"))
    for name, title, unit in (
        ("voxel_size", "Voxel size", " mm"),
        ("shape", "Matrix", " voxels"),
        ("b0_direction", "Direction of B0 in voxel axes", ""),
    ):
        values = [value for value in _listed(facts, name) if is_number(value)]
        if values:
            rows.append((title, " \N{MULTIPLICATION SIGN} ".join(f"{value:.4g}" for value in values) + unit
                         if unit else ", ".join(number_text(round(value, 4)) for value in values)))  # fmt: skip
    if facts.get("n_coils") is not None:
        rows.append(("Coils", str(facts["n_coils"])))
    rows += view_facts
    notes = outputs.items("notes")
    listed = (
        join(tag("h3", "Notes on the input"), tag("ul", *(tag("li", note) for note in notes))) if notes else Html("")
    )
    return join(table("Acquisition", (), rows), listed) if rows or notes else Html("")


def reference_facts(outputs: Outputs) -> Html:
    """List how the zero of susceptibility was found."""
    facts = outputs.section("reference")
    value = reference_ppb(facts)
    rows = [
        ("Method", facts.get("method")),
        ("Region", facts.get("region")),
        ("Value subtracted", None if value is None else f"{number(value, 1)} ppb"),
        ("Voxels", _count(facts.get("n_voxels")) or None),
    ]
    shown = [(name, str(answer)) for name, answer in rows if answer is not None]
    return table("Reference", (), shown) if shown else Html("")


def reference_histogram(outputs: Outputs, values: np.ndarray, quantity: str) -> Html:
    """Draw the values of the reference region [ppb], and the value that was subtracted."""
    found = spread(values)
    if found is None:
        return Html("")
    value = reference_ppb(outputs.section("reference"))
    marks = [Mark(value, f"reference {number(value, 1)}")] if value is not None and quantity == "chi" else []
    middle = round(found.median / 10) * 10
    spoken = f"Histogram of {quantity} in the reference region: median {found.median:.1f} ppb."
    axis = f"{quantity} in mask_reference, ppb"
    low, high = middle - REFERENCE_HALF_WIDTH_PPB, middle + REFERENCE_HALF_WIDTH_PPB
    chart = histogram(values, low, high, axis_label=axis, sentence=spoken, marks=marks, n_bins=60)
    caption = f"Median {number(found.median, 1)}, standard deviation {number(found.deviation, 1)} ppb."
    return tag("figure", Html(chart), tag("figcaption", caption))


def truth(outputs: Outputs) -> Html:
    """Set measured susceptibility against the known truth of a digital subject."""
    facts = outputs.section("truth")
    rows = [
        row
        for row in _listed(facts, "structures")
        if isinstance(row, dict) and is_number(row.get("truth_ppb")) and is_number(row.get("measured_ppb"))
    ]
    others = [(name.replace("_", " "), f"{value:.3g}".replace("-", "\N{MINUS SIGN}"))
              for name, value in facts.items() if is_number(value)]  # fmt: skip
    numbers = table("Against truth", (), others) if others else Html("")
    if not rows:
        return numbers
    true, found = [float(row["truth_ppb"]) for row in rows], [float(row["measured_ppb"]) for row in rows]
    names = [str(row.get("name", position)).replace("_", " ") for position, row in enumerate(rows, start=1)]
    spoken = f"Measured against true susceptibility of {len(rows)} structures; the numbers are in the table."
    listed = [
        (str(position), name, number(x, 1), number(y, 1), number(y - x, 1), _count(row.get("n_voxels")))
        for position, (name, x, y, row) in enumerate(zip(names, true, found, rows, strict=True), start=1)
    ]
    head = ("#", "Structure", "True [ppb]", "Measured [ppb]", "Difference", "Voxels")
    chart = tag("figure", Html(scatter(true, found, names, unit="ppb", sentence=spoken)),
                tag("figcaption", "Points are numbered as in the table; the dashed line is identity."))  # fmt: skip
    return tag(
        "div", tag("div", chart, numbers), table("Structures", head, listed, numeric=(2, 3, 4, 5)), class_="pair"
    )


def run(outputs: Outputs) -> Html:
    """List how long each step took, how the inversion converged, and with which software."""
    return join(_convergence(outputs), _runtime(outputs), _software(outputs), _files(outputs))


def _convergence(outputs: Outputs) -> Html:
    facts = outputs.section("convergence")
    stages = max((len(_listed(facts, name)) for name in ("iterations", "residual")), default=0)
    rows = []
    for stage in range(stages):
        cells = [_nth(_listed(facts, name), stage) for name in ("iterations", "residual")]
        rows.append((str(stage + 1), *cells))
    head = ("Stage", "Iterations", "Relative residual")
    return table("Dipole inversion", head, rows, numeric=(1, 2)) if rows else Html("")


def _runtime(outputs: Outputs) -> Html:
    nodes = [node for node in outputs.items("runtime") if isinstance(node, dict) and is_number(node.get("seconds"))]
    if not nodes:
        return Html("")
    longest = max(float(node["seconds"]) for node in nodes) or 1.0
    rows: list[tuple[object, ...]] = []
    for node in nodes:
        share = 100 * float(node["seconds"]) / longest
        meter = Html(f'<span class="meter" aria-hidden="true"><b style="width: {share:.1f}%"></b></span>')
        peak = f"{node['peak_gb']:.2f}" if is_number(node.get("peak_gb")) else ""
        rows.append((str(node.get("node")), f"{node['seconds']:.1f}", meter, peak))
    total = sum(float(node["seconds"]) for node in nodes)
    rows.append((tag("b", "Sum"), tag("b", f"{total:.1f}"), "", ""))
    listed = table("Time and memory", ("Node", "Seconds", "", "Peak [GB]"), rows, numeric=(1, 3))
    if not (outputs.folder / "graph.html").is_file():
        return listed
    return join(listed, paragraph("The same on the ", tag("a", "graph of the run", href="graph.html"), "."))


def _software(outputs: Outputs) -> Html:
    versions = [(name, str(value)) for name, value in outputs.section("software").items()]
    return table("Software", (), versions) if versions else Html("")


def _files(outputs: Outputs) -> Html:
    rows = []
    for (name, _), path in sorted(
        outputs.files.items(), key=lambda item: (list(VOCABULARY).index(item[0][0]), item[0][1])
    ):
        quantity = VOCABULARY[name]
        rows.append(
            (tag("a", path.name, href=path.name), quantity.meaning, quantity.unit or ("mask" if quantity.mask else ""))
        )
    listed = table("Files in this folder", ("File", "Meaning", "Unit"), rows)
    return tag("details", tag("summary", f"{len(rows)} volumes in this folder"), listed) if rows else Html("")


def _listed(facts: Mapping[str, Any], name: str) -> list[Any]:
    value = facts.get(name)
    if isinstance(value, (list, tuple)):
        return list(value)
    return [] if value is None else [value]


def _nth(values: Sequence[Any], place: int) -> str:
    if place >= len(values):
        return ""
    return f"{values[place]:.3g}" if isinstance(values[place], float) else str(values[place])


def _count(value: Any) -> str:
    return number(value) if is_number(value) else ""
