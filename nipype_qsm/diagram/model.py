"""What a workflow is, for drawing: boxes in groups, and the flows between boxes.

An `IdentityInterface` does no work, so it is no box: what passes through it flows from the node that makes it to the
nodes that take it. Only where nothing feeds it does it stay, as the inputs of the graph. A flow is called by the name
that the outermost workflow gives it on the way out: `mask_tissue` says more than the `mask` of the node that made it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from nipype.interfaces.base import isdefined
from nipype.interfaces.utility import IdentityInterface
from nipype.pipeline import engine as pe

from nipype_qsm.diagram.facts import Facts, node_facts, shortened
from nipype_qsm.graph import resolved
from nipype_qsm.quantities import VOCABULARY

Port = tuple[pe.Node, str]


@dataclass
class Box:
    """A node that works, or inputs of the graph that go to the same nodes."""

    path: str
    name: str
    facts: Facts
    inputs: list[str] = field(default_factory=list)
    """Names of the inputs, if it is no node."""

    @property
    def is_input(self) -> bool:
        """Whether it stands for inputs of the graph."""
        return bool(self.inputs)


@dataclass
class Group:
    """A workflow inside another, or the whole (whose path is empty)."""

    path: str
    name: str
    children: list[Box | Group] = field(default_factory=list)

    def boxes(self) -> Iterator[Box]:
        """Walk the boxes, those of inner groups included."""
        for child in self.children:
            if isinstance(child, Group):
                yield from child.boxes()
            else:
                yield child

    def groups(self) -> Iterator[Group]:
        """Walk the inner groups, outer ones first."""
        for child in self.children:
            if isinstance(child, Group):
                yield child
                yield from child.groups()


@dataclass
class Flow:
    """What one output port gives to the boxes that take it."""

    source: str
    port: str
    name: str
    targets: list[tuple[str, str, str]]
    """Path of the box, its port, and the function that is applied on the way, if any."""


@dataclass
class Graph:
    """A whole workflow."""

    name: str
    root: Group
    flows: list[Flow]
    delivered: dict[tuple[str, str], list[str]]
    """Outputs of the whole that a port (of a box) feeds."""

    def boxes(self) -> dict[str, Box]:
        """Return every box by its path."""
        return {box.path: box for box in self.root.boxes()}


def read(workflow: pe.Workflow) -> Graph:
    """Read a workflow, whoever made it."""
    return _Reader(workflow).graph()


class _Reader:
    def __init__(self, workflow: pe.Workflow) -> None:
        self.workflow = workflow
        self.where: dict[pe.Node, str] = {}
        self.root = self._group(workflow, "")
        self.fed: dict[Port, tuple[Port, str]] = {}
        self.feeds: dict[Port, list[Port]] = {}
        for source, target, function in _edges(workflow):
            self.fed[target] = (source, function)
            self.feeds.setdefault(source, []).append(target)

    def _group(self, workflow: pe.Workflow, path: str) -> Group:
        group = Group(path, workflow.name)
        for node in workflow._graph.nodes():
            inner = f"{path}.{node.name}" if path else str(node.name)
            if isinstance(node, pe.Workflow):
                group.children.append(self._group(node, inner))
                continue
            self.where[node] = inner
            if not _passes(node):
                group.children.append(Box(inner, node.name, node_facts(node)))
        return group

    def graph(self) -> Graph:
        flows: dict[Port, Flow] = {}
        delivered: dict[tuple[str, str], list[str]] = {}
        open_inputs: dict[Port, list[tuple[str, str, str]]] = {}
        for (node, port), _ in self.fed.items():
            if _passes(node):
                if not self.feeds.get((node, port)) and "." not in self.where[node]:
                    source, _ = self._origin((node, port))
                    delivered.setdefault((self.where[source[0]], source[1]), []).append(port)
                continue
            source, function = self._origin((node, port))
            taken = (self.where[node], port, function)
            if _passes(source[0]):
                open_inputs.setdefault(source, []).append(taken)
            else:
                flows.setdefault(source, Flow(self.where[source[0]], source[1], "", [])).targets.append(taken)
        for source, flow in flows.items():
            flow.name = _telling(self._called(source), {port for _, port, _ in flow.targets})
        everything = [*self._inputs(open_inputs), *flows.values()]
        for flow in everything:
            flow.targets.sort()
        _simplify(self.root)
        return Graph(self.workflow.name, self.root, everything, delivered)

    def _origin(self, port: Port) -> tuple[Port, str]:
        """Follow a port back to the node that makes it, or to an identity that nothing feeds."""
        functions: list[str] = []
        while port in self.fed:
            port, function = self.fed[port]
            functions += [function] if function else []
            if not _passes(port[0]):
                break
        return port, ", ".join(reversed(functions))

    def _called(self, source: Port) -> str:
        """Return the name that the outermost workflow around the source gives to what it makes."""
        best, depth = source[1], self.where[source[0]].count(".") + 1
        waiting = list(self.feeds.get(source, []))
        home = self.where[source[0]].rpartition(".")[0]
        while waiting:
            node, port = waiting.pop(0)
            if not _passes(node):
                continue
            around = self.where[node].rpartition(".")[0]
            outside = around in ("", home) or home.startswith(around + ".")
            level = self.where[node].count(".")
            if outside and level < depth:
                best, depth = port, level
            waiting += self.feeds.get((node, port), [])
        return best

    def _inputs(self, open_inputs: dict[Port, list[tuple[str, str, str]]]) -> Iterator[Flow]:
        """Make a box of the inputs that go to the same ports, and yield what flows from it."""
        alike: dict[tuple[str, tuple[str, ...]], list[Port]] = {}
        for source, targets in open_inputs.items():
            path = self.where[source[0]]
            if "." in path and not isdefined(getattr(source[0].inputs, source[1], None)):
                continue  # nobody gives it: an option that is left out
            alike.setdefault((path, tuple(sorted({target for target, _, _ in targets}))), []).append(source)
        for (path, _), sources in alike.items():
            home, _, node = path.rpartition(".")
            names = [port for _, port in sources]
            values = {port: shortened(getattr(owner.inputs, port, None)) for owner, port in sources}
            facts = Facts(kind="input", given={port: value for port, value in values.items() if value})
            box = Box(f"{path}.{names[0]}", node, facts, names)
            self._find(home).children.append(box)
            for source in sources:
                yield Flow(box.path, source[1], source[1], open_inputs[source])

    def _find(self, path: str) -> Group:
        return next((group for group in self.root.groups() if group.path == path), self.root)


SAYS_LITTLE = {"out", "out_file", "moved"}


def _telling(name: str, taken_as: set[str]) -> str:
    """Return the name of a quantity by which all take what is called `out`, where there is one."""
    (other,) = taken_as if len(taken_as) == 1 else (name,)
    return other if name in SAYS_LITTLE and other in VOCABULARY and other != "moving" else name


def _passes(node: pe.Node) -> bool:
    """Tell whether a node only hands on; one that iterates or joins does more."""
    iterates = bool(getattr(node, "iterables", None)) or isinstance(node, (pe.JoinNode, pe.MapNode))
    return isinstance(node.interface, IdentityInterface) and not iterates


def _edges(workflow: pe.Workflow) -> Iterator[tuple[Port, Port, str]]:
    for source, target, data in workflow._graph.edges(data=True):
        for given, taken in data["connect"]:
            port, function = (given[0], _function_name(given[1])) if isinstance(given, tuple) else (given, "")
            yield resolved(source, port), resolved(target, taken), function
    for node in workflow._graph.nodes():
        if isinstance(node, pe.Workflow):
            yield from _edges(node)


def _function_name(source: str) -> str:
    found = re.search(r"def\s+(\w+)", source) if isinstance(source, str) else None
    return found[1] if found else "function"


def _simplify(group: Group) -> None:
    """Put the only member of a group in its place, and leave out groups that do no work."""
    kept: list[Box | Group] = []
    for child in group.children:
        if isinstance(child, Group):
            _simplify(child)
            kept += child.children if len(child.children) < 2 else [child]
        else:
            kept.append(child)
    group.children = kept
