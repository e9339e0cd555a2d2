"""One file that opens from disk: the picture, what is known of every step, and the same as a list of text.

Everything about the graph stands in the page once, as JSON with the levels already in order; the scripts place and
draw it. They fetch nothing. The list is plain HTML, for readers of the screen and of paper, and for browsers that run
no scripts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from nipype_qsm.diagram.levels import Item, Level, collectors, levels
from nipype_qsm.diagram.listing import listing
from nipype_qsm.diagram.measure import box_lines, group_lines, label_width, sizes, title_width
from nipype_qsm.diagram.model import Box, Flow, Graph, Group

LIGHT = """--paper: #fbfbf9; --card: #ffffff; --ink: #1d2126; --quiet: #5c6570; --line: #dfe2e6; --edge: #c3c9d0;
  --ground: #f2f4f3; --pill: #e4ebee; --wire: #9aa5b1; --label: #48525d; --accent: #1f6f8b; --mark: #b3261e;
  --tone: 48%; --up: #1a6fb5; --down: #c2610c; --done: #1d7a46; --cached: #6b8f7b;
  --running: #1a6fb5; --failed: #b3261e;"""
DARK = """--paper: #14171a; --card: #1f2429; --ink: #e8eaed; --quiet: #a3abb4; --line: #343a41; --edge: #4a525b;
  --ground: #1a1e22; --pill: #2a3238; --wire: #66717c; --label: #b9c1c9; --accent: #7cc4dd; --mark: #ff8a80;
  --tone: 60%; --up: #6db4f2; --down: #ffab5c; --done: #63c08c; --cached: #7f9c8c;
  --running: #6db4f2; --failed: #ff8a80;"""

KINDS = {"box": "b", "line": "i", "label": "l", "top": "t", "bottom": "o", "title": "h"}
FEW = 34
"""Steps up to which groups are open from the start."""

BUTTONS = (
    ("open", "Open all", "Open every group"),
    ("close", "Close all", "Close every group"),
    ("farther", "\N{MINUS SIGN}", "Smaller"),
    ("closer", "+", "Larger"),
    ("fit", "Fit", "Show the whole graph"),
    ("list", "List", "Show the steps as a list of text"),
    ("theme", "\N{CIRCLE WITH LEFT HALF BLACK}", "Light or dark"),
)


def write_page(graph: Graph, doc: str = "", run: dict[str, Any] | None = None) -> str:
    """Return the page.

    Parameters
    ----------
    graph : Graph
    doc : str
        A sentence about the whole.
    run : dict, optional
        State of a run, see `nipype_qsm.run_state`.
    """
    return with_run(frame(graph, doc), run)


RUN = '"run":null'


def with_run(page: str, run: dict[str, Any] | None) -> str:
    """Return a page with the state of a run in it; cheap, so that it can be done again and again."""
    if run is None:
        return page
    before, _, after = page.partition(RUN)
    return f'{before}"run":{as_json(run)}{after}'


def frame(graph: Graph, doc: str = "") -> str:
    """Return the page of a graph that does not run."""
    data = {"run": None, **encoded(graph, doc)}
    style = _resource("page.css").replace("LIGHT", LIGHT).replace("DARK", DARK)
    script = "\n".join(_resource(name) for name in ("place.js", "model.js", "draw.js", "panel.js", "page.js"))
    buttons = "".join(
        f'<button type="button" id="button-{name}" title="{says}" aria-label="{says}">{text}</button>'
        for name, text, says in BUTTONS
    )
    name = escape(graph.name)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}</title>
<style>
{style}</style>
</head>
<body>
<a class="skip" href="#list" onclick="document.documentElement.dataset.view='list'">Skip to the list of steps</a>
<header><h1>{name}</h1><label><span class="unseen">Search steps and quantities</span>
<input id="query" type="search" placeholder="Search steps and quantities" autocomplete="off"></label>
<span id="count" class="quiet" aria-live="polite"></span><span class="grow"></span>
<div class="buttons">{buttons}</div></header>
<div id="run" role="status" hidden></div>
<main><svg id="graph" role="group" tabindex="0" aria-label="Workflow {name}. Arrow keys walk from step to step."></svg>
<noscript><p>The picture needs a browser that runs scripts. The steps are listed below.</p>
<style>#list {{ display: block; }}</style></noscript></main>
<aside id="panel" aria-label="Details"></aside>
<div id="told" class="unseen" aria-live="polite"></div>
<section id="list" aria-label="List of steps">{listing(graph)}</section>
<script type="application/json" id="data">{as_json(data)}</script>
<script>
{script}</script>
</body>
</html>
"""


@cache
def _resource(name: str) -> str:
    text = files("nipype_qsm.diagram").joinpath(name).read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    text = "\n".join(line for line in lines if line and not line.startswith("//"))
    return re.sub(r"(?<=[:,]) |\s*([{};])\s*", r"\1", text) if name.endswith(".css") else text


def as_json(data: Any) -> str:
    """Return data as JSON that can stand in a page."""
    # No tag can begin inside the data, whatever a workflow holds.
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")


def encoded(graph: Graph, doc: str = "") -> dict[str, Any]:
    """Return what the scripts need to know."""
    said: dict[tuple[str, str], int] = {}
    boxes = graph.boxes()
    size, lines, made = sizes(graph), box_lines(graph), levels(graph)
    many = set(collectors(graph))
    parts = {path: _part(box, lines[path], Ends(graph, path, many), said) for path, box in boxes.items()}
    for group in graph.root.groups():
        parts[group.path] = _group(group)
    for path, part in parts.items():
        part["size"] = size[path]
    index = {path: number for number, path in enumerate(parts)}
    steps = [box for box in boxes.values() if not box.is_input]
    names = sorted({name for names in graph.delivered.values() for name in names})
    return {
        "name": graph.name,
        "doc": doc,
        "counts": f"{len(steps)} steps, {_count(sum(len(b.inputs) for b in boxes.values()), 'input')}, "
        f"{_count(len(names), 'output')}",
        "rooms": list(dict.fromkeys(box.facts.room for box in steps)),
        "parts": parts,
        "flows": [_flow(flow, index) for flow in graph.flows],
        "levels": {path: _level(level, index) for path, level in made.items()},
        "opened": opened(graph),
        "said": list(said),
    }


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def opened(graph: Graph) -> list[str]:
    """Return the groups that are open at first: all of a small graph, else the outer ones while there is room."""
    found: list[str] = []
    seen, waiting = len(graph.root.children), [child for child in graph.root.children if isinstance(child, Group)]
    while waiting:
        group = min(waiting, key=lambda one: (one.path.count("."), len(one.children)))
        waiting.remove(group)
        if seen + len(group.children) <= FEW:
            found.append(group.path)
            seen += len(group.children) - 1
            waiting += [child for child in group.children if isinstance(child, Group)]
    return found


class Ends:
    """What ends and begins at a box: its ports that are used, outputs of the whole, collectors that it gives to."""

    def __init__(self, graph: Graph, path: str, many: set[str]) -> None:
        given = [flow for flow in graph.flows if flow.source == path]
        self.delivers = [(port, names) for (source, port), names in graph.delivered.items() if source == path]
        # What a quantity is, its maker says; a port of the same name need not say it again.
        inputs = {box.path for box in graph.boxes().values() if box.is_input}
        taken = [(flow, port) for flow in graph.flows for target, port, _ in flow.targets if target == path]
        self.used = {port for flow, port in taken if port != flow.port or flow.source in inputs}
        self.used |= {flow.port for flow in given} | {port for port, _ in self.delivers}
        told = sorted({target for flow in given for target, _, _ in flow.targets} & many)
        self.gives = [*(["outputs"] if self.delivers else []), *(target.rpartition(".")[2] for target in told)]


def _part(box: Box, lines: tuple[str, str], ends: Ends, said: dict[tuple[str, str], int]) -> dict[str, Any]:
    facts = box.facts
    if box.is_input:
        return {"kind": "input", "name": box.name, "title": lines[0], "line": "", "inputs": box.inputs,
                "given": list(facts.given.items())}  # fmt: skip
    ports = {port: said.setdefault(told, len(said)) for port, told in facts.ports.items() if port in ends.used}
    part = {
        "kind": facts.kind,
        "name": box.name,
        "title": lines[0],
        "line": lines[1],
        "cls": facts.interface,
        "module": facts.module,
        "room": facts.room,
        "does": facts.does,
        "links": facts.links,
        "cores": facts.n_procs,
        "gb": facts.mem_gb,
        "notes": facts.notes,
        "given": list(facts.given.items()),
        "usual": list(facts.usual.items()),
        "ports": ports,
        "delivers": ends.delivers,
        "gives": ", ".join(ends.gives),
    }
    if part["title"] == part["name"]:
        del part["title"]
    return {key: value for key, value in part.items() if value not in ("", [], {})}


def _group(group: Group) -> dict[str, Any]:
    name, line = group_lines(group)
    children = [child.path for child in group.children]
    return {"name": name, "line": line, "children": children, "heading": title_width(group)}


def _flow(flow: Flow, index: Mapping[str, int]) -> list[Any]:
    """Return a flow in short: parts by number, and nothing said twice."""
    targets: list[Any] = []
    for path, port, function in flow.targets:
        same = port == flow.port and not function
        targets.append(index[path] if same else [index[path], port, *([function] if function else [])])
    return [index[flow.source], flow.port, 0 if flow.name == flow.port else flow.name, targets]


def _level(level: Level, index: Mapping[str, int]) -> dict[str, Any]:
    return {
        "items": [_item(item, index) for item in level.items],
        "rows": level.rows,
        "wires": [
            wire[:2] if max(level.items[wire[0]].net, level.items[wire[1]].net) >= 0 else wire for wire in level.wires
        ],
        "nets": [
            {"flows": net.flows, "label": net.label, "width": max(map(label_width, net.label), default=0)}
            for net in level.nets
        ],
    }


def _item(item: Item, index: Mapping[str, int]) -> list[Any] | int:
    if item.kind == "line":
        return item.net
    if item.kind == "label":
        return [KINDS[item.kind], item.net]
    ref = index.get(item.path, -1)
    return [KINDS[item.kind], ref, item.ins, item.outs] if item.kind == "box" else [KINDS[item.kind], ref]
