"""The page of a graph beside what Nipype makes itself: sizes, seconds, and what a reader sees.

    python benchmarks/graphs.py [--pictures DIR]

Of each workflow: `write_graph` (needs Graphviz's dot), the page that Nipype writes beside a run (`create_report`), and
the page of this project. Each is opened in Chromium from disk, and Nipype's also through a web server; counted are the
words that it draws. Bytes are those of all files that belong to it. Seconds of a busy machine differ between runs.
"""

from __future__ import annotations

import argparse
import base64
import functools
import http.server
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from nipype.pipeline import engine as pe

from nipype_qsm.cli.graph import build
from nipype_qsm.graph import page

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from browser import BROWSER, Tab

NAMES = ("ukb", "subject")
DRAWN = "document.querySelectorAll('svg text, img').length"
PATIENCE = 5.0
"""Seconds after which a page that shows nothing is called blank."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=Path, help="where pictures of the pages are kept")
    options = parser.parse_args()
    print(f"{'workflow':9} {'what':34} {'files':>5} {'kB':>6} {'s to make':>9} {'s to open':>9} {'words':>5}")
    for name in NAMES:
        with tempfile.TemporaryDirectory() as scratch:
            for what, files, seconds, address in made(build(name), Path(scratch)):
                opened, words = shown(address, Path(scratch), options.pictures, f"{name}-{what}")
                size = sum(file.stat().st_size for file in files) / 1000
                print(f"{name:9} {what:34} {len(files):5} {size:6.0f} {seconds:9.2f} {opened:>9} {words:5}")


def made(workflow: pe.Workflow, folder: Path) -> Iterator[tuple[str, list[Path], float, str]]:
    """Yield each thing: what it is, its files, seconds to make, where it opens."""
    for style in ("colored", "flat"):
        started = time.perf_counter()
        workflow.write_graph(str(folder / f"{style}.dot"), graph2use=style, format="svg")
        yield f"write_graph {style}", [folder / f"{style}.svg"], time.perf_counter() - started, f"{style}.svg"
    flat = workflow._create_flat_graph()
    workflow.base_dir = str(folder)
    for node in flat.nodes():
        node.base_dir = str(folder)
    started = time.perf_counter()
    workflow._write_report_info(str(folder), "report", flat)
    seconds, files = time.perf_counter() - started, sorted((folder / "report").iterdir())
    yield "create_report from disk", files, seconds, "report/index.html"
    yield "create_report through a server", files, seconds, "http:report/index.html"
    started = time.perf_counter()
    (folder / "page.html").write_text(page(workflow), encoding="utf-8")
    yield "page", [folder / "page.html"], time.perf_counter() - started, "page.html"


def shown(name: str, folder: Path, pictures: Path | None, title: str) -> tuple[str, int]:
    """Open a file; return the seconds until something is drawn, or that it stays blank, and the words drawn."""
    quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        start = f"http://127.0.0.1:{server.server_port}/" if name.startswith("http:") else folder.as_uri() + "/"
        with Tab(folder, "about:blank") as tab:
            began = time.perf_counter()
            tab.go(start + name.removeprefix("http:"))
            while not (words := tab.says(DRAWN) or 0) and time.perf_counter() - began < PATIENCE:
                time.sleep(0.01)
            opened = f"{time.perf_counter() - began:.2f}" if words else "blank"
            time.sleep(0.5)
            words = tab.says(DRAWN) or 0
            if pictures is not None:
                pictures.mkdir(parents=True, exist_ok=True)
                (pictures / f"{title.replace(' ', '_')}.png").write_bytes(base64.b64decode(tab.picture()))
        server.shutdown()
    return opened, words


if __name__ == "__main__":
    if BROWSER is None:
        sys.exit("Chromium is needed (apt-get install chromium)")
    main()
