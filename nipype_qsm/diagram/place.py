"""Where everything stands: coordinates of a graph's boxes and lines, given which groups are open.

Inner groups are placed first and then stand in their row like any box. A line runs straight down through rows, where
nothing stands in its lane, and bends only between rows, where there are no boxes at all.

`place.js` does the same in the browser whenever a group is opened or closed. Change both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import floor

from nipype_qsm.diagram.columns import Placed, Shifts, columns
from nipype_qsm.diagram.levels import Item, Level
from nipype_qsm.diagram.measure import LINE_HEIGHT, label_width

PAD, HEAD = 16, 28
GAP, MOST_GAP, SLOPE = 18.0, 44.0, 0.06


@dataclass
class Wire:
    """A line: down from (x, y) to `bend`, over to `to_x` at `arrive`, down to `to_y`."""

    level: str
    net: int
    x: float
    y: float
    bend: float
    to_x: float
    arrive: float
    to_y: float
    ends: str
    """Path of the part where it ends; empty where it goes on."""


@dataclass
class Picture:
    """Everything in one frame of coordinates."""

    width: float
    height: float
    parts: dict[str, tuple[float, float, float, float]]
    """x, y, width, height of every visible box and group, outer groups first."""
    labels: list[tuple[str, int, float, float]]
    """Level, net, middle and upper edge."""
    wires: list[Wire]


@dataclass
class Scene:
    """What placing needs to know: the levels, and the sizes of boxes, closed groups and headings."""

    levels: Mapping[str, Level]
    sizes: Mapping[str, tuple[int, int]]
    titles: Mapping[str, int]

    def picture(self, opened: set[str]) -> Picture:
        """Place everything, with these groups open."""
        placed: dict[str, Placed] = {}
        whole = self._place("", opened, placed)
        picture = Picture(whole.width, whole.height, {}, [], [])
        self._gather("", opened, placed, (0.0, 0.0), picture)
        return picture

    def _place(self, path: str, opened: set[str], placed: dict[str, Placed]) -> Placed:
        level = self.levels[path]
        for item in level.items:
            if item.kind == "box" and item.path in opened:
                self._place(item.path, opened, placed)
        sizes = [self._size(level, item, placed) for item in level.items]
        shifts = Shifts(self.levels, placed, level, sizes)
        x = columns(level, sizes, shifts)
        placed[path] = _stacked(level, sizes, x, shifts)
        return placed[path]

    def _size(self, level: Level, item: Item, placed: Mapping[str, Placed]) -> tuple[float, float]:
        if item.kind == "box":
            inner = placed.get(item.path)
            return (inner.width, inner.height) if inner else self.sizes[item.path]
        if item.kind == "label":
            return self.label_size(level.nets[item.net].label)
        if item.kind == "title":
            return self.titles[item.path], HEAD
        return 0, HEAD if item.kind == "top" else 0

    @staticmethod
    def label_size(lines: list[str]) -> tuple[float, float]:
        """Return width and height of a label."""
        return max(label_width(line) for line in lines), LINE_HEIGHT * len(lines) + 4

    def _gather(
        self, path: str, opened: set[str], placed: Mapping[str, Placed], at: tuple[float, float], picture: Picture
    ) -> None:
        level, here = self.levels[path], placed[path]
        shifts = Shifts(self.levels, placed, level, here.sizes)
        row_of = {item: number for number, row in enumerate(level.rows) for item in row}
        for number, item in enumerate(level.items):
            (width, height), x, y = here.sizes[number], at[0] + here.x[number], at[1] + here.y[number]
            if item.kind == "label":
                picture.labels.append((path, item.net, x, y))
            elif item.kind == "box":
                picture.parts[item.path] = (x - width / 2, y, width, height)
                if item.path in placed:
                    self._gather(item.path, opened, placed, (x - width / 2, y), picture)
        for above, below, net in level.wires:
            upper, lower = row_of[above], row_of[below]
            kind, end = level.items[above].kind, level.items[below]
            from_y = here.y[above] + here.sizes[above][1] if kind == "box" else here.row_bottom[upper]
            to_y = here.y[below] if end.kind == "box" else here.row_bottom[lower]
            if kind == "top":
                from_y = 0
            x, to_x = here.x[above] + shifts.out(above, net), here.x[below] + shifts.into(below, net)
            ys = (from_y, here.row_bottom[upper], here.row_top[lower], to_y)
            start, bend, arrive, to = (at[1] + value for value in ys)
            picture.wires.append(Wire(path, net, at[0] + x, start, bend, at[0] + to_x, arrive, to, end.path))


def _stacked(level: Level, sizes: list[tuple[float, float]], x: list[float], shifts: Shifts) -> Placed:
    """Put the rows one below the other, and count from the corner."""
    pad = PAD if level.path else 0
    left = min((x[n] - sizes[n][0] / 2 for n in range(len(x))), default=0.0)
    x = [half(value - left + pad) for value in x]
    for number, item in enumerate(level.items):
        if item.kind == "title":
            x[number] = sizes[number][0] / 2
    row_of = {item: number for number, row in enumerate(level.rows) for item in row}
    reach = [0.0] * len(level.rows)
    for above, below, net in level.wires:
        over = abs(x[above] + shifts.out(above, net) - x[below] - shifts.into(below, net))
        reach[row_of[below]] = max(reach[row_of[below]], over)
    y, top, bottom, at = [0.0] * len(x), [], [], 0.0
    for number, row in enumerate(level.rows):
        at += half(min(MOST_GAP, GAP + SLOPE * reach[number])) if number else 0
        height = max((sizes[item][1] for item in row), default=0)
        for member in row:
            low = level.items[member].kind == "box" and not level.items[member].ins
            y[member] = at + (height - sizes[member][1] if low else 0)
        top.append(at)
        at += height
        bottom.append(at)
    width = max((x[n] + sizes[n][0] / 2 for n in range(len(x))), default=0.0) + pad
    if level.path and level.items[level.rows[-1][0]].kind != "bottom":
        at += PAD
    return Placed(half(width), at, x, y, sizes, top, bottom)


def half(value: float) -> float:
    """Round to half a pixel, as the browser does."""
    return floor(2 * value + 0.5) / 2
