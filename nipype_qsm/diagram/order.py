"""Which stands left of which: rows are put in order so that few lines cross.

Barycentre sweeps (Sugiyama et al. 1981, doi:10.1109/TSMC.1981.4308636): each item goes where its neighbours in the row
above (then below) are on average; neighbours in a row change places where that saves crossings. The best order met is
kept.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from itertools import pairwise

SWEEPS = 8

Wires = Sequence[tuple[int, int, int]]


def ordered(rows: list[list[int]], wires: Wires, fixed: Mapping[int, list[int]]) -> list[list[int]]:
    """Return the rows in an order with few crossings.

    Parameters
    ----------
    rows : list of lists of int
        Items of each row.
    wires : sequence of (upper, lower, net)
        Between neighbouring rows.
    fixed : mapping of int to list of int
        Rows whose order is given.
    """
    up: dict[int, list[int]] = {item: [] for row in rows for item in row}
    down: dict[int, list[int]] = {item: [] for row in rows for item in row}
    for above, below, _ in wires:
        down[above].append(below)
        up[below].append(above)
    rows = [list(fixed.get(number, row)) for number, row in enumerate(_walked(rows, down))]
    best, least = [list(row) for row in rows], crossings(rows, down)
    for sweep in range(SWEEPS):
        downwards = sweep % 2 == 0
        numbers = range(1, len(rows)) if downwards else range(len(rows) - 2, -1, -1)
        for number in numbers:
            if number not in fixed:
                _by_barycentre(rows, number, up if downwards else down, -1 if downwards else 1)
        _swap(rows, up, down, fixed)
        count = crossings(rows, down)
        if count < least:
            best, least = [list(row) for row in rows], count
        if not least:
            break
    return best


def _walked(rows: list[list[int]], down: Mapping[int, list[int]]) -> list[list[int]]:
    """Order each row as a depth-first walk from above meets its items."""
    met: dict[int, int] = {}
    for row in rows:
        for start in row:
            stack = [start]
            while stack:
                item = stack.pop()
                if item not in met:
                    met[item] = len(met)
                    stack += reversed(down[item])
    return [sorted(row, key=met.__getitem__) for row in rows]


def _by_barycentre(rows: list[list[int]], number: int, neighbours: Mapping[int, list[int]], step: int) -> None:
    other = {item: place for place, item in enumerate(rows[number + step])}
    row = rows[number]
    scale = max(len(other), 1) / max(len(row), 1)

    def key(place: int) -> float:
        near = neighbours[row[place]]
        return sum(other[item] for item in near) / len(near) if near else place * scale

    rows[number] = [row[place] for place in sorted(range(len(row)), key=key)]


def _swap(
    rows: list[list[int]], up: Mapping[int, list[int]], down: Mapping[int, list[int]], fixed: Mapping[int, list[int]]
) -> None:
    """Change places of neighbours while that saves crossings."""
    for number, row in enumerate(rows):
        if number in fixed:
            continue
        sides = []
        for step, neighbours in ((-1, up), (1, down)):
            if 0 <= number + step < len(rows):
                place = {item: at for at, item in enumerate(rows[number + step])}
                sides.append({item: [place[other] for other in neighbours[item]] for item in row})
        for left in range(len(row) - 1):
            first, second = row[left], row[left + 1]
            gain = sum(_crossed(side[first], side[second]) - _crossed(side[second], side[first]) for side in sides)
            if gain > 0:
                row[left], row[left + 1] = second, first


def _crossed(left: Sequence[int], right: Sequence[int]) -> int:
    return sum(a > b for a in left for b in right)


def crossings(rows: Sequence[Sequence[int]], down: Mapping[int, list[int]]) -> int:
    """Count the pairs of lines that cross between neighbouring rows."""
    count = 0
    for upper, lower in pairwise(rows):
        place = {item: number for number, item in enumerate(lower)}
        seen: list[int] = []
        for item in upper:
            ends = sorted(place[below] for below in down[item])
            for end in ends:
                count += len(seen) - bisect_right(seen, end)
            for end in ends:
                insort(seen, end)
    return count
