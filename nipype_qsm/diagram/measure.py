"""How large a text is, without a browser: widths of a common sans serif, rounded up."""

from __future__ import annotations

from nipype_qsm.diagram.levels import collectors
from nipype_qsm.diagram.model import Box, Graph, Group

_WIDTHS = {
    **dict.fromkeys("iljI.,:;'|!", 0.27),
    **dict.fromkeys("ftr()[]/- ", 0.36),
    **dict.fromkeys("mwMW\N{HORIZONTAL ELLIPSIS}@%", 0.86),
    **dict.fromkeys("ABCDEGHKNOPQRSUVXYZ", 0.7),
}
MARGIN = 1.05

BOX_HEIGHT, INPUT_HEIGHT, LINE_HEIGHT = 44, 26, 13
STATE_WIDTH = 58
"""Of the time a step took, right of its class."""


def text_width(text: str, size: float, *, bold: bool = False) -> int:
    """Return the width of a text in pixels, a little more than most fonts need."""
    ems = sum(_WIDTHS.get(letter, 0.575) for letter in text)
    return round(ems * size * MARGIN * (1.1 if bold else 1.0))


def box_lines(graph: Graph) -> dict[str, tuple[str, str]]:
    """Return the two lines of each box: its name, told apart from others of that name, and its class."""
    names = [box.name for box in graph.root.boxes() if not box.is_input]
    sources = {path: len(found) for path, found in collectors(graph).items()}
    lines = {}
    for path, box in graph.boxes().items():
        if box.is_input:
            shown = box.inputs if len(box.inputs) < 4 else [*box.inputs[:2], f"+{len(box.inputs) - 2}"]
            lines[path] = (", ".join(shown), "")
            continue
        parent = path.split(".")[-2].removesuffix("_wf") if "." in path else ""
        name = f"{box.name} \N{MIDDLE DOT} {parent}" if names.count(box.name) > 1 and parent else box.name
        lines[path] = (name, box.facts.interface + _how_often(box) + _from(sources.get(path)))
    return lines


def _from(sources: int | None) -> str:
    return f", from {sources} steps" if sources else ""


def _how_often(box: Box) -> str:
    if box.facts.kind == "map":
        return " \N{MULTIPLICATION SIGN} each"
    if box.facts.kind == "join":
        return ", joined"
    return ", repeated" if any(note.startswith("repeats") for note in box.facts.notes) else ""


def group_lines(group: Group) -> tuple[str, str]:
    """Return the two lines of a closed group: its name and how much is in it."""
    count = sum(not box.is_input for box in group.boxes())
    return group.name.removesuffix("_wf"), f"{count} step{'s' * (count != 1)}"


def sizes(graph: Graph) -> dict[str, tuple[int, int]]:
    """Return width and height of every box and of every closed group."""
    found = {}
    for path, (name, kind) in box_lines(graph).items():
        if not kind:
            found[path] = (text_width(name, 12) + 26, INPUT_HEIGHT)
        else:
            found[path] = (_box_width(name, kind), BOX_HEIGHT)
    for group in graph.root.groups():
        found[group.path] = (_box_width(*group_lines(group)), BOX_HEIGHT)
    return found


def _box_width(name: str, kind: str) -> int:
    return max(text_width(name, 13, bold=True) + 58, text_width(kind, 11) + 24 + STATE_WIDTH, 120)


def title_width(group: Group) -> int:
    """Return the width of an open group's heading."""
    return text_width(group_lines(group)[0], 12, bold=True) + 34


def label_width(line: str) -> int:
    """Return the width of a label's line, with its margin."""
    return text_width(line, 11) + 10
