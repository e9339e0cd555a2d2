"""Pictures of planes: grey values in a fixed window, masks as outlines, letters that say which side is which.

A strip holds several planes side by side at one scale in millimetres, so that voxels keep their true proportions.
Pictures are black in both themes of the page, as on a reading console, and leave as JPEG bytes.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
from contourpy import contour_generator
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import ListedColormap, to_rgba
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from nipype_qsm.reports.view import LETTERS, Plane, View

GAP_MM = 3.0
PIXELS = 1600
"""Width of a strip; one and a half times what a page shows, for sharp screens and paper."""

DPI = 100
QUALITY = 84
LETTER_COLOUR = "#ffffff"


@dataclass(frozen=True)
class Outline:
    """A mask to draw over a panel.

    Parameters
    ----------
    mask : (rows, columns) bool array
    colour : str
    width : float
        Of the line, points; 0 for none.
    fill : float
        Opacity of the inside, 0 to 1.
    """

    mask: np.ndarray
    colour: str
    width: float = 1.4
    fill: float = 0.0


@dataclass(frozen=True)
class Panel:
    """One plane, ready to draw.

    Parameters
    ----------
    picture : (rows, columns) float array
        In the unit of the window.
    pixel_mm : (float, float)
        Width and height of a pixel.
    letters : str
        What stands at the left, right, top and bottom.
    label : str
        Which slice it is.
    outlines : list of Outline
    """

    picture: np.ndarray
    pixel_mm: tuple[float, float]
    letters: str
    label: str
    outlines: list[Outline] = field(default_factory=list)

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height, mm."""
        rows, columns = self.picture.shape
        return columns * self.pixel_mm[0], rows * self.pixel_mm[1]


def panel(view: View, plane: Plane, volume: np.ndarray) -> Panel:
    """Cut one plane of a volume."""
    return Panel(view.cut(volume, plane), view.pixel_mm(plane), LETTERS[plane.orientation], view.label(plane))


def strip(
    panels: Sequence[Panel],
    low: float,
    high: float,
    *,
    colours: str = "gray",
    smooth: bool = True,
    per_row: int = 6,
    pixels: int | None = None,
) -> bytes:
    """Draw panels side by side, all at one scale, and return a JPEG.

    Parameters
    ----------
    panels : sequence of Panel
    low, high : float
        Window: what is drawn in the first and in the last colour.
    colours : str
        Name of a Matplotlib colour map.
    smooth : bool
        Interpolate between voxels; leave it off where values jump, as in wrapped phase.
    per_row : int
    pixels : int, optional
        Width of the picture; `PIXELS` by default.
    """
    width, height, places = layout(panels, per_row)
    scale = min(pixels or PIXELS, PIXELS) / DPI / width
    figure = Figure(figsize=(width * scale, height * scale), dpi=DPI, facecolor="black")
    FigureCanvasAgg(figure)
    for one, (left, top) in zip(panels, places, strict=True):
        wide, tall = one.size_mm
        axes = figure.add_axes((left / width, 1 - (top + tall) / height, wide / width, tall / height))
        _draw(axes, one, (low, high), colours, smooth)
    content = io.BytesIO()
    figure.savefig(
        content, format="jpeg", dpi=DPI, facecolor="black", pil_kwargs={"quality": QUALITY, "subsampling": 0}
    )
    return content.getvalue()


def layout(panels: Sequence[Panel], per_row: int) -> tuple[float, float, list[tuple[float, float]]]:
    """Return width and height of a strip, and the left and top of each panel in it, mm.

    Parameters
    ----------
    panels : sequence of Panel
    per_row : int
    """
    rows = [panels[start : start + per_row] for start in range(0, len(panels), per_row)]
    width = max(sum(one.size_mm[0] + GAP_MM for one in row) - GAP_MM for row in rows)
    places, down = [], 0.0
    for row in rows:
        tallest = max(one.size_mm[1] for one in row)
        left = (width - sum(one.size_mm[0] + GAP_MM for one in row) + GAP_MM) / 2
        for one in row:
            places.append((left, down + (tallest - one.size_mm[1]) / 2))
            left += one.size_mm[0] + GAP_MM
        down += tallest + GAP_MM
    return width, down - GAP_MM, places


def outlines_svg(panels: Sequence[Panel], per_row: int, sentence: str) -> str:
    """Draw the outlines of a strip's panels as lines to lay over its picture.

    Parameters
    ----------
    panels : sequence of Panel
    per_row : int
        As in `strip`.
    sentence : str
        Read aloud instead of the lines.
    """
    width, height, places = layout(panels, per_row)
    lines = []
    for one, (left, top) in zip(panels, places, strict=True):
        for outline in one.outlines:
            framed = np.pad(outline.mask, 1).astype(np.float32)
            path = ""
            for line in contour_generator(z=framed).lines(0.5):
                points = (np.asarray(line) - 0.5) * one.pixel_mm + (left, top)
                path += "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z"
            if path:
                lines.append(f'<path d="{path}" fill="none" stroke="{outline.colour}" stroke-width="{outline.width}"/>')
    body, label = "".join(lines), escape(sentence, quote=True)
    return f'<svg class="over" viewBox="0 0 {width:.1f} {height:.1f}" role="img" aria-label="{label}">{body}</svg>'


def _draw(axes: Axes, one: Panel, window: tuple[float, float], colours: str, smooth: bool) -> None:
    wide, tall = one.size_mm
    place = (0.0, wide, 0.0, tall)
    axes.imshow(
        one.picture,
        cmap=colours,
        vmin=window[0],
        vmax=window[1],
        extent=place,
        interpolation="bilinear" if smooth else "nearest",
    )
    for outline in one.outlines:
        _overlay(axes, outline, place)
    axes.set(xlim=(0, wide), ylim=(0, tall))
    axes.set_axis_off()
    places = {"left": (0.012, 0.5), "right": (0.988, 0.5), "center": (0.5, 0.985), "bottom": (0.5, 0.015)}
    aligned = {"left": "center", "right": "center", "center": "top", "bottom": "bottom"}
    for (side, (x, y)), letter in zip(places.items(), one.letters, strict=True):
        horizontal = side if side in ("left", "right") else "center"
        _write(axes, x, y, letter, 15, ha=horizontal, va=aligned[side], color=LETTER_COLOUR, weight="bold")
    _write(axes, 0.985, 0.015, one.label, 11.5, ha="right", va="bottom", color="#d0d0d0")


def _overlay(axes: Axes, outline: Outline, place: tuple[float, float, float, float]) -> None:
    if not outline.mask.any():
        return
    if outline.fill:
        shown = np.ma.masked_where(~outline.mask, np.ones(outline.mask.shape))
        colour = ListedColormap([to_rgba(outline.colour, outline.fill)])
        axes.imshow(shown, cmap=colour, extent=place, interpolation="nearest")
    if outline.width:
        # A frame of background closes the outline of a mask that reaches the picture's edge.
        framed = np.pad(outline.mask, 1).astype(np.float32)
        rows, columns = outline.mask.shape
        wide, tall = place[1] / columns, place[3] / rows
        across = (np.arange(-1, columns + 1) + 0.5) * wide
        down = place[3] - (np.arange(-1, rows + 1) + 0.5) * tall
        axes.contour(across, down, framed, levels=[0.5], colors=[outline.colour], linewidths=[outline.width])


def _write(axes: Axes, x: float, y: float, text: str, size: float, **style: Any) -> None:
    outlined = [withStroke(linewidth=2, foreground="black")]
    axes.text(x, y, text, transform=axes.transAxes, fontsize=size, path_effects=outlined, **style)
