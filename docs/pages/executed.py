"""Pages that are run while the site is built: what a block printed and drew stands below it.

In a page, `<!-- figure NAME.png: CAPTION -->` below a block becomes the figure that the block saved, and
`<!-- shown FILE: TEXT -->` a link to a file that it wrote. On a forge, where nothing is run, neither is seen. The
results are kept and taken again as long as the page and the program are the same.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

from sphinx.errors import ExtensionError

from pages.blocks import SHELL, Block, Session, blocks

PAGES = ("tutorial",)
FIGURE = re.compile(r"^<!-- figure (\S+\.png): (.+?) -->$", re.MULTILINE | re.DOTALL)
SHOWN = re.compile(r"^<!-- shown (\S+): (.+?) -->$", re.MULTILINE | re.DOTALL)
VOLUME = re.compile(r'<a href="[^":#]+\.nii\.gz">(.*?)</a>')
LONGEST = 40
"""Lines of an output that are shown."""


def folder_of(app: Any, page: str) -> Path:
    """Return where a page is run."""
    return Path(app.srcdir) / "_build" / "run" / page


def run_pages(app: Any) -> None:
    """Run the pages, unless the same page was run by the same program."""
    for page in PAGES:
        text = (Path(app.srcdir) / f"{page}.md").read_text()
        folder = folder_of(app, page)
        kept = folder / "outputs.json"
        key = _fingerprint(app, text)
        if kept.is_file() and json.loads(kept.read_text())["key"] == key:
            continue
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        outputs = run_page(page, text, folder)
        kept.write_text(json.dumps({"key": key, "outputs": outputs}))


def run_page(page: str, text: str, folder: Path) -> dict[str, str]:
    """Run every block of a page in a folder; return what each printed, by its last line."""
    session, outputs = Session(folder), {}
    for block in blocks(text):
        if block.language == "python" or block.language in SHELL:
            try:
                outputs[str(block.end)] = session.run(block, f"{page}.md")
            except Exception as error:
                raise ExtensionError(f"{page}.md, block in line {block.line}: {error}") from error
    return outputs


def with_outputs(app: Any, docname: str, source: list[str]) -> None:
    """Put what was printed and drawn into the page that is read, and the tutorial's figures into any."""
    text = source[0]
    if docname in PAGES:
        outputs = json.loads((folder_of(app, docname) / "outputs.json").read_text())["outputs"]
        text = _insert(text, blocks(text), outputs)
    source[0] = SHOWN.sub(_link, FIGURE.sub(_figure, text))


def _insert(text: str, found: list[Block], outputs: dict[str, str]) -> str:
    lines = text.splitlines(keepends=True)
    for block in reversed(found):
        said = outputs.get(str(block.end), "").rstrip()
        if said:
            lines.insert(block.end, f"\n```{{code-block}} text\n:class: output\n\n{_shortened(said)}\n```\n")
    return "".join(lines)


def _shortened(said: str) -> str:
    lines = [line.rstrip() for line in said.splitlines()]
    if len(lines) <= LONGEST:
        return "\n".join(lines)
    return "\n".join([*lines[: LONGEST - 8], "...", *lines[-8:]])


def _figure(found: re.Match[str]) -> str:
    caption = " ".join(found[2].split())
    alternative = re.sub(r"[*`\[\]]", "", caption)
    return f"```{{figure}} /_build/run/tutorial/{found[1]}\n:alt: {alternative}\n\n{caption}\n```"


def _link(found: re.Match[str]) -> str:
    return f'<p class="shown"><a href="_static/run/{Path(found[1]).name}">{" ".join(found[2].split())}</a></p>'


def copy_shown(app: Any, exception: Exception | None) -> None:
    """Put the reports that pages link to into the site, each with its graph and without links to its volumes."""
    if exception is None:
        target = Path(app.outdir) / "_static" / "run"
        target.mkdir(parents=True, exist_ok=True)
        for page in PAGES:
            for name, _ in SHOWN.findall((Path(app.srcdir) / f"{page}.md").read_text()):
                made = folder_of(app, page) / name
                (target / made.name).write_text(VOLUME.sub(r"\1", made.read_text(encoding="utf-8")), encoding="utf-8")
                shutil.copy(made.with_name("graph.html"), target)


def _fingerprint(app: Any, text: str) -> str:
    import nipype_qsm
    import nipype_qsm.workflows

    known = hashlib.sha256(text.encode())
    for package in (nipype_qsm, nipype_qsm.workflows):
        for path in sorted(Path(package.__path__[0]).rglob("*.py")):
            known.update(path.read_bytes())
    return known.hexdigest()


def setup(app: Any) -> dict[str, bool]:
    """Run before anything is read."""
    app.connect("builder-inited", run_pages)
    app.connect("source-read", with_outputs)
    app.connect("build-finished", copy_shown)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
