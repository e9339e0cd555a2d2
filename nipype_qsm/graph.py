"""Graphs that are checked when they are built, and drawn from what was built.

Nipype accepts an edge to a misspelt port of an `IdentityInterface` in silence: the run succeeds, and the node behind it
receives nothing. `checked` refuses that. `mermaid` writes the dataflow as text, its edges labelled with the quantities
that flow along them, so that a diagram in the documentation can be compared with the code.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any, TypeVar

from nipype.interfaces.utility import IdentityInterface
from nipype.pipeline import engine as pe

from nipype_qsm.errors import WiringError
from nipype_qsm.memory import declare_memory

Built = TypeVar("Built", bound=pe.Workflow)


def checked(workflow: Built) -> Built:
    """Return the workflow if every edge ends at declared ports and every output is fed; nested graphs included.

    Nodes whose interface knows how much memory it takes a voxel get an estimator of it.

    Parameters
    ----------
    workflow : nipype.Workflow

    Raises
    ------
    WiringError
        Names the port and what the node has instead.
    """
    # Keyed by the node itself: Nipype's full names start over in every nested workflow.
    fed: set[tuple[pe.Node, str]] = set()
    for source, source_port, target, target_port in edges(workflow):
        _require_port(source, source_port, "out")
        _require_port(target, target_port, "in")
        fed.add((target, target_port))
    for node in nodes(workflow):
        declare_memory(node)
        if node.name != "outputnode":
            continue
        starved = [port for port in node.interface._fields if (node, port) not in fed]
        if starved:
            raise WiringError(
                f"Nothing feeds {', '.join(starved)} of {node.fullname}.",
                remedy="Connect the step that makes it, or drop it from the outputnode's fields.",
            )
    return workflow


def nodes(workflow: pe.Workflow) -> Iterator[pe.Node]:
    """Walk every node, nested workflows included."""
    for node in workflow._graph.nodes():
        if isinstance(node, pe.Workflow):
            yield from nodes(node)
        else:
            yield node


def edges(workflow: pe.Workflow) -> Iterator[tuple[pe.Node, str, pe.Node, str]]:
    """Walk every edge as (source node, port, target node, port), resolved through nested workflows."""
    for source, target, data in workflow._graph.edges(data=True):
        for source_port, target_port in data["connect"]:
            name = source_port[0] if isinstance(source_port, tuple) else source_port
            yield *resolved(source, name), *resolved(target, target_port)
    for node in workflow._graph.nodes():
        if isinstance(node, pe.Workflow):
            yield from edges(node)


def resolved(node: pe.Node | pe.Workflow, port: str) -> tuple[pe.Node, str]:
    """Return the node inside nested workflows, and its port, that a port's dotted name means."""
    while isinstance(node, pe.Workflow):
        name, _, port = port.partition(".")
        inner = node.get_node(name)
        if inner is None:
            raise WiringError(f"{node.name} has no node '{name}'.", remedy="Correct the name in connect().")
        node = inner
    return node, port


def _require_port(node: pe.Node, port: str, side: str) -> None:
    declared = _ports(node, side)
    if port not in declared and declared:
        raise WiringError(
            f"{node.fullname} has no {side}put '{port}'.", remedy=f"It has: {', '.join(sorted(declared))}."
        )


def mermaid(workflow: pe.Workflow) -> str:
    """Write the dataflow as a Mermaid diagram: one box a working node, edges labelled with quantities."""
    producers: dict[tuple[pe.Node, str], tuple[pe.Node, str]] = {}
    for source, source_port, target, target_port in edges(workflow):
        producers[target, target_port] = (source, source_port)
    working = [node for node in nodes(workflow) if not isinstance(node.interface, IdentityInterface)]
    label = _labels(working)
    lines = ["flowchart TD"]
    joined: dict[tuple[str, str], list[str]] = {}
    for node in working:
        lines.append(f'    {label[node]}["{label[node]}<br/><i>{type(node.interface).__name__}</i>"]')
        for (fed, port), origin in producers.items():
            source = _true_source(origin, producers) if fed is node else None
            if source is not None:
                joined.setdefault((label[source[0]], label[node]), []).append(port)
    for (source_name, target_name), ports in joined.items():
        lines.append(f"    {source_name} -->|{', '.join(dict.fromkeys(ports))}| {target_name}")
    return "\n".join(lines) + "\n"


def page(workflow: pe.Workflow, run: Any = None, doc: str = "") -> str:
    """Return an interactive page of any Nipype workflow: one HTML file that opens from disk and fetches nothing.

    Parameters
    ----------
    workflow : nipype.Workflow
    run : path, optional
        What `nipype_qsm.run_state.Recorder` recorded of a run (`run.jsonl`), to be shown with the graph.
    doc : str
        A sentence about the whole.
    """
    from nipype_qsm.diagram.model import read
    from nipype_qsm.diagram.page import write_page
    from nipype_qsm.run_events import read_run

    return write_page(read(workflow), doc, None if run is None else read_run(run))


def picture(workflow: pe.Workflow) -> str:
    """Return the same as a still picture, SVG."""
    from nipype_qsm.diagram.model import read
    from nipype_qsm.diagram.svg import write_svg

    return write_svg(read(workflow))


def show(workflow: pe.Workflow, height: int = 640) -> Shown:
    """Return what a notebook shows as the interactive page of any Nipype workflow.

    Parameters
    ----------
    workflow : nipype.Workflow
    height : int, pixels
    """
    return Shown(page(workflow), height)


class Shown:
    """A page within a page."""

    def __init__(self, html: str, height: int = 640) -> None:
        self.html, self.height = html, height

    def _repr_html_(self) -> str:
        # A frame of its own keeps the page's style and scripts from the notebook's.
        return (
            f'<iframe srcdoc="{escape(self.html, quote=True)}" title="Workflow graph" loading="lazy" '
            f'style="width: 100%; height: {self.height}px; border: 1px solid #8884; border-radius: 8px"></iframe>'
        )


class Workflow(pe.Workflow):
    """A Nipype workflow that notebooks show as its interactive page."""

    def _repr_html_(self) -> str:
        return show(self)._repr_html_()


def _labels(working: list[pe.Node]) -> dict[pe.Node, str]:
    """Return each node's own name, led by its workflow's where two nodes share one."""
    names = [node.name for node in working]
    return {
        node: node.name if names.count(node.name) == 1 else "_".join(node.fullname.split(".")[-2:]) for node in working
    }


def _true_source(
    origin: tuple[pe.Node, str], producers: dict[tuple[pe.Node, str], tuple[pe.Node, str]]
) -> tuple[pe.Node, str] | None:
    node, port = origin
    while isinstance(node.interface, IdentityInterface):
        if (node, port) not in producers:
            return None
        node, port = producers[node, port]
    return node, port


class Chain:
    """A workflow whose steps are joined by the names of what they take and give.

    Every port carries the name of its quantity, so most edges need not be written: a step takes each of its inputs from
    the last step that gave that name, or from the `inputnode`. What is wired otherwise is said in `add`.

    Parameters
    ----------
    name : str
        Of the workflow.
    inputs : list of str
        Fields of the `inputnode`.
    """

    def __init__(self, name: str, inputs: list[str]) -> None:
        self.workflow = Workflow(name=name)
        self.inputnode = pe.Node(IdentityInterface(inputs), name="inputnode")
        self._source: dict[str, tuple[pe.Node | pe.Workflow, str]] = {port: (self.inputnode, port) for port in inputs}
        self._made: list[str] = []

    def add(
        self, step: pe.Node | pe.Workflow, takes: dict[str, str] | None = None, gives: dict[str, str] | None = None
    ) -> Chain:
        """Append a step.

        Parameters
        ----------
        step : Node or Workflow
            A workflow stands for its `inputnode` and `outputnode`.
        takes : dict, optional
            Port of the step to name of the quantity it takes, where they differ; an empty name leaves the port alone.
        gives : dict, optional
            Port of the step to name under which the rest of the chain knows it.
        """
        takes, gives = takes or {}, gives or {}
        inner, outer = ("inputnode.", "outputnode.") if isinstance(step, pe.Workflow) else ("", "")
        for port in _ports(_port_node(step, "inputnode"), "in"):
            name = takes.get(port, port)
            if name in self._source:
                source, source_port = self._source[name]
                self.workflow.connect(source, source_port, step, inner + port)
            elif port in takes and name:
                raise WiringError(
                    f"Nothing gives '{name}' for {step.name}.", remedy="Add the step that makes it first."
                )
        for port in _ports(_port_node(step, "outputnode"), "out"):
            name = gives.get(port, port)
            self._source[name] = (step, outer + port)
            self._made = [made for made in self._made if made != name] + [name]
        return self

    def finish(self, outputs: list[str] | None = None) -> pe.Workflow:
        """Feed an `outputnode` with `outputs` (by default everything that was made) and return the checked workflow."""
        outputs = self._made if outputs is None else outputs
        outputnode = pe.Node(IdentityInterface(outputs), name="outputnode")
        for name in outputs:
            if name not in self._source:
                raise WiringError(f"Nothing gives '{name}'.", remedy="Drop it from the outputs, or add its step.")
            source, port = self._source[name]
            self.workflow.connect(source, port, outputnode, name)
        return checked(self.workflow)


def _port_node(part: pe.Node | pe.Workflow, name: str) -> pe.Node:
    return part.get_node(name) if isinstance(part, pe.Workflow) else part


def _ports(node: pe.Node, side: str) -> list[str]:
    if isinstance(node.interface, IdentityInterface):
        return list(node.interface._fields)
    if side == "out":
        spec = node.interface._outputs()
        return list(spec.copyable_trait_names()) if spec is not None else []
    uses = getattr(node.interface, "uses", lambda port: True)
    return [port for port in node.interface.inputs.copyable_trait_names() if uses(port)]
