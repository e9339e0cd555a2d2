"""Graphs of workflows: interactive pages where a forge draws Mermaid's text, and a link below each factory.

A forge draws the fences of a page by itself; the site has the interactive page of the same workflow in their place.
Every workflow that `nipype-qsm graph` can name is drawn once, when the site is written.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

MERMAID = re.compile(r"^## (\w+)\n\n```mermaid\n.*?^```$", re.MULTILINE | re.DOTALL)
FOLDER = "_static/graphs"
FRAME = """## {name}

<iframe class="graph" src="_static/graphs/{name}.html" title="Graph of {name}" loading="lazy"></iframe>
<p class="shown"><a href="_static/graphs/{name}.html">Open it by itself</a></p>
"""


def framed(app: Any, docname: str, source: list[str]) -> None:
    """Put the interactive page of a workflow where its diagram stands as text, under a heading that names it."""
    source[0] = MERMAID.sub(lambda found: FRAME.format(name=found[1]), source[0])


def linked(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Link a factory to the graph that it makes."""
    from nipype_qsm.cli.graph import factories

    step = re.fullmatch(r"nipype_qsm\.workflows\.\w+\.init_(\w+)_wf", name)
    if what == "function" and step and step[1] in factories():
        lines += ["", ".. raw:: html", ""]
        lines += [f'   <p class="shown"><a href="../{FOLDER}/{step[1]}.html">The graph it makes</a></p>', ""]


def draw(app: Any, exception: Exception | None) -> None:
    """Write the pages of the graphs."""
    from nipype_qsm.cli.graph import build, factories
    from nipype_qsm.graph import page
    from nipype_qsm.workflows.presets import PRESETS

    if exception is None:
        folder = Path(app.outdir) / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        for name in (*PRESETS, *factories()):
            (folder / f"{name}.html").write_text(page(build(name)), encoding="utf-8")


def setup(app: Any) -> dict[str, bool]:
    """Change pages as they are read, and draw when all are written."""
    app.connect("source-read", framed)
    app.connect("autodoc-process-docstring", linked, priority=950)
    app.connect("build-finished", draw)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
