"""Links of the built site: each leads to a file of the site and a place in it, or is a whole address.

    python docs/pages/links.py docs/_build/html

Sphinx warns of links between its own pages; this also sees frames, pictures and what was written as HTML.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """What a page links to, and the places that it has."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one tag's."""
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.links.append(value)
            elif name in ("id", "name") and value:
                self.places.add(value)


def broken(site: Path) -> Iterator[str]:
    """Yield each link that leads nowhere, with its page."""
    pages = {path.resolve(): Page(path) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        for link in dict.fromkeys(page.links):
            parts = urlsplit(link)
            if parts.scheme in ("http", "https"):
                good = bool(re.fullmatch(r"[\w-]+(\.[\w-]+)+", parts.hostname or "")) and not re.search(r"\s", link)
            elif parts.scheme in ("data", "mailto", "javascript"):
                good = True
            else:
                target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
                place = unquote(parts.fragment)
                # A graph's places are its steps, which its script makes.
                drawn = target.parent.name == "graphs" or target.name == "graph.html"
                known = target not in pages or drawn or place in pages[target].places
                good = target.exists() and (not place or known)
            if not good:
                yield f"{path.relative_to(site.resolve())}: {link}"


if __name__ == "__main__":
    found = list(broken(Path(sys.argv[1])))
    print(*found or ["every link leads somewhere"], sep="\n")
    sys.exit(bool(found))
