"""Workflows of a stranger: every kind of node and edge that Nipype has, and random graphs."""

from __future__ import annotations

from hypothesis import strategies as st
from nipype import Function, IdentityInterface, JoinNode, MapNode, Node, Workflow

from nipype_qsm.diagram.facts import Facts
from nipype_qsm.diagram.model import Box, Flow, Graph, Group


def one_more(x):
    """Add one."""
    return x + 1


def three(x):
    return [x, x + 1, x + 2]


def total(x):
    return sum(x)


def fails(x):
    raise ValueError(f"no {x} today")


def stranger(folder=None, *, fault=False, numbers=(1, 2)):
    """Return iterables, a MapNode and a JoinNode, three workflows deep, with functions on the edges."""
    source = Node(IdentityInterface(["number"]), name="source")
    source.iterables = ("number", list(numbers))
    add = Node(Function(["x"], ["out"], fails if fault else one_more), name="add")
    spread = Node(Function(["x"], ["out"], three), name="spread", run_without_submitting=True)
    each = MapNode(Function(["x"], ["out"], one_more), iterfield=["x"], name="each")
    deepest, deep, outer = Workflow("deepest"), Workflow("deep"), Workflow("outer", base_dir=str(folder or "work"))
    deepest.connect(add, "out", spread, "x")
    deep.connect(deepest, "spread.out", each, "x")
    gather = JoinNode(Function(["x"], ["out"], total), joinsource="source", joinfield=["x"], name="gather")
    outer.connect(source, ("number", one_more), deep, "deepest.add.x")
    outer.connect(deep, ("each.out", total), gather, "x")
    return outer


@st.composite
def random_graphs(draw, most=14):
    """Return a graph of boxes in groups of groups whose flows never run in a circle."""
    n = draw(st.integers(1, most))
    boxes = [Box(f"b{k}", f"b{k}", Facts(kind="node", interface="X" * draw(st.integers(1, 30)))) for k in range(n)]
    homes = [draw(st.sampled_from(["", "g0", "g1", "g0.g2", "g1.g3"])) for _ in boxes]
    root = Group("", "random")
    groups = {path: Group(path, path.rpartition(".")[2]) for path in ("g0", "g1", "g0.g2", "g1.g3")}
    for path, group in groups.items():
        (groups["g" + path[1]] if "." in path else root).children.append(group)
    for box, home in zip(boxes, homes, strict=True):
        box.path = f"{home}.{box.name}" if home else box.name
        (groups[home] if home else root).children.append(box)
    flows = []
    for k in range(n - 1):
        for port in range(draw(st.integers(0, 2))):
            targets = draw(st.sets(st.integers(k + 1, n - 1), max_size=4))
            if targets:
                ends = [(boxes[t].path, f"in{port}", "") for t in sorted(targets)]
                flows.append(Flow(boxes[k].path, f"out{port}", f"quantity_{port}_{k}", ends))
    for group in (*groups.values(), root):
        group.children = [c for c in group.children if isinstance(c, Box) or any(True for _ in c.boxes())]
    return Graph("random", root, flows, {})
