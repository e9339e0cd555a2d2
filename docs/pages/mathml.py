"""Equations as MathML, which browsers draw themselves: no script, no font and no network is needed."""

from __future__ import annotations

from html import escape
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.util.logging import getLogger

logger = getLogger(__name__)


def inline(writer: Any, node: nodes.math) -> None:
    """Write an equation of a line of text."""
    writer.body.append(drawn(node, "inline"))
    raise nodes.SkipNode


def display(writer: Any, node: nodes.math_block) -> None:
    """Write equations on a line of their own, several where there is no room; the source is kept for who copies it."""
    source = escape(node.astext(), quote=True)
    parts = [drawn(nodes.math_block(part, part), "block") for part in node.astext().split(r"\qquad")]
    writer.body.append(f'<div class="equation" title="{source}">{"".join(parts)}</div>\n')
    raise nodes.SkipNode


def drawn(node: nodes.Element, how: str) -> str:
    """Return MathML, and warn of what the converter did not know, which it leaves as it stands."""
    made = convert(node.astext(), display=how)
    if "\\" in made:
        logger.warning("not understood in an equation: %s", node.astext(), location=node)
    return made


def setup(app: Any) -> dict[str, bool]:
    """Make the renderer known."""
    app.add_html_math_renderer("mathml", inline_renderers=(inline, None), block_renderers=(display, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
