"""The part of a report from maps to numbers: regions drawn over the map, phenotypes on their usual ranges, quality.

Outlines lie over the picture as lines and can be switched off, so that what they hide can be seen; a curtain moves one
map over another. Both work without a script.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from nipype_qsm.kernels.regions.naming import CHI, NIGRA, PHENOTYPES, STRUCTURES, T2STAR
from nipype_qsm.kernels.regions.ranges import USUAL
from nipype_qsm.reports.charts import Ranged, ranges
from nipype_qsm.reports.checks import Check
from nipype_qsm.reports.displays import DISPLAYS, window_of
from nipype_qsm.reports.drawing import Outline, outlines_svg, strip
from nipype_qsm.reports.outputs import Outputs, is_number
from nipype_qsm.reports.page import Html, image, join, number, paragraph, table, tag
from nipype_qsm.reports.pictures import Studio, chi_quantity, drawn, key
from nipype_qsm.reports.view import Plane

COLOURS = {
    "thalamus": "#4cc9f0",
    "caudate": "#ffd166",
    "putamen": "#3df56f",
    "pallidum": "#ff5d8f",
    "hippocampus": "#b28dff",
    "amygdala": "#ff9f1c",
    "accumbens": "#00c2a8",
    "substantia_nigra": "#ff3b3b",
}
CURTAIN_PIXELS = 1100
SAID_ALREADY = ("brain_volume", "mask_kept")
"""Checks that the masks answer already."""

QUESTIONS = {
    "field_residual": "Background field left over",
    "label_fit": "Variance that labels explain",
    "label_fit_displaced": "Labels 6 mm away, against in place",
    "label_fit_mirrored": "Labels mirrored, against in place",
    "iron_contrast": "Pallidum minus thalamus",
    "registration_overlap": "Overlap of the brain masks",
    "registration_offset": "Registration off by",
    "registration_peak": "Registration stands out from places nearby by",
    "template_peak": "T1 on the template stands out from places nearby by",
    "registration_mirrored": "Mirror image more alike by",
    "idps_missing": "Phenotypes without a number",
    "idps_outside": "Phenotypes outside their range",
}

USUAL_RANGES = {str(row["name"]): (float(row["low"]), float(row["high"])) for row in USUAL}  # type: ignore[arg-type]


def quality_checks(outputs: Outputs) -> list[Check]:
    """Return the rows of `qc.tsv` as checks."""
    found = []
    for row in outputs.table("qc", "name", "value", "low", "high", "flag", "meaning"):
        if row["name"] in SAID_ALREADY:
            continue
        name = str(row["name"])
        plain = name.removeprefix("outlier_") if name.startswith("outlier_") else name.replace("_", " ").capitalize()
        question = QUESTIONS.get(name) or plain.replace("Unreliable", "Unreliable phase,")
        unit = f" {row['unit']}" if row.get("unit") else ""
        usual = f"{_digits(row['low'])} to {_digits(row['high'])}{unit}"
        if row["low"] == row["high"]:
            usual = f"{_digits(row['low'])}{unit}"
        found.append(Check(question, f"{_digits(row['value'])}{unit}", usual, row["flag"] == 0))
    return found


def _digits(value: Any) -> str:
    if not is_number(value):
        return "not measured" if isinstance(value, float) and np.isnan(value) else str(value)
    return number(value) if abs(value) >= 100 else f"{value:.3g}".replace("-", "\N{MINUS SIGN}")


def regions_section(outputs: Outputs, studio: Studio | None = None) -> Html:
    """Show where the regions lie, what they hold and how that compares."""
    rows = {str(row["name"]): row for row in outputs.table("idps", "name", "value", "unit", "n_voxels", "reason")}
    pictures = Html("") if studio is None else join(label_figure(studio), wipe_figure(studio))
    if not rows:
        return pictures
    lead = paragraph(
        "Each structure has a bar from the lowest to the highest number that is usual in adults at 3 T, and a dot for "
        "the left (upper) and right (lower) side. The ranges are wide: they catch errors, they are no norm."
    )
    charts = [_chart(rows, quantity, title) for quantity, title in ((CHI, "QSM"), (T2STAR, "T2*"))]
    return join(pictures, lead, tag("div", *charts, class_="pair"), _numbers(rows))


def _chart(rows: Mapping[str, Mapping[str, Any]], quantity: str, title: str) -> Html:
    drawn_rows = []
    for structure in (*STRUCTURES, "substantia_nigra", "white_matter_hyperintensities"):
        own = [one for one in PHENOTYPES if one.quantity == quantity and one.region.endswith(structure)]
        values = [float(rows[one.name]["value"]) for one in own if one.name in rows]
        low, high = USUAL_RANGES[own[0].name]
        if np.isfinite(values).any():
            short = structure.replace("_", " ").replace("white matter hyperintensities", "WMH \N{MINUS SIGN} NAWM")
            drawn_rows.append(Ranged(short, low, high, tuple(values)))
    if not drawn_rows:
        return Html("")
    unit = "ppb" if quantity == CHI else "ms"
    spoken = f"{title} of {len(drawn_rows)} structures on their usual ranges; the numbers are in the table."
    return tag("figure", Html(ranges(drawn_rows, axis_label=f"{title}, {unit}", sentence=spoken)))


def _numbers(rows: Mapping[str, Mapping[str, Any]]) -> Html:
    listed = []
    for name, row in rows.items():
        low, high = USUAL_RANGES.get(name, (-np.inf, np.inf))
        value = row["value"]
        missing = not is_number(value)
        beyond = not missing and not low <= value <= high
        state = "" if not beyond else tag("span", "\N{BLACK UP-POINTING TRIANGLE} outside", class_="state look")
        listed.append((
            name,
            "\N{EN DASH}" if missing else number(value, 1),
            str(row["unit"]),
            number(row["n_voxels"]) if is_number(row["n_voxels"]) else "",
            f"{number(low)} to {number(high)}" if np.isfinite(low) else "",
            str(row["reason"]) if missing else state,
        ))  # fmt: skip
    head = ("Phenotype", "Value", "", "Voxels", "Usual", "")
    written = table("Imaging-derived phenotypes", head, listed, numeric=(1, 3))
    missing_rows = sum(1 for row in rows.values() if not is_number(row["value"]))
    title = f"All {len(rows)} phenotypes" + (f", {missing_rows} without a number" if missing_rows else "")
    return tag("details", tag("summary", title), written)


def label_figure(studio: Studio) -> Html:
    """Draw the regions as lines over the susceptibility map, with a switch that hides them."""
    labels, quantity = studio.outputs.load("labels"), chi_quantity(studio.outputs)
    volume = studio.outputs.load(quantity) if quantity else None
    if labels is None or volume is None or quantity is None:
        return Html("")
    numbers = {**STRUCTURES, "substantia_nigra": NIGRA}
    region = np.isin(np.rint(labels), [one for pair in numbers.values() for one in pair])
    if not region.any():
        return Html("")
    planes, display = studio.view.planes_through(region), DISPLAYS[quantity]
    panels, bar = drawn(studio, volume, display, planes)
    low, high = window_of(display, volume)
    outlined = [
        replace(one, outlines=[
            Outline(np.isin(np.rint(studio.view.cut(labels, plane)), pair), COLOURS[name], width=0.7)
            for name, pair in numbers.items()
        ])
        for one, plane in zip(panels, planes, strict=True)
    ]  # fmt: skip
    picture = image(strip(panels, low, high, per_row=3), "Susceptibility through the deep grey structures.")
    over = Html(outlines_svg(outlined, 3, "Outlines of the deep grey structures."))
    there = [name for name, pair in numbers.items() if np.isin(pair, np.rint(labels[region])).any()]
    names = [tag("li", key(COLOURS[name]), name.replace("_", " ")) for name in there]
    switch = Html('<input type="checkbox" class="switch" id="show-regions" checked>')
    stack = tag("div", picture, over, class_="stack")
    label = tag("label", "Outlines of the regions", for_="show-regions")
    caption = tag("figcaption", "Regions end where the map's contrast ends; if they do not, the registration is wrong.")
    return tag("figure", switch, label, stack, bar, tag("ul", *names, class_="legend"), caption)


def wipe_figure(studio: Studio) -> Html:
    """Lay one map over another behind a curtain that can be pulled."""
    found: list[Html] = []
    for quantity in (T2STAR, chi_quantity(studio.outputs)):
        volume = studio.outputs.load(quantity) if quantity and studio.outputs.echoes(quantity) else None
        if volume is None or quantity is None:
            return Html("")
        display = DISPLAYS[quantity]
        panels, _ = drawn(studio, volume, display, _axial(studio))
        content = strip(panels, *window_of(display, volume), per_row=3, pixels=CURTAIN_PIXELS)
        found.append(image(content, f"{display.title}: three axial slices."))
    curtain = tag("div", found[1], class_="curtain")
    caption = tag(
        "figcaption",
        "Susceptibility over T2*: pull the lower right corner of the curtain. Iron is bright in the one and dark in "
        "the other, at the same place.",
    )
    return tag("figure", tag("div", found[0], curtain, class_="wipe"), caption)


def _axial(studio: Studio) -> list[Plane]:
    labels = studio.outputs.load("labels") if studio.outputs.echoes("labels") else None
    planes = studio.view.planes() if labels is None else studio.view.planes_through(labels > 0)
    return [plane for plane in planes if plane.orientation == "axial"]
