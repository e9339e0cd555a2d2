"""Equations as MathML, which browsers draw themselves: no script, no font and no network is needed."""

from __future__ import annotations

from html import escape
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert


def inline(writer: Any, node: nodes.math) -> None:
    """Write an equation of a line of text."""
    writer.body.append(convert(node.astext()))
    raise nodes.SkipNode


def display(writer: Any, node: nodes.math_block) -> None:
    """Write an equation that has a line of its own; what it was written as is kept for those who copy it."""
    source = node.astext()
    drawn = convert(source, display="block")
    writer.body.append(f'<div class="equation" title="{escape(source, quote=True)}">{drawn}</div>\n')
    raise nodes.SkipNode


def setup(app: Any) -> dict[str, bool]:
    """Make the renderer known."""
    app.add_html_math_renderer("mathml", inline_renderers=(inline, None), block_renderers=(display, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
