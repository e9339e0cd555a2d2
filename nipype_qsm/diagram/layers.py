"""Which layer each part of a group stands in: as far down as its longest way from the start asks for.

A part that gives to more than it takes from moves down to them, so that lines are short.
A graph of groups can have cycles where that of nodes has none (a group that gives to another and takes from it).
Edges that would lead upwards are returned apart: they are told, not drawn.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

Edges = Mapping[int, set[int]]


def layers(n: int, edges: Edges, *, anchored: Collection[int] = ()) -> tuple[list[int], set[tuple[int, int]]]:
    """Return each part's layer, from 0, and the edges that lead upwards.

    Parameters
    ----------
    n : int
        Parts.
    edges : mapping of int to set of int
        From part to parts.
    anchored : collection of int
        Parts that are fed from outside, so that they stay as far up as they can.
    """
    order, back = _order(n, edges)
    ahead = {part: {t for t in edges.get(part, ()) if (part, t) not in back and t != part} for part in range(n)}
    layer = [0] * n
    for part in order:
        for target in ahead[part]:
            layer[target] = max(layer[target], layer[part] + 1)
    incoming = [0] * n
    for targets in ahead.values():
        for target in targets:
            incoming[target] += 1
    for part in reversed(order):
        taken = incoming[part] + (part in anchored)
        if ahead[part] and len(ahead[part]) > taken:
            layer[part] = min(layer[target] for target in ahead[part]) - 1
    return layer, back


def _order(n: int, edges: Edges) -> tuple[list[int], set[tuple[int, int]]]:
    """Return a topological order and the edges that close a cycle, found by a depth-first walk."""
    state, done = [0] * n, []
    back: set[tuple[int, int]] = set()
    for start in range(n):
        if state[start]:
            continue
        state[start] = 1
        stack: list[tuple[int, list[int]]] = [(start, sorted(edges.get(start, ()), reverse=True))]
        while stack:
            part, ahead = stack[-1]
            if not ahead:
                state[part] = 2
                done.append(part)
                stack.pop()
                continue
            target = ahead.pop()
            if state[target] == 1:
                back.add((part, target))
            elif not state[target]:
                state[target] = 1
                stack.append((target, sorted(edges.get(target, ()), reverse=True)))
    return done[::-1], back
