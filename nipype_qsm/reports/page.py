"""The HTML of a report: one file that opens from disk, with nothing to fetch.

Small functions that return text. Whatever comes from data is escaped here, once: the functions take plain text and
return HTML (`Html`, a `str`), and only `Html` is put into a page as it is.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from html import escape

import matplotlib
import numpy as np
from matplotlib.colors import to_hex

from nipype_qsm.reports.charts import number_text
from nipype_qsm.reports.style import STYLE


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


Cell = str | float | int | None


def text(value: object) -> Html:
    """Escape plain text; leave HTML as it is."""
    return value if isinstance(value, Html) else Html(escape(str(value), quote=True))


def join(*parts: object) -> Html:
    """Put pieces one after the other."""
    return Html("".join(text(part) for part in parts))


def tag(name: str, *content: object, **attributes: object) -> Html:
    """Make an element; attribute names lose their last underscore."""
    written = "".join(f' {key.rstrip("_").replace("_", "-")}="{text(value)}"' for key, value in attributes.items())
    return Html(f"<{name}{written}>{join(*content)}</{name}>")


def paragraph(*content: object, quiet: bool = False) -> Html:
    """Make a paragraph."""
    return tag("p", *content, class_="quiet small") if quiet else tag("p", *content)


def number(value: float, digits: int = 0) -> str:
    """Write a number with grouped thousands and a real minus sign."""
    written = f"{value:,.{digits}f}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    return written.replace("-", "\N{MINUS SIGN}")


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[object]], *, numeric: Sequence[int] = ()) -> Html:
    """Make a table; the first cell of a row is its heading.

    Parameters
    ----------
    caption : str
    head : sequence of str
        Empty for a table of facts without a heading row.
    rows : sequence of sequences
    numeric : sequence of int
        Columns to align right.
    """
    classes = [{"class_": "number"} if column in numeric else {} for column in range(max(map(len, rows), default=0))]
    parts = [tag("caption", caption)]
    kind = {} if head else {"class_": "facts"}
    if head:
        cells = [tag("th", name, scope="col", **extra) for name, extra in zip(head, classes, strict=False)]
        parts.append(tag("thead", tag("tr", *cells)))
    body = []
    for row in rows:
        first = tag("th", row[0], scope="row", **classes[0])
        body.append(tag("tr", first, *(tag("td", cell, **classes[n]) for n, cell in enumerate(row[1:], start=1))))
    parts.append(tag("tbody", *body))
    return tag("div", tag("table", *parts, **kind), class_="wide")


def image(content: bytes, alt: str) -> Html:
    """Embed a JPEG or a PNG."""
    kind = "png" if content.startswith(b"\x89PNG") else "jpeg"
    source = Html(f"data:image/{kind};base64,{b64encode(content).decode()}")
    return Html(f'<img src="{source}" alt="{text(alt)}">')


def scale(low: float, high: float, unit: str, colours: str) -> Html:
    """Make the colour bar of a picture, with its ends and unit."""
    stops = ", ".join(to_hex(matplotlib.colormaps[colours](place)) for place in np.linspace(0, 1, 9))
    bar = Html(f'<i style="background: linear-gradient(90deg, {stops})"></i>')
    first, last = (number_text(round(end, 2)) for end in (low, high))
    return tag("div", tag("span", first), bar, tag("span", f"{last} {unit}".rstrip()), class_="scale")


def figure(content: bytes, alt: str, below: object, caption: object) -> Html:
    """Make a picture with what stands below it and its caption."""
    return tag("figure", image(content, alt), below, tag("figcaption", caption) if caption else Html(""))


def section(name: str, title: str, *content: object) -> Html:
    """Make a section with its heading, to which the navigation can jump."""
    heading = tag("h2", title, id=f"{name}-title")
    return tag("section", heading, *content, id=name, aria_labelledby=f"{name}-title")


def document(title: str, header: Html, sections: Sequence[tuple[str, str, Html]], footer: object) -> str:
    """Put the page together.

    Parameters
    ----------
    title : str
    header : Html
    sections : sequence of (name, title, content)
        Empty contents are left out.
    footer : str or Html
    """
    shown = [(name, heading, content) for name, heading, content in sections if content]
    links = tag("ul", *(tag("li", tag("a", heading, href=f"#{name}")) for name, heading, _ in shown))
    body = join(
        tag("a", "Skip to the content", href="#content", class_="skip"),
        tag("header", header),
        tag("nav", links, aria_label="Sections"),
        tag("main", *(section(*one) for one in shown), id="content"),
        tag("footer", footer),
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )
