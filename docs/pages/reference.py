"""Pages that list the code: kernels and interfaces by room, factories of workflows, and the modules that all share.

They are written into docs/api before the site is read. Which modules there are is asked of the package, so that no
list has to be kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

SHARED = (
    *("geometry", "acquisition", "units", "quantities", "spaces", "series", "transforms", "tables", "errors", "io"),
    *("graph", "memory", "ukb", "bids", "bulk", "batch"),
)
"""Modules beside the rooms that a user may meet."""

TOPS = ("kernels", "interfaces", "workflows", "library", "phantoms", "plugins", "reports")

INDEX = (
    "Three layers, and what they share: ``kernels`` compute, ``interfaces`` are Nipype's nodes around them,\n"
    "``workflows`` wire the nodes. Import from any of them; the command line is a fourth layer on top\n"
    "(:doc:`the command </cli>`)."
)
LAYERS = {
    "kernels": (
        "Functions from arrays to arrays, one room a step. Volumes come first, then the grid, then options by name;\n"
        "no input is changed, no file is read. The same names hold for :doc:`interfaces <interfaces>`, which do."
    ),
    "interfaces": (
        "Nipype interfaces, one room a step: each loads the files of its ports, checks them, calls its kernel, saves\n"
        "what comes back. What every method does is explained on the pages of the steps; the names that the command\n"
        "line knows are in :doc:`methods </methods>`."
    ),
}
WORKFLOWS = (
    "Factories of workflows. Parameters are chosen when a graph is built; inputs and outputs are fields of its\n"
    "``inputnode`` and ``outputnode``. How they are wired: :doc:`dataflow </dataflow>`."
)
CODE = re.compile(r"(?<![:`\w])`([^`\n]+)`(?![`_])")
MARKS = re.compile(r"(?<!\\)\||(?<=\w)_(?=\W|$)|(?<!\*)\*(?=\w+\b(?!\*))(?=[^*]*$)")
"""What reStructuredText would take for a substitution, a target or emphasis, and the docstrings do not mean."""


def write(folder: Path) -> None:
    """Write every page of the reference, and remove what no longer is one."""
    before = set(folder.rglob("*.rst"))
    written = {_write(folder / name, text) for name, text in pages()}
    for path in before - written:
        path.unlink()


def pages() -> Iterator[tuple[str, str]]:
    """Yield name and text of each page."""
    yield "index.rst", _page("API", INDEX, tree=TOPS)
    for layer, text in LAYERS.items():
        package = f"nipype_qsm.{layer}"
        names = _rooms(package)
        yield f"{layer}.rst", _page(layer.capitalize(), text, tree=[f"{layer}/{name}" for name in [*names, "shared"]])
        for name in names:
            room = f"{package}.{name}"
            yield f"{layer}/{name}.rst", _page(f"{name}: {layer}", _idea(room), modules=_modules(room))
        shared = _page(f"shared: {layer}", "What several rooms use.", modules=_modules(package))
        yield f"{layer}/shared.rst", shared
    yield "workflows.rst", _page("Workflows", WORKFLOWS, modules=_modules("nipype_qsm.workflows"))
    known = set(_modules("nipype_qsm"))
    library = [f"nipype_qsm.{name}" for name in SHARED if f"nipype_qsm.{name}" in known]
    yield "library.rst", _page("Shared modules", "Units, grids, names, files and errors.", modules=library)
    for name in ("phantoms", "plugins", "reports"):
        package = f"nipype_qsm.{name}"
        yield f"{name}.rst", _page(name.capitalize(), _idea(package), modules=_modules(package))


def _rooms(package: str) -> list[str]:
    """Return the rooms of a layer in the order of the dataflow, what is no step behind them."""
    from nipype_qsm.interfaces.rooms import ROOMS, TABLE_ROOMS

    there = _children(package, packages=True)
    return [room for room in (*ROOMS, *TABLE_ROOMS) if room in there] + sorted({*there} - {*ROOMS, *TABLE_ROOMS})


def _children(package: str, *, packages: bool) -> list[str]:
    return [one.name for one in iter_modules(import_module(package).__path__) if one.ispkg == packages]


def _modules(package: str) -> list[str]:
    return [f"{package}.{name}" for name in _children(package, packages=False) if not name.startswith("_")]


def _idea(module: str) -> str:
    first = (import_module(module).__doc__ or module).strip().split("\n\n")[0]
    return CODE.sub(r"``\1``", first)


def _page(title: str, text: str, *, tree: Iterable[str] = (), modules: Iterable[str] = ()) -> str:
    lines = [title, "=" * len(title), "", text, ""]
    if tree:
        lines += [".. toctree::", "   :maxdepth: 1", "", *(f"   {name}" for name in tree), ""]
    for module in modules:
        name = module.rpartition(".")[2]
        lines += [name, "-" * len(name), "", f".. automodule:: {module}", ""]
    return "\n".join(lines)


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.read_text() != text:  # a page that is not written again is not read again
        path.write_text(text)
    return path


def readable(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Turn a docstring of the house, whose code stands between single backticks, into Sphinx's."""
    lines[:] = [translated(line) for line in lines]


def translated(line: str) -> str:
    r"""Return a line with its code doubly quoted and stray marks escaped.

    >>> translated("least |x| of `chi`, see `mask_`")
    'least \\|x\\| of ``chi``, see ``mask_``'
    """
    parts = CODE.split(line)
    parts[::2] = [MARKS.sub(r"\\\g<0>", part) for part in parts[::2]]
    return "".join(f"``{part}``" if odd % 2 else part for odd, part in enumerate(parts))


def traits_readable(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Do the same for descriptions of ports, which Nipype's extension has put below a class."""
    if what == "class":
        lines[:] = [re.sub(r"(?<![\\`])\|(?!`)", r"\\|", CODE.sub(r"``\1``", line)) for line in lines]


def is_alias(app: Any, what: str, name: str, thing: Any, skip: bool, options: Any) -> bool | None:
    """Leave out the fields of a named tuple, of which Python says no more than their number."""
    return True if (getattr(thing, "__doc__", "") or "").startswith("Alias for field number") else None


def setup(app: Any) -> dict[str, bool]:
    """Write the pages before the others are read."""
    app.connect("builder-inited", lambda app: write(Path(app.srcdir) / "api"), priority=100)
    app.connect("autodoc-process-docstring", readable, priority=100)
    app.connect("autodoc-skip-member", is_alias)
    app.connect("autodoc-process-docstring", traits_readable, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
