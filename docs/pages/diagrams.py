"""Diagrams that a forge draws from their text are shown as text where nothing draws them."""

from __future__ import annotations

from typing import Any

from pygments.lexers.special import TextLexer


def setup(app: Any) -> dict[str, bool]:
    """Let Mermaid's text through."""
    app.add_lexer("mermaid", TextLexer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
