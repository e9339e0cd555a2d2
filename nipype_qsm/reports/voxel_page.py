"""One page to look through maps of association: three planes, a crosshair, a threshold, any variable.

The page is one file of a few megabytes at most that fetches nothing. Volumes are shown on voxels of two or three
millimetres, each with the strongest of the voxels that it stands for, in 8 bits, and packed; the maps beside the page
hold the exact numbers. What does not fit is left out, weakest first, and said.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.colors import to_hex

from nipype_qsm.reports.page import Html, document, join, number, paragraph, table, tag
from nipype_qsm.reports.view import View, turned
from nipype_qsm.reports.voxel_figures import FALLING, RISING, Overlay, window
from nipype_qsm.reports.voxel_script import TEMPLATE

MOST_VOXELS = 1_200_000
"""Of the grid that is shown."""

MOST_BYTES = 2_700_000
"""Of all packed volumes; a page is little more."""

FLOOR = 2.0
"""-log10 P below which a voxel is not drawn, unless a threshold is lower: noise does not pack."""


def voxel_page(
    overlays: Sequence[tuple[Overlay, np.ndarray]],
    background: np.ndarray,
    mask: np.ndarray,
    affine: np.ndarray,
    *,
    rows: Sequence[dict[str, Any]] = (),
    facts: str = "",
) -> str:
    """Write the page.

    Parameters
    ----------
    overlays : sequence of (Overlay, (x, y, z) int array)
        Maps of each variable, and subjects of each voxel.
    background : (x, y, z) float array
        The template.
    mask : (x, y, z) bool array
    affine : (4, 4) float array
    rows : sequence of dict
        Of the summary: name, n, fdr, bonferroni, n_fdr, peak_r, peak_mlog10p.
    facts : str
        A sentence about subjects and space.
    """
    grid = Grid(mask, affine)
    low, high = window(background, mask)
    grey = np.where(mask, 1 + 254 * np.clip((background - low) / (high - low), 0, 1), 0)
    data = grid.facts() | {"colours": [_stops(RISING), _stops(FALLING)], "variables": []}
    data["background"], size = _packed(np.round(grid.mean(grey)).astype(np.uint8))
    told = {row["name"]: row for row in rows}
    order = sorted(overlays, key=lambda one: -float(np.nanmax(one[0].mlog10p, initial=0)))
    for overlay, n in order:
        packed, bytes_ = _variable(grid, overlay, n, mask)
        if size + bytes_ > MOST_BYTES:
            break
        size += bytes_
        row = told.get(overlay.name, {})
        packed["lines"] = [
            [rule, float(row[key])]
            for rule, key in (("FDR", "fdr"), ("Bonferroni", "bonferroni"))
            if np.isfinite(row.get(key, np.nan))
        ]
        data["variables"].append(packed)
    shown = len(data["variables"])
    header = join(
        tag("h1", "Voxel-wise associations"),
        paragraph(facts),
        paragraph(
            f"{shown} of {len(overlays)} variables are on this page, the strongest first; all maps are beside it."
        )
        if shown < len(overlays)
        else "",
    )
    body = TEMPLATE.replace("{data}", json.dumps(data, separators=(",", ":")).replace("</", "<\\/"))
    footer = (
        f"A voxel of this page is {grid.factor} of the map's on each side and shows the strongest of them; r and "
        "\N{MINUS SIGN}log10 P are rounded to a 127th and a 255th of their range. The maps beside it are exact. "
        "P values are not adjusted; thresholds are."
    )
    sections = [("maps", "Maps", Html(body)), ("summary", "Summary", _summary(rows))]
    return document("Voxel-wise associations", header, sections, footer)


class Grid:
    """The coarser grid that is shown: turned to right, front and top, cropped, some voxels as one.

    Parameters
    ----------
    mask : (x, y, z) bool array
    affine : (4, 4) float array
    """

    def __init__(self, mask: np.ndarray, affine: np.ndarray) -> None:
        self.view = View.of(mask, affine)
        shape = np.subtract(self.view.high, self.view.low)
        self.factor = 1
        while np.prod(-(-shape // self.factor)) > MOST_VOXELS:
            self.factor += 1
        self.shape = tuple(int(size) for size in -(-shape // self.factor))
        self.affine = np.asarray(affine, float)

    def blocks(self, volume: np.ndarray, fill: float) -> np.ndarray:
        """Return (x, y, z, voxels of one) of a stored volume."""
        part = turned(volume, self.view)
        part = part[tuple(slice(a, b) for a, b in zip(self.view.low, self.view.high, strict=True))]
        f, goal = self.factor, self.shape
        wide = [(0, f * size - have) for size, have in zip(goal, part.shape, strict=True)]
        part = np.pad(part, wide, constant_values=fill)
        split = part.reshape(goal[0], f, goal[1], f, goal[2], f).transpose(0, 2, 4, 1, 3, 5)
        return split.reshape(*goal, f**3)

    def mean(self, volume: np.ndarray) -> np.ndarray:
        """Return the mean of what is not zero."""
        parts = self.blocks(np.asarray(volume, np.float32), 0)
        return parts.sum(axis=-1) / np.maximum((parts > 0).sum(axis=-1), 1)

    def facts(self) -> dict[str, Any]:
        """Return shape, millimetres of the first voxel and of a step along each axis."""
        view, first = self.view, np.zeros(3)
        for axis, stored in enumerate(view.order):
            middle = view.low[axis] + (self.factor - 1) / 2
            first[stored] = view.size[axis] - 1 - middle if view.mirrored[axis] else middle
        origin = self.affine[:3, :3] @ first + self.affine[:3, 3]
        return {
            "shape": self.shape,
            "origin": [round(float(value), 2) for value in origin],
            "step": [round(float(size) * self.factor, 3) for size in view.voxel_size],
        }


def _variable(grid: Grid, overlay: Overlay, n: np.ndarray, mask: np.ndarray) -> tuple[dict[str, Any], int]:
    """Pack a variable's maps; return them and their size."""
    strength = grid.blocks(np.where(mask, np.nan_to_num(overlay.mlog10p, nan=-1.0), -1.0), -1.0)
    chosen = strength.argmax(axis=-1)[..., None]
    p = np.take_along_axis(strength, chosen, -1)[..., 0]
    r = np.take_along_axis(grid.blocks(np.nan_to_num(overlay.r), 0), chosen, -1)[..., 0]
    count = np.take_along_axis(grid.blocks(np.asarray(n, np.float32), 0), chosen, -1)[..., 0]
    finite = np.where(np.isfinite(p), p, 0)
    floor = min(FLOOR, float(overlay.threshold))
    top = max(float(finite.max(initial=0)), 2 * floor)
    strongest = max(float(np.abs(r).max(initial=0)), 1e-6)
    drawn = p >= floor
    # The root spends the steps where thresholds are.
    code = np.where(drawn, np.ceil(255 * np.sqrt(np.clip(p / top, 0, 1))), 0).astype(np.uint8)
    signed = np.where(drawn, 128 + np.round(127 * r / strongest), 128).astype(np.uint8)
    largest = max(float(count.max(initial=0)), 1.0)
    share = np.round(255 * count / largest).astype(np.uint8)
    place = [int(k) for k in np.unravel_index(int(np.argmax(p)), p.shape)]
    facts: dict[str, Any] = {"name": overlay.name, "top": top, "most": strongest, "n": int(largest), "peak": place}
    facts["floor"] = floor
    facts["threshold"], size = float(overlay.threshold) if np.isfinite(overlay.threshold) else top, 0
    for key, values in (("p", code), ("r", signed), ("share", share)):
        facts[key], bytes_ = _packed(values)
        size += bytes_
    return facts, size


def _packed(values: np.ndarray) -> tuple[str, int]:
    """Compress bytes, the axis to the right fastest, as differences along it."""
    flat = values.ravel(order="F")
    content = b64encode(zlib.compress(np.diff(flat, prepend=np.uint8(0)).tobytes(), 9)).decode()
    return content, len(content)


def _stops(colours: Any) -> list[str]:
    return [to_hex(colours(place)) for place in (0.0, 0.5, 1.0)]


def _summary(rows: Sequence[dict[str, Any]]) -> Html:
    head = ["variable", "subjects", "FDR", "voxels", "Bonferroni", "voxels", "peak r", "peak \N{MINUS SIGN}log10 P"]
    body = []
    for row in rows:
        limit = number(row["fdr"], 2) if np.isfinite(row["fdr"]) else "none"
        peak = [number(row["peak_r"], 3), number(row["peak_mlog10p"], 1)] if np.isfinite(row["peak_r"]) else ["-", "-"]
        bonferroni = number(row["bonferroni"], 2) if np.isfinite(row["bonferroni"]) else "-"
        body.append([row["name"], number(row["n"]), limit, number(row["n_fdr"]), bonferroni,
                     number(row["n_bonferroni"]), *peak])  # fmt: skip
    return table("Thresholds in \N{MINUS SIGN}log10 P", head, body, numeric=range(1, 8)) if body else Html("")
