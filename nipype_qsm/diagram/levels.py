"""Each group as a layered graph: rows of boxes, and of the lines and labels that pass between them.

Quantities that go from one part to the same others share a line, a *net*. A net has one label, below its source, and
one lane through each row that it passes on its way to the last of its targets, so that lines branch like the bus of a
circuit and no line runs under a box. Where a net leaves or enters a group it has a port on the group's border, so that
a group is drawn on its own and can be opened and closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from nipype_qsm.diagram.layers import layers
from nipype_qsm.diagram.model import Box, Flow, Graph, Group
from nipype_qsm.diagram.order import ordered

Flows = tuple[int, ...]
"""Places in `Graph.flows`."""


@dataclass
class Item:
    """What stands in a row: `box` (or group), `line`, `label`, `top`, `bottom` (ports), `title`."""

    kind: str
    path: str = ""
    net: int = -1
    ins: list[int] = field(default_factory=list)
    """Nets that come in, from left to right."""
    outs: list[int] = field(default_factory=list)


@dataclass
class Net:
    """Flows that go from one part to the same others."""

    flows: Flows
    label: list[str]


@dataclass
class Level:
    """The inside of a group."""

    path: str
    items: list[Item]
    rows: list[list[int]]
    """Items of each row, from left to right."""
    wires: list[tuple[int, int, int]]
    """Upper item, lower item, net."""
    nets: list[Net]
    untold: list[tuple[int, str]]
    """Flows, and the children that take them, that are not drawn: long lanes to a collector, or leading up."""


TOP, BOTTOM = "<", ">"
MOST_LANES = 16
"""Lanes through rows that one part may cost before lines to it are told instead of drawn."""
FAN_IN, MANY = 6, 9
NAMES = 3
"""Lines of a label."""


def collectors(graph: Graph) -> dict[str, set[str]]:
    """Return the boxes that take from so many that lines to them would hide the rest, with those they take from."""
    sources: dict[str, set[str]] = {}
    for flow in graph.flows:
        for path, _, _ in flow.targets:
            sources.setdefault(path, set()).add(flow.source)
    return {path: found for path, found in sources.items() if len(found) >= MANY}


def levels(graph: Graph) -> dict[str, Level]:
    """Return the level of each group by its path; the whole has the empty path."""
    found: dict[str, Level] = {}
    _descend(graph, graph.root, ([], []), set(collectors(graph)), found)
    return found


def _descend(
    graph: Graph, group: Group, ports: tuple[list[Flows], list[Flows]], many: set[str], found: dict[str, Level]
) -> None:
    level = found[group.path] = _Builder(graph, group, ports, many).level()
    parts = {item.path: item for item in level.items if item.kind == "box"}
    for child in group.children:
        if isinstance(child, Group):
            item = parts[child.path]
            inner = ([level.nets[n].flows for n in item.ins], [level.nets[n].flows for n in item.outs])
            _descend(graph, child, inner, many, found)


class _Builder:
    def __init__(self, graph: Graph, group: Group, ports: tuple[list[Flows], list[Flows]], many: set[str]) -> None:
        self.graph, self.group, self.many = graph, group, many
        self.tops, self.bottoms = ports
        self.children = group.children
        self.index: dict[str, int] = {}
        for number, child in enumerate(self.children):
            for box in child.boxes() if isinstance(child, Group) else [child]:
                self.index[box.path] = number
        self.untold: list[tuple[int, str]] = []

    def level(self) -> Level:
        nets = self._nets()
        place, back = self._layers(nets)
        nets = self._drawn(nets, place, back)
        return self._laid(nets, place)

    def _nets(self) -> dict[tuple[str | int, frozenset[int], frozenset[int]], list[int]]:
        """Group flows by where they come from and all they go to: (source, children, bottom ports)."""
        nets: dict[tuple[str | int, frozenset[int], frozenset[int]], list[int]] = {}
        for number, flow in enumerate(self.graph.flows):
            source: str | int | None = self.index.get(flow.source)
            if source is None:
                port = next((k for k, flows in enumerate(self.tops) if number in flows), None)
                if port is None:
                    continue
                source = f"{TOP}{port}"
            inside = {self.index[path] for path, _, _ in flow.targets if path in self.index} - {source}
            out = {k for k, flows in enumerate(self.bottoms) if number in flows}
            if inside or out:
                nets.setdefault((source, frozenset(inside), frozenset(out)), []).append(number)
        return nets

    def _layers(self, nets: Iterable[tuple[str | int, frozenset[int], frozenset[int]]]) -> tuple[list[int], set]:
        edges: dict[int, set[int]] = {}
        anchored: set[int] = set()
        for source, inside, _ in nets:
            if isinstance(source, int):
                edges.setdefault(source, set()).update(inside)
            else:
                anchored |= inside
        return layers(len(self.children), edges, anchored=anchored)

    def _drawn(self, nets: dict, place: list[int], back: set[tuple[int, int]]) -> dict:
        """Take out what leads up, and the long ways to a part that collects from everywhere."""
        cost: dict[int, list[int]] = {}
        for source, inside, out in nets:
            for target in inside:
                start = place[source] if isinstance(source, int) else -1
                others = [place[other] for other in inside - {target}] + [len(place)] * len(out)
                reached = max([start + 1, *[min(other, place[target]) for other in others]])
                cost.setdefault(target, []).append(max(0, place[target] - reached))
        crowded = {t for t, lanes in cost.items() if len(lanes) >= FAN_IN and sum(lanes) > MOST_LANES}
        drawn: dict = {}
        for (source, inside, out), flows in nets.items():
            start = place[source] if isinstance(source, int) else -1
            hidden = {t for t in inside if (source, t) in back or (t in crowded and place[t] > start + 1)}
            hidden |= {t for t in inside if self.children[t].path in self.many and not self._near(source, t, place)}
            self.untold += [(flow, self.children[t].path) for flow in flows for t in sorted(hidden)]
            if inside - hidden or out:
                drawn.setdefault((source, inside - hidden, out), []).extend(flows)
        return drawn

    def _near(self, source: str | int, target: int, place: list[int]) -> bool:
        """Tell whether a box stands right above another."""
        return isinstance(source, int) and isinstance(self.children[source], Box) and place[target] == place[source] + 1

    def _laid(self, nets: dict, place: list[int]) -> Level:
        first = 2  # rows 0 and 1 are the ports and labels of what comes in
        items = [Item("box", child.path) for child in self.children]
        row_of = [first + 2 * layer for layer in place]
        last = first + 2 * (max(place, default=0) + 1)
        fixed: dict[int, list[int]] = {}
        if self.group.path:
            fixed = {0: [], last: []}
            for row, kind, ports in ((0, "title", [()]), (0, "top", self.tops), (last, "bottom", self.bottoms)):
                for _ in ports:
                    fixed[row].append(len(items))
                    items.append(Item(kind, self.group.path if kind == "title" else ""))
                    row_of.append(row)
        made = [Net(tuple(flows), self._label(source, inside, flows)) for (source, inside, _), flows in nets.items()]
        starts = [fixed[0][1 + int(s[1:])] if isinstance(s, str) else s for s, _, _ in nets]
        labelled = {row_of[start] + 1 for start, net in zip(starts, made, strict=True) if net.label}
        used = sorted({*row_of, *labelled})
        compact = {row: number for number, row in enumerate(used)}
        wires: list[tuple[int, int, int]] = []
        for number, ((_, inside, out), start) in enumerate(zip(nets, starts, strict=True)):
            ends = [*sorted(inside), *(fixed[last][k] for k in sorted(out))]
            by_row: dict[int, list[int]] = {}
            for end in ends:
                by_row.setdefault(compact[row_of[end]], []).append(end)
            wires += self._lane(number, made[number], start, compact[row_of[start]], by_row, items)
        rows = _rows(items, [compact[row] for row in row_of], wires, len(used))
        rows = ordered(rows, wires, {compact[row]: order for row, order in fixed.items() if row in compact})
        _order_ports(items, rows, wires)
        return Level(self.group.path, items, rows, wires, made, self.untold)

    def _lane(
        self, number: int, net: Net, start: int, row: int, ends: dict[int, list[int]], items: list[Item]
    ) -> Iterator[tuple[int, int, int]]:
        """Add the items of a net's lane, a label first, and yield its wires."""
        above = start
        for below in range(row + 1, max(ends) + 1):
            for end in ends.get(below, []):
                yield above, end, number
            if below == max(ends):
                return
            items.append(Item("label" if net.label and below == row + 1 else "line", net=number))
            yield above, len(items) - 1, number
            above = len(items) - 1

    def _label(self, source: str | int, inside: frozenset[int], flows: list[int]) -> list[str]:
        if isinstance(source, str):
            if len(self.tops[int(source[1:])]) == len(flows):
                return []
        elif not inside:
            return []  # told where it leaves the group
        elif isinstance(part := self.children[source], Box) and part.is_input:
            return []
        return label([self.graph.flows[number] for number in flows])


def label(flows: list[Flow]) -> list[str]:
    """Return the lines of a label: the names of what flows, and the function that all of it passes."""
    names = list(dict.fromkeys(_through(flow) for flow in flows))
    if len(names) > NAMES:
        names = [*names[: NAMES - 1], f"+{len(names) - NAMES + 1}"]
    return names


def _through(flow: Flow) -> str:
    functions = {function for _, _, function in flow.targets}
    function = functions.pop() if len(functions) == 1 else ""
    return f"{function}({flow.name})" if function else flow.name


def _rows(items: list[Item], row_of: list[int], wires: list[tuple[int, int, int]], count: int) -> list[list[int]]:
    where = dict(enumerate(row_of))
    for above, below, _ in wires:
        if below not in where:
            where[below] = where[above] + 1
    rows: list[list[int]] = [[] for _ in range(count)]
    for item in range(len(items)):
        rows[where[item]].append(item)
    return rows


def _order_ports(items: list[Item], rows: list[list[int]], wires: list[tuple[int, int, int]]) -> None:
    position = {item: number for row in rows for number, item in enumerate(row)}
    incoming: dict[int, dict[int, list[int]]] = {}
    outgoing: dict[int, dict[int, list[int]]] = {}
    for above, below, net in wires:
        outgoing.setdefault(above, {}).setdefault(net, []).append(position[below])
        incoming.setdefault(below, {}).setdefault(net, []).append(position[above])
    for number, item in enumerate(items):
        for found, ports in ((incoming, item.ins), (outgoing, item.outs)):
            nets = found.get(number, {})
            ports.extend(sorted(nets, key=lambda net: (sum(nets[net]) / len(nets[net]), net)))
