"""The graph as a list of text, in the order in which its steps can run."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from nipype_qsm.diagram.layers import layers
from nipype_qsm.diagram.model import Box, Graph


def in_order(graph: Graph) -> list[Box]:
    """Return the steps so that each stands after those it takes from."""
    boxes = [box for box in graph.boxes().values() if not box.is_input]
    index = {box.path: number for number, box in enumerate(boxes)}
    edges: dict[int, set[int]] = {}
    for flow in graph.flows:
        if flow.source in index:
            edges.setdefault(index[flow.source], set()).update(index[path] for path, _, _ in flow.targets)
    place, _ = layers(len(boxes), edges)
    return [boxes[number] for number in sorted(range(len(boxes)), key=lambda number: (place[number], number))]


def listing(graph: Graph) -> str:
    """Return the list as HTML."""
    boxes = graph.boxes()
    takes: dict[str, dict[str, list[str]]] = {}
    for flow in graph.flows:
        for path, _, _ in flow.targets:
            takes.setdefault(path, {}).setdefault(flow.source, []).append(flow.name)
    rows = []
    for box in in_order(graph):
        given = [_from(boxes[source], names) for source, names in takes.get(box.path, {}).items()]
        made = _names(flow.name for flow in graph.flows if flow.source == box.path)
        out = _names(n for (path, _), names in graph.delivered.items() if path == box.path for n in names)
        says = [f"takes {'; '.join(given)}"] if given else []
        says += [f"gives {made}"] if made else []
        says += [f"output {out}"] if out else []
        told = ". ".join(say[0].upper() + say[1:] for say in says)
        name = f'<a href="#{escape(box.path)}">{escape(box.name)}</a>'
        rows.append(f"<li>{name} {escape(box.facts.interface)}<br>{told}\n")
    return f"<h2>Steps of {escape(graph.name)}</h2><ol>{''.join(rows)}</ol>"


def _from(box: Box, names: Iterable[str]) -> str:
    return f"{_names(names)} from {'the inputs' if box.is_input else escape(box.name)}"


def _names(names: Iterable[str]) -> str:
    return ", ".join(escape(name) for name in dict.fromkeys(names))
