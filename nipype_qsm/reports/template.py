"""The page of a cohort's templates: each map in three axial planes, a coronal and a sagittal one, and as a mosaic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from nipype_qsm.reports.displays import DISPLAYS, Display
from nipype_qsm.reports.drawing import panel, strip
from nipype_qsm.reports.page import Html, document, figure, join, number, paragraph, scale, table, tag
from nipype_qsm.reports.view import Plane, View

N_MOSAIC = 12
TITLES = {"average": "Average", "ageing": "Ageing", "variance": "Standard deviation", "coverage": "Coverage"}
LOOK_FOR = {
    "average": "Grey and white matter part sharply where registration worked; a blurred cortex is registration's.",
    "ageing": "Red is higher in the old. Differences that follow the ventricles' edge are shape, not susceptibility.",
    "variance": "High in large veins, at the ventricles and at the brain's edge, where people differ in shape.",
    "coverage": "One inside the brain; it falls at the edge, and near the sinuses, where maps have no value.",
}


def template_page(
    volumes: Mapping[str, np.ndarray], summary: Mapping[str, Any], mask: np.ndarray, affine: np.ndarray
) -> str:
    """Write the page.

    Parameters
    ----------
    volumes : mapping of str to (x, y, z) array
        `average`, `variance`, `coverage`, and `ageing` and `average_GROUP` where there are.
    summary : mapping
        Facts of the store and of each file, as `template.json` has them.
    mask : (x, y, z) bool array
    affine : (4, 4) float array
    """
    view, display = View.of(mask, affine), DISPLAYS[summary["Measured"]]
    enough = mask & (volumes["coverage"] >= max(summary["MinimumCoverage"], 1e-6))
    told = {row["file"].removesuffix(".nii.gz"): row for row in summary["maps"]}
    sections = []
    groups = [name for name in volumes if name.startswith("average_")]
    for name in ("average", "ageing", "variance", "coverage"):
        if name in volumes:
            body = _map(view, display, name, volumes[name], mask if name == "coverage" else enough)
            sections.append((name, TITLES[name], join(paragraph(_sentence(told[name])), body)))
    shown = [tag("article", tag("h3", name.removeprefix("average_")), _strip(view, display, "average", volumes[name],
             enough, view.planes())) for name in groups]  # fmt: skip
    sections.append(("groups", "Groups", join(*shown)))
    sections.append(("files", "Files", _files(summary)))
    title = f"Templates of {display.title.lower()}"
    count = told["average"]["n"]
    header = join(tag("h1", title), paragraph(f"{number(count)} subjects in {summary['SpatialReference']}", quiet=True))
    return document(title, header, sections, "nipype_qsm")


def _sentence(row: Mapping[str, Any]) -> str:
    n = row["n"]
    counted = f"{number(n)} subjects" if isinstance(n, int) else f"{number(n[0])} and {number(n[1])} subjects"
    meaning = str(row["meaning"])
    drawn = "; drawn as its square root" if row["file"].startswith("variance") else ""
    return f"{meaning[0].upper()}{meaning[1:]}{drawn}; {counted}."


def _map(view: View, display: Display, name: str, volume: np.ndarray, mask: np.ndarray) -> Html:
    mosaic = _strip(view, display, name, volume, mask, view.mosaic(N_MOSAIC))
    return join(
        paragraph(tag("b", "Look for: "), LOOK_FOR[name]),
        _strip(view, display, name, volume, mask, view.planes()),
        mosaic,
    )


def _strip(view: View, display: Display, name: str, volume: np.ndarray, mask: np.ndarray, planes: list[Plane]) -> Html:
    values, low, high, unit, colours = _shown(display, name, volume, mask)
    panels = []
    for plane in planes:
        cut, inside = panel(view, plane, values), view.cut(mask, plane)
        # Where nothing was measured there is nothing to draw: the picture's black shows.
        panels.append(replace(cut, picture=np.where(inside, cut.picture, np.nan)))
    content = strip(panels, low, high, colours=colours, per_row=6)
    alt = f"{TITLES[name]}: {len(planes)} planes, drawn from {low:.4g} to {high:.4g} {unit}".rstrip() + "."
    return figure(content, alt, scale(low, high, unit, colours), "")


def _shown(
    display: Display, name: str, volume: np.ndarray, mask: np.ndarray
) -> tuple[np.ndarray, float, float, str, str]:
    """Return a map in the page's unit, its window, the unit, and the colours."""
    if name == "coverage":
        return volume, 0.0, 1.0, "of the subjects", "viridis"
    if name == "variance":
        values = np.sqrt(volume) * display.scale
        return values, 0.0, _top(values, mask), display.unit, "inferno"
    values = volume * display.scale
    if name == "ageing":
        top = _top(np.abs(values), mask)
        return values, -top, top, display.unit, "RdBu_r"
    low, high = display.window or (0.0, _top(values, mask))
    return values, low, high, display.unit, display.colours


def _top(values: np.ndarray, mask: np.ndarray) -> float:
    inside = values[mask & (values > 0)]
    return float(np.percentile(inside, 99)) if inside.size else 1.0


def _files(summary: Mapping[str, Any]) -> Html:
    rows = [[row["file"], row["meaning"], row["unit"] or "-", _count(row["n"])] for row in summary["maps"]]
    share = paragraph(
        f"Voxels that fewer than {summary['MinimumCoverage']:.0%} of the subjects have are zero in averages, variance "
        "and differences.",
        quiet=True,
    )
    return join(table("What was written", ["file", "what it is", "unit", "subjects"], rows), share)


def _count(n: int | list[int]) -> str:
    return number(n) if isinstance(n, int) else " and ".join(number(one) for one in n)
