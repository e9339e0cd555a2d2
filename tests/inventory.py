"""What is in the tree and in the registries, as the contract tests see it."""

import ast
import importlib
from pathlib import Path

import pytest

from nipype_qsm.interfaces.rooms import ROOMS, TABLE_ROOMS, room

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "nipype_qsm"
WORKFLOWS = ROOT / "workflows"

SOURCES = sorted([*PACKAGE.rglob("*.py"), *WORKFLOWS.rglob("*.py")])
KERNELS = sorted(path for path in (PACKAGE / "kernels").rglob("*.py") if path.name != "__init__.py")


def module_name(path):
    """Return the dotted name under which a source file is imported."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    parts = ("nipype_qsm", *parts) if parts[0] == "workflows" else parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def offenders(things, wrong):
    """Return {thing: what is wrong with it}, for the things where something is.

    One test a rule, over everything in the tree: what fails is the list of who breaks it.
    """
    found = {called(thing): wrong(thing) for thing in things}
    return {name: faults for name, faults in found.items() if faults}


def called(thing):
    """Return the name of a file, a function or a method in a report."""
    if isinstance(thing, Path):
        return thing.relative_to(ROOT).as_posix()
    if isinstance(thing, tuple):
        return "/".join(thing[:2])
    return f"{thing.__module__}.{thing.__qualname__}"


def methods(rooms=ROOMS):
    """Return (room, name, interface class) of every registered method; by default of those from volumes to volumes."""
    return [(step, name, interface) for step in rooms for name, interface in room(step).items()]


def all_methods():
    """Return the same with the methods that take and give tables."""
    return methods({**ROOMS, **TABLE_ROOMS})


def each_method(rooms=ROOMS, *, with_kernel=False):
    """Return the registered methods as test parameters."""
    return [
        pytest.param(step, name, interface, id=f"{step}-{name}")
        for step, name, interface in methods(rooms)
        if not with_kernel or hasattr(interface, "_kernel")
    ]


def functions(path):
    """Return every function of a file that is not nested in another, with its class's functions."""
    tree = ast.parse(path.read_text())
    found = []
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            found += [part for part in node.body if isinstance(part, ast.FunctionDef)]
        elif isinstance(node, ast.FunctionDef):
            found.append(node)
    return found


def public_functions(path):
    """Return the public functions that a kernel file defines, as objects."""
    module = importlib.import_module(module_name(path))
    return [
        getattr(module, node.name)
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]


def input_ports(interface):
    """Return the input ports of an interface class."""
    inputs = interface.input_spec()
    return {name: inputs.trait(name) for name in inputs.copyable_trait_names()}


def output_ports(interface):
    """Return the output ports of an interface class."""
    outputs = interface.output_spec()
    return {name: outputs.trait(name) for name in outputs.copyable_trait_names()}
