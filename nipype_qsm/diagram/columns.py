"""Where the items of a level stand from left to right.

Within a row, items keep their order and distances and come as near as they can to what they are joined with: weighted
least squares under order constraints, solved exactly for a row at a time by pooling (isotonic regression), sweeping up
and down. Lines weigh more than boxes, and in the last sweeps they keep straight and the boxes yield.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf

from nipype_qsm.diagram.levels import Level

SWEEPS, RIGID = 20, 6
STEP, CORNER = 16.0, 18.0
"""Distance of two ports of a box, and of a port from the corner of its box."""
STRAIGHTEN = 2
LANE = 8.0
"""How much stronger a line keeps straight than boxes keep below each other."""

Pulls = list[list[tuple[int, float, float]]]
"""For each item: others, the wanted distance from them, and how strongly it is wanted."""


@dataclass
class Placed:
    """A level: its size, and where its items stand, from its own upper left corner."""

    width: float
    height: float
    x: list[float]
    """Middle of each item."""
    y: list[float]
    """Upper edge of each item."""
    sizes: list[tuple[float, float]]
    row_top: list[float]
    row_bottom: list[float]


class Shifts:
    """How far from the middle of an item a line begins or ends."""

    def __init__(
        self,
        levels: Mapping[str, Level],
        placed: Mapping[str, Placed],
        level: Level,
        sizes: Sequence[tuple[float, float]],
    ) -> None:
        self.levels, self.placed, self.level, self.sizes = levels, placed, level, sizes

    def out(self, number: int, net: int) -> float:
        """Return where a line begins."""
        return self._shift(number, self.level.items[number].outs, net, "bottom")

    def into(self, number: int, net: int) -> float:
        """Return where a line ends."""
        return self._shift(number, self.level.items[number].ins, net, "top")

    def _shift(self, number: int, ports: list[int], net: int, kind: str) -> float:
        item = self.level.items[number]
        if item.kind != "box":
            return 0.0
        place = ports.index(net)
        inner = self.placed.get(item.path)
        if inner is None:
            step = min(STEP, (self.sizes[number][0] - 2 * CORNER) / max(len(ports) - 1, 1))
            return (place - (len(ports) - 1) / 2) * step
        own = [n for n, each in enumerate(self.levels[item.path].items) if each.kind == kind]
        return inner.x[own[place]] - inner.width / 2


def columns(level: Level, sizes: Sequence[tuple[float, float]], shifts: Shifts) -> list[float]:
    """Return the middle of each item."""
    x = [0.0] * len(level.items)
    gaps = [_gaps(level, row, sizes) for row in level.rows]
    for row, between in zip(level.rows, gaps, strict=True):
        at = -sum(between) / 2
        for item, gap in zip(row, [*between, 0.0], strict=True):
            x[item], at = at, at + gap
    up, down, lane = _pulls(level, shifts)
    numbers = list(range(len(level.rows)))
    for sweep in range(SWEEPS):
        near = _nearest(sweep, up, down, lane)
        for number in numbers if sweep % 2 == 0 else reversed(numbers):
            _settle(level.rows[number], gaps[number], x, near)
    _straighten(level, gaps, x)
    return x


def _lanes(level: Level) -> list[list[int]]:
    """Return the items that each net passes between its ends."""
    lanes: dict[int, list[int]] = {}
    for number, item in enumerate(level.items):
        if item.net >= 0:
            lanes.setdefault(item.net, []).append(number)
    return list(lanes.values())


def _straighten(level: Level, gaps: Sequence[Sequence[float]], x: list[float]) -> None:
    """Draw each lane straight as far as the neighbours in its rows leave room, in the fewest pieces."""
    beside: dict[int, tuple[int, float, int, float]] = {}
    for row, between in zip(level.rows, gaps, strict=True):
        around = zip([-1, *row], [0.0, *between], [*row[1:], -1], [*between, 0.0], strict=False)
        beside.update(zip(row, around, strict=False))
    for members in _lanes(level) * STRAIGHTEN:
        piece: list[int] = []
        low, high = -inf, inf
        for one in members:
            left, room, right, space = beside[one]
            least = x[left] + room if left >= 0 else -inf
            most = x[right] - space if right >= 0 else inf
            if piece and max(low, least) > min(high, most):
                _align(piece, low, high, x)
                piece, low, high = [], -inf, inf
            piece.append(one)
            low, high = max(low, least), min(high, most)
        _align(piece, low, high, x)


def _align(piece: Sequence[int], low: float, high: float, x: list[float]) -> None:
    middle = max(low, min(high, sum(x[one] for one in piece) / len(piece)))
    for one in piece:
        x[one] = middle


def _pulls(level: Level, shifts: Shifts) -> tuple[Pulls, Pulls, Pulls]:
    """Return what draws each item: those above, those below, and the others of its lane."""
    up: Pulls = [[] for _ in level.items]
    down: Pulls = [[] for _ in level.items]
    lane: Pulls = [[] for _ in level.items]
    for above, below, net in level.wires:
        shift = shifts.out(above, net) - shifts.into(below, net)
        boxes = (level.items[above].kind == "box") + (level.items[below].kind == "box")
        weight = (LANE, 3.0, 1.0)[boxes]
        up[below].append((above, shift, weight))
        down[above].append((below, -shift, weight))
    for members in _lanes(level):
        for one in members:
            lane[one] += [(other, 0.0, LANE) for other in members if other != one]
    return up, down, lane


def _nearest(sweep: int, up: Pulls, down: Pulls, lane: Pulls) -> Pulls:
    """Look one way in the first two sweeps, then every way; in the last ones lanes keep straight, and boxes yield."""
    if sweep < 2:
        return down if sweep else up
    if sweep < SWEEPS - RIGID:
        return [above + below + along for above, below, along in zip(up, down, lane, strict=True)]
    rigid = [[(other, shift, 50 * pull) for other, shift, pull in along] for along in lane]
    return [along or above + below for above, below, along in zip(up, down, rigid, strict=True)]


def _gaps(level: Level, row: Sequence[int], sizes: Sequence[tuple[float, float]]) -> list[float]:
    """Return the distances between the middles of neighbours."""
    kinds = [level.items[item].kind for item in row]
    between = []
    for left, (a, b) in enumerate(pairwise(kinds)):
        room = 30.0 if a == b == "box" else 18.0 if "box" in (a, b) else 12.0
        between.append((sizes[row[left]][0] + sizes[row[left + 1]][0]) / 2 + room)
    return between


def _settle(row: Sequence[int], gaps: Sequence[float], x: list[float], near: Pulls) -> None:
    """Move a row's items to their neighbours' weighted mean, keeping order and distances."""
    pools: list[list[float]] = []  # weighted sum, weight, number of items
    start = 0.0
    starts = []
    for place, item in enumerate(row):
        start += gaps[place - 1] if place else 0.0
        starts.append(start)
        weight = total = 0.0
        for other, shift, pull in near[item]:
            total += pull * (x[other] + shift)
            weight += pull
        if not weight:
            weight, total = 0.01, 0.01 * x[item]
        pools.append([total - weight * start, weight, 1])
        while len(pools) > 1 and pools[-2][0] * pools[-1][1] > pools[-1][0] * pools[-2][1]:
            last = pools.pop()
            pools[-1] = [pools[-1][0] + last[0], pools[-1][1] + last[1], pools[-1][2] + last[2]]
    place = 0
    for total, weight, count in pools:
        for _ in range(int(count)):
            x[row[place]] = total / weight + starts[place]
            place += 1
