"""`nipype-qsm graph`: a workflow as an interactive page, as a picture, or as a text diagram."""

from __future__ import annotations

import argparse
import inspect
import re
import textwrap
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nipype_qsm.cli.helping import NARROWEST
from nipype_qsm.errors import QSMError

DESCRIPTION = """\
Draw a workflow. (A run draws its own: graph.html in its output folder.)

NAME is a preset (ukb, best), which stands for the whole of it, or one of the workflows below. `-o page.html` writes one
file that opens from disk: groups that open and close, search, what leads to a step and on from it, ports with units,
memory and cores. `-o picture.svg` writes a still picture of it. Without -o a Mermaid diagram is printed, which Markdown
pages show."""

EPILOG = """\
workflows:
  {names}"""


def add_parser(verbs: Any) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "graph",
        help="draw a workflow: an interactive page, a picture, or text",
        description=DESCRIPTION,
        epilog=EPILOG.format(names=_wrapped(sorted(factories()))),
    )
    verb.add_argument("name", nargs="?", metavar="NAME", help="preset or workflow (default: best)")
    verb.add_argument("-o", "--out", type=Path, metavar="FILE", help="write a page (.html) or a picture (.svg)")
    verb.add_argument("--mermaid", action="store_true", help="a Mermaid diagram, also into FILE")
    verb.add_argument("--preset", metavar="NAME", help="the same as NAME alone")
    verb.add_argument("--single-echo", action="store_true", help="a preset's graph for one echo, combined already")
    verb.set_defaults(run=run)


def factories() -> dict[str, str]:
    """Return the module of each workflow of this project by its step; nothing is imported."""
    found: dict[str, str] = {}
    spec = find_spec("nipype_qsm.workflows")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for path in sorted(Path(folder).glob("*.py")):
            for step in re.findall(r"^def init_(\w+)_wf\(", path.read_text(encoding="utf-8"), re.MULTILINE):
                found[step] = f"nipype_qsm.workflows.{path.stem}"
    return found


def _wrapped(names: list[str]) -> str:
    return "\n  ".join(textwrap.wrap(", ".join(names), NARROWEST))


def run(options: argparse.Namespace) -> int:
    """Build the workflow, and print or write what was asked for."""
    from nipype_qsm import graph
    from nipype_qsm.io import atomically

    suffix = options.out.suffix.lower() if options.out else ""
    if options.out and not options.mermaid and suffix not in (".html", ".htm", ".svg"):
        raise QSMError(f"{options.out} is neither .html nor .svg.", remedy="Name it page.html or picture.svg.")
    name = options.name or options.preset or "best"
    workflow = build(name, single_echo=options.single_echo)
    if options.mermaid or not options.out:
        text = graph.mermaid(workflow)
    elif suffix == ".svg":
        text = graph.picture(workflow)
    else:
        text = graph.page(workflow, doc=says(name))
    if not options.out:
        print(text, end="")
        return 0
    with atomically(options.out) as temporary:
        temporary.write_text(text, encoding="utf-8")
    print(options.out)
    return 0


def build(name: str, *, single_echo: bool = False) -> Any:
    """Return the workflow of that name."""
    factory, options = _found(name)
    return factory(**options, **({"single_echo": True} if single_echo and "preset" in options else {}))


def says(name: str) -> str:
    """Return what the workflow of that name does, in a sentence."""
    return (inspect.getdoc(_found(name)[0]) or "").split("\n")[0]


def _found(name: str) -> tuple[Callable[..., Any], dict[str, Any]]:
    from importlib import import_module

    from nipype_qsm.workflows.presets import PRESETS
    from nipype_qsm.workflows.qsm import init_qsm_wf

    step = name.removeprefix("init_").removesuffix("_wf")
    known = factories()
    if step in PRESETS:
        return init_qsm_wf, {"preset": step}
    if step not in known:
        names = ", ".join([*PRESETS, *sorted(known)])
        raise QSMError(f"There is no workflow '{name}'.", remedy=f"Choose one of: {names}.")
    factory = getattr(import_module(known[step]), f"init_{step}_wf")
    return factory, ({"folder": Path("out")} if "folder" in inspect.signature(factory).parameters else {})
