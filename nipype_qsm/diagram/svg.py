"""The picture as one SVG that stands alone: for papers, slides and pages that run no scripts."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from html import escape

from nipype_qsm.diagram.levels import levels
from nipype_qsm.diagram.measure import LINE_HEIGHT, box_lines, group_lines, sizes, title_width
from nipype_qsm.diagram.model import Graph
from nipype_qsm.diagram.place import Picture, Scene, Wire

MARGIN = 16

STYLE = """text{font:11px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;fill:#1d2126}
.back{fill:#fff;stroke:#c3c9d0}.ground{fill:#f2f4f3;stroke:#dfe2e6}.input{fill:#e4ebee}.wire{fill:none;stroke:#9aa5b1;
stroke-width:1.5}.head{fill:#9aa5b1}.name{font-size:13px;font-weight:600}.title{font-size:12px;font-weight:600;fill:#5c6570}
.kind{fill:#5c6570}.label{text-anchor:middle;fill:#48525d;stroke:#fff;stroke-width:4px;paint-order:stroke}
.middle{text-anchor:middle;font-size:12px}"""


def scene(graph: Graph) -> Scene:
    """Return what placing needs to know of a graph."""
    return Scene(levels(graph), sizes(graph), {group.path: title_width(group) for group in graph.root.groups()})


def write_svg(graph: Graph, opened: Collection[str] | None = None) -> str:
    """Return the picture.

    Parameters
    ----------
    graph : Graph
    opened : collection of str, optional
        Groups whose inside is shown; all by default.
    """
    groups = {group.path for group in graph.root.groups()}
    stage = scene(graph)
    picture = stage.picture(groups if opened is None else set(opened) & groups)
    width, height = picture.width + 2 * MARGIN, picture.height + 2 * MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="{-MARGIN} {-MARGIN} {width:g} {height:g}" role="img" aria-label="Workflow {escape(graph.name)}">'
        f'<style>{STYLE}</style><rect x="{-MARGIN}" y="{-MARGIN}" width="100%" height="100%" fill="#fff"/>'
        f"{''.join(_drawn(graph, stage, picture))}</svg>\n"
    )


def _drawn(graph: Graph, stage: Scene, picture: Picture) -> Iterator[str]:
    texts = {**box_lines(graph), **{group.path: group_lines(group) for group in graph.root.groups()}}
    boxes = graph.boxes()
    open_groups = {
        path for path, (_, _, width, height) in picture.parts.items() if (width, height) != stage.sizes[path]
    }
    for path, (x, y, width, height) in picture.parts.items():
        if path in open_groups:
            yield f'<rect class="ground" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="12"/>'
            yield f'<text class="title" x="{x + 14:g}" y="{y + 18:g}">{escape(texts[path][0])}</text>'
    for wire in picture.wires:
        yield f'<path class="wire" d="{wire_path(wire)}"/>'
        if wire.ends and wire.ends not in open_groups:
            yield f'<path class="head" d="M{wire.to_x - 4:g} {wire.to_y - 7:g}h8l-4 7z"/>'
    for level, net, x, y in picture.labels:
        for number, line in enumerate(stage.levels[level].nets[net].label):
            yield f'<text class="label" x="{x:g}" y="{y + 12 + LINE_HEIGHT * number:g}">{escape(line)}</text>'
    for path, (x, y, width, height) in picture.parts.items():
        if path in open_groups:
            continue
        name, kind = texts[path]
        if path in boxes and boxes[path].is_input:
            shape = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{height / 2:g}"'
            yield f'<rect class="input" {shape}/>'
            yield f'<text class="middle" x="{x + width / 2:g}" y="{y + 17:g}">{escape(name)}</text>'
            continue
        yield f'<rect class="back" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="9"/>'
        yield f'<text class="name" x="{x + 14:g}" y="{y + 19:g}">{escape(name)}</text>'
        yield f'<text class="kind" x="{x + 14:g}" y="{y + 35:g}">{escape(kind)}</text>'


def wire_path(wire: Wire) -> str:
    """Return a line as an SVG path."""
    middle = (wire.bend + wire.arrive) / 2
    down = f"M{wire.x:g} {wire.y:g}V{wire.bend:g}"
    over = (
        "" if wire.x == wire.to_x else f"C{wire.x:g} {middle:g} {wire.to_x:g} {middle:g} {wire.to_x:g} {wire.arrive:g}"
    )
    return f"{down}{over}V{wire.to_y:g}"
