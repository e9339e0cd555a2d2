"""Charts as SVG text: they take the page's colours, stay sharp on paper and need no picture file.

Every chart carries a sentence that says what it shows, for readers who hear the page. Text and lines are styled by
the page's style sheet (classes `bar`, `line`, `mark`, `dot`), so that light and dark themes need no second drawing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

WIDTH, HEIGHT = 460, 240
LEFT, RIGHT, TOP, BOTTOM = 58, 16, 26, 46


@dataclass(frozen=True)
class Mark:
    """A vertical line in a histogram, with its name."""

    at: float
    name: str


@dataclass(frozen=True)
class _Axis:
    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / ((self.high - self.low) or 1.0) * (self.end - self.start)

    def ticks(self) -> list[float]:
        return nice_ticks(self.low, self.high)


def nice_ticks(low: float, high: float, count: int = 6) -> list[float]:
    """Return round numbers between two limits.

    Parameters
    ----------
    low, high : float
    count : int
        About how many.
    """
    span = (high - low) or 1.0
    raw = span / count
    power = 10.0 ** np.floor(np.log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * 0.999)
    first = np.ceil(low / step - 1e-9)
    values = np.arange(first, np.floor(high / step + 1e-9) + 1) * step
    return [float(value) + 0.0 for value in values]


def histogram(
    values: np.ndarray,
    low: float,
    high: float,
    *,
    axis_label: str,
    sentence: str,
    marks: Sequence[Mark] = (),
    n_bins: int = 90,
) -> str:
    """Draw how often values occur between two limits.

    Parameters
    ----------
    values : array
    low, high : float
        Values beyond are left out.
    axis_label : str
        Quantity and unit.
    sentence : str
        Read aloud instead of the chart.
    marks : sequence of Mark
    n_bins : int
    """
    counts, edges = np.histogram(values, bins=n_bins, range=(low, high))
    across = _Axis(low, high, LEFT, WIDTH - RIGHT)
    up = _Axis(0, float(counts.max(initial=1)) * 1.04, HEIGHT - BOTTOM, TOP)
    points = [f"{across(edges[0]):.1f},{up(0):.1f}"]
    for count, first, last in zip(counts, edges[:-1], edges[1:], strict=True):
        points += [f"{across(first):.1f},{up(count):.1f}", f"{across(last):.1f},{up(count):.1f}"]
    points.append(f"{across(edges[-1]):.1f},{up(0):.1f}")
    body = [_counts(up), f'<polygon class="bar" points="{" ".join(points)}"/>', _bottom(across, axis_label)]
    for number, mark in enumerate(mark for mark in marks if low <= mark.at <= high):
        x = across(mark.at)
        anchor = "end" if x > WIDTH * 0.7 else "start"
        shift = -5 if anchor == "end" else 5
        body.append(f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 10}" y2="{HEIGHT - BOTTOM}"/>')
        body.append(
            f'<text class="name" x="{x + shift:.1f}" y="{TOP - 2 + 15 * number}" text-anchor="{anchor}">'
            f"{escape(mark.name)}</text>"
        )
    return _svg(body, WIDTH, HEIGHT, sentence)


def scatter(
    truth: Sequence[float], measured: Sequence[float], names: Sequence[str], *, unit: str, sentence: str
) -> str:
    """Draw measured against true values, numbered as in the table beside it, with the line of identity.

    Parameters
    ----------
    truth, measured : sequence of float
    names : sequence of str
        Shown when a point is pointed at.
    unit : str
    sentence : str
        Read aloud instead of the chart.
    """
    side = 460
    both = [*truth, *measured, 0.0]
    margin = 0.06 * ((max(both) - min(both)) or 1.0)
    low, high = min(both) - margin, max(both) + margin
    across, up = _Axis(low, high, LEFT, side - RIGHT), _Axis(low, high, side - BOTTOM, TOP)
    body = [
        _bottom(across, f"true susceptibility, {unit}", bottom=side),
        _side(up, f"measured, {unit}", right=side - RIGHT),
        f'<line class="line" x1="{across(low):.1f}" y1="{up(low):.1f}" x2="{across(high):.1f}" y2="{up(high):.1f}"/>',
    ]
    for number, (x, y, name) in enumerate(zip(truth, measured, names, strict=True), start=1):
        body.append(
            f"<g><title>{escape(name)}: true {x:.1f}, measured {y:.1f} {escape(unit)}</title>"
            f'<circle class="dot" cx="{across(x):.1f}" cy="{up(y):.1f}" r="4.5"/>'
            f'<text class="number" x="{across(x) + 7:.1f}" y="{up(y) - 5:.1f}">{number}</text></g>'
        )
    return _svg(body, side, side, sentence)


@dataclass(frozen=True)
class Ranged:
    """A row of a chart of ranges: what is usual as a bar, what was found as dots."""

    name: str
    low: float
    high: float
    found: tuple[float, ...]


def ranges(rows: Sequence[Ranged], *, axis_label: str, sentence: str) -> str:
    """Draw numbers on the range that is usual for each; dots beyond it are marked.

    Parameters
    ----------
    rows : sequence of Ranged
        The first dot of a row is the left side's; a side without a number is NaN and has none.
    axis_label : str
        Quantity and unit.
    sentence : str
        Read aloud instead of the chart.
    """
    step, left = 25, 150
    height = TOP + step * len(rows) + BOTTOM
    every = [value for row in rows for value in (row.low, row.high, *row.found) if not math.isnan(value)]
    margin = 0.04 * (max(every) - min(every))
    across = _Axis(min(every) - margin, max(every) + margin, left, WIDTH - RIGHT)
    body = [_bottom(across, axis_label, bottom=height)]
    for place, row in enumerate(rows):
        y = TOP + step * (place + 0.5)
        start, end = across(row.low), across(row.high)
        body.append(f'<text class="name" x="{left - 10}" y="{y + 4:.1f}" text-anchor="end">{escape(row.name)}</text>')
        body.append(
            f'<rect class="usual" x="{start:.1f}" y="{y - 6:.1f}" width="{end - start:.1f}" height="12" rx="3"/>'
        )
        for value, side in zip(row.found, ("left", "right") if len(row.found) == 2 else ("",), strict=False):
            if math.isnan(value):
                continue
            kind = "dot" if row.low <= value <= row.high else "dot beyond"
            told = f"{f'{row.name} {side}'.strip()}: {value:.1f}, usually {row.low:g} to {row.high:g}"
            shift = {"left": -3, "right": 3}.get(side, 0)
            body.append(
                f'<g><title>{escape(told)}</title><circle class="{kind}" cx="{across(value):.1f}" cy="{y + shift:.1f}" '
                'r="4.5"/></g>'
            )
    return _svg(body, WIDTH, height, sentence)


def _bottom(axis: _Axis, label: str, *, bottom: float = HEIGHT) -> str:
    base = bottom - BOTTOM
    parts = [f'<line class="axis" x1="{axis.start:.1f}" x2="{axis.end:.1f}" y1="{base}" y2="{base}"/>']
    for tick in axis.ticks():
        x = axis(tick)
        parts.append(f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{base}" y2="{base + 4}"/>')
        parts.append(f'<text x="{x:.1f}" y="{base + 18}" text-anchor="middle">{number_text(tick)}</text>')
    middle = (axis.start + axis.end) / 2
    parts.append(f'<text class="name" x="{middle:.1f}" y="{bottom - 6}" text-anchor="middle">{escape(label)}</text>')
    return "".join(parts)


def _counts(axis: _Axis) -> str:
    return _side(axis, "voxels", right=WIDTH - RIGHT, ticks=nice_ticks(axis.low, axis.high, 4))


def _side(axis: _Axis, label: str, *, right: float, ticks: Sequence[float] | None = None) -> str:
    parts = []
    for tick in axis.ticks() if ticks is None else ticks:
        y = axis(tick)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{number_text(tick)}</text>')
    parts.append(f'<text class="name" x="4" y="14">{escape(label)}</text>')
    return "".join(parts)


def number_text(value: float) -> str:
    """Write a number for an axis: a real minus sign, thousands grouped, no needless zeros."""
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"
    return text.replace("-", "\N{MINUS SIGN}").replace(",", "\N{NARROW NO-BREAK SPACE}")


def _svg(body: Sequence[str], width: int, height: int, sentence: str) -> str:
    label = escape(sentence, quote=True)
    return f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{label}">{"".join(body)}</svg>'
