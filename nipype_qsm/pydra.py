"""Interfaces as tasks of Pydra, the engine that Nipype's developers write as its successor (extra `pydra`).

A task has the ports of its interface under their own names, so that Pydra's split, combine and caches work on them.
Files are declared as files: Pydra goes by what is in them. The version of the algorithm is an input, as in Nipype.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from nipype.interfaces.base import BaseInterface, Directory, File, isdefined

from nipype_qsm.errors import ToolMissing

__all__ = ["task"]


def task(interface: type[BaseInterface]) -> Any:
    """Make a Pydra task of an interface.

    Parameters
    ----------
    interface : class
        Any of `nipype_qsm.interfaces`, one of your own, or Nipype's own where it is made of ports alone.

    Returns
    -------
    task : class
        Of Pydra; its fields are the input ports, those of its outputs the output ports. A port that may be left out is
        None, and so is an output that was not made.

    Raises
    ------
    ToolMissing
        Where Pydra is not installed.
    """
    try:
        from pydra.compose import python
    except ImportError as error:
        raise ToolMissing(
            f"Pydra 1.0 is not installed ({error}).", remedy="Install it: pip install 'nipype_qsm[pydra]'."
        ) from error
    ports, given = interface().inputs, interface.output_spec()
    inputs, outputs = {}, {}
    for name in ports.copyable_trait_names():
        trait, value = ports.trait(name), getattr(ports, name)
        default = {} if trait.mandatory else {"default": value if trait.usedefault else None}
        inputs[name] = python.arg(name=name, type=_kind(trait, optional=bool(default)), help=trait.desc, **default)
    for name in given.copyable_trait_names():
        outputs[name] = python.out(name=name, type=_kind(given.trait(name), optional=True), help=given.trait(name).desc)
    inputs["interface"] = python.arg(name="interface", type=Any, default=interface, help="the class that runs")
    return python.define(_run, inputs=inputs, outputs=outputs, name=interface.__name__)


def _kind(trait: Any, *, optional: bool) -> Any:
    """Return the type by which Pydra knows a port: files, lists of files, or anything."""
    from fileformats import generic

    kinds = ((File, generic.File), (Directory, generic.Directory))
    inner = trait.inner_traits[0].trait_type if len(trait.inner_traits or ()) == 1 else None
    for part, form in ((trait.trait_type, lambda one: one), (inner, lambda one: list[one])):
        for base, kind in kinds:
            if isinstance(part, base) and part.exists:  # what need not exist yet is a name, not a file
                return form(kind) | None if optional else form(kind)
    return Any


def _run(interface: type[BaseInterface], **given: Any) -> Any:
    """Run an interface in the task's folder, and return its outputs in their order."""
    # A function of this module, not one made for each interface: Pydra's workers compare what they hash.
    chosen = {name: _plain(value) for name, value in given.items() if value is not None}
    made = interface(**chosen).run(cwd=str(Path.cwd())).outputs
    values = [getattr(made, name) for name in made.copyable_trait_names()]
    found = tuple(value if isdefined(value) else None for value in values)
    return found if len(found) != 1 else found[0]


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return os.fspath(value) if isinstance(value, os.PathLike) else value
