"""What is known of a node: its class, its ports and their units, what is set, what it needs."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nipype.interfaces.base import isdefined
from nipype.interfaces.utility import IdentityInterface
from nipype.pipeline import engine as pe

from nipype_qsm.quantities import VOCABULARY

SILENT = {"environ", "args", "algorithm", "num_threads", "function_str", "terminal_output", "ignore_exception"}
"""Inputs that say nothing about the data."""

LONGEST = 72
"""Characters of a value."""


@dataclass
class Facts:
    """Everything about a node that the picture tells where it is asked for."""

    kind: str
    """`node`, `map`, `join` or `input`."""
    interface: str = ""
    """Name of the interface's class; of the function, of a `Function`."""
    module: str = ""
    room: str = ""
    """What it belongs to: a step of this project, a package of Nipype's interfaces."""
    does: str = ""
    """First line of its documentation."""
    links: list[str] = field(default_factory=list)
    """Addresses to read on: papers, documentation."""
    n_procs: int = 1
    mem_gb: float = 0.0
    notes: list[str] = field(default_factory=list)
    """How often it runs."""
    given: dict[str, str] = field(default_factory=dict)
    """Inputs that are set."""
    usual: dict[str, str] = field(default_factory=dict)
    """Inputs that have their default."""
    ports: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Unit and meaning of ports that carry a quantity."""
    runs: bool = False
    """Whether Nipype runs it, and tells of it."""


def node_facts(node: pe.Node) -> Facts:
    """Collect what is known of a node."""
    interface = node.interface
    kind = type(interface)
    name, module = kind.__name__, kind.__module__
    does = _first_line(kind.__doc__)
    if name == "Function":
        name, does = _function(interface)
    given, usual = _inputs(node)
    return Facts(
        kind="map" if isinstance(node, pe.MapNode) else "join" if isinstance(node, pe.JoinNode) else "node",
        interface=name,
        module=module,
        room=_room(module),
        does=does,
        links=_links(kind),
        n_procs=int(node.n_procs or 1),
        mem_gb=round(float(getattr(node, "_mem_gb", None) or 0.0), 3),
        notes=_notes(node),
        given=given,
        usual=usual,
        ports=_quantities(interface),
        runs=not isinstance(interface, IdentityInterface) or isinstance(node, pe.JoinNode),
    )


def _first_line(text: str | None) -> str:
    lines = inspect.cleandoc(text or "").split("\n\n")[0].splitlines()
    return " ".join(lines)[:240]


def _function(interface: Any) -> tuple[str, str]:
    source = getattr(interface.inputs, "function_str", "") or ""
    name = re.search(r"def\s+(\w+)", source)
    document = re.search(r'^\s+(?:"""|\'\'\')(.+?)(?:"""|\'\'\'|\n)', source, re.MULTILINE)
    return (f"{name[1]}()" if name else "Function"), (document[1].strip() if document else "")


def _inputs(node: pe.Node) -> tuple[dict[str, str], dict[str, str]]:
    inputs = node.interface.inputs
    given: dict[str, str] = {}
    usual: dict[str, str] = {}
    for name in inputs.copyable_trait_names():
        value = getattr(inputs, name)
        if name in SILENT or not isdefined(value) or value is None or (isinstance(value, str) and not value):
            continue
        default = inputs.trait(name)
        is_default = bool(default.usedefault) and _same(value, default.default)
        (usual if is_default else given)[name] = shortened(value)
    return given, usual


def _same(value: Any, default: Any) -> bool:
    try:
        return bool(value == default)
    except (TypeError, ValueError):  # arrays
        return False


def shortened(value: Any) -> str:
    """Return a value as a short text; paths with their last two parts."""
    if not isdefined(value) or value is None:
        return ""
    if isinstance(value, (list, tuple)) and value:
        items = [shortened(item) for item in value[:3]]
        text = ", ".join(items) + (f", ... ({len(value)})" if len(value) > 3 else "")
    elif isinstance(value, (str, Path)) and len(Path(str(value)).parts) > 3 and "\n" not in str(value):
        text = "\N{HORIZONTAL ELLIPSIS}/" + "/".join(Path(str(value)).parts[-2:])
    else:
        text = " ".join(str(value).split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _notes(node: pe.Node) -> list[str]:
    notes = []
    if isinstance(node, pe.MapNode):
        over = ", ".join(node.iterfield)
        nested = ", nested lists" if getattr(node, "nested", False) else ""
        notes.append(f"runs once for each item of {over}{nested}")
    if isinstance(node, pe.JoinNode):
        fields = node.joinfield if isinstance(node.joinfield, list) else [node.joinfield]
        source = node.joinsource if isinstance(node.joinsource, str) else node.joinsource.name
        notes.append(f"joins the runs that {source} began" + (f": {', '.join(fields)}" if fields else ""))
    notes += _iterables(node)
    if getattr(node, "run_without_submitting", False):
        notes.append("runs in the main process")
    return notes


def _iterables(node: pe.Node) -> list[str]:
    iterables = getattr(node, "iterables", None)
    if not iterables:
        return []
    pairs = iterables if isinstance(iterables, list) else [iterables]
    described = []
    for pair in pairs:
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            continue
        name, values = pair
        count = f" ({len(values)})" if hasattr(values, "__len__") else ""
        described.append(f"{name if isinstance(name, str) else ', '.join(name)}{count}")
    how = " in step" if getattr(node, "synchronize", False) else ""
    return [f"repeats everything after it over {', '.join(described)}{how}"]


def _quantities(interface: Any) -> dict[str, tuple[str, str]]:
    """Return unit and meaning of each port that carries a quantity, or whose description says so."""
    found = {}
    try:
        outputs = interface._outputs()
    except Exception:  # some look for a file of their inputs, which is not there yet
        outputs = None
    for traits in (interface.inputs, outputs):
        for name in traits.copyable_trait_names() if traits is not None else ():
            quantity = VOCABULARY.get(traits.trait(name).quantity or name)
            if quantity is not None and _ours(interface):
                found[name] = ("mask" if quantity.mask else quantity.unit, quantity.meaning)
            elif name not in SILENT and isinstance(traits.trait(name).desc, str):
                found[name] = ("", " ".join(traits.trait(name).desc.split())[:90])
    return found


def _ours(interface: Any) -> bool:
    return type(interface).__module__.startswith("nipype_qsm.")


def _room(module: str) -> str:
    parts = module.split(".")
    if "interfaces" in parts[:-1] and parts[0] in ("nipype", "nipype_qsm"):
        return parts[parts.index("interfaces") + 1]
    return parts[0]


def _links(kind: type) -> list[str]:
    """Return where to read on: the papers that its documentation names, and Nipype's page of its own interfaces."""
    kernel = getattr(kind, "_kernel", None)
    text = f"{kind.__doc__ or ''}\n{getattr(kernel, '__doc__', '') or ''}"
    dois = dict.fromkeys(re.findall(r"\b10\.\d{4,9}/[^\s;,\])}>]+[^\s;,.\])}>]", text))
    links = [f"https://doi.org/{doi}" for doi in list(dois)[:4]]
    if kind.__module__.startswith("nipype.interfaces."):
        page = kind.__module__.removesuffix(".base")
        address = f"https://nipype.readthedocs.io/en/latest/api/generated/{page}.html#{kind.__name__.lower()}"
        links.insert(0, address)
    return links
