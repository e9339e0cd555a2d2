"""A page that is open while the run goes on: it loads itself anew, and is as it was left."""

import json
import time
from itertools import groupby, pairwise

import pytest
from browser import Tab, needs_browser
from nipype import Function, Node, Workflow
from strangers import fails, one_more

from nipype_qsm.run_state import Recorder

SOONER = "{ const every = setInterval; window.setInterval = (act, ms) => every(act, ms / 20); }"
SHOWN = """document.documentElement.dataset.ready && {
  written: JSON.parse(document.getElementById("data").textContent).run.updated,
  states: [...document.querySelectorAll(".part")].map(e => e.getAttribute("class").match(/s-(\\w+)/)[1])}"""


def chain(folder):
    """Return three steps, of which the second fails."""
    steps = [Node(Function(["x"], ["out"], run), name=name)
             for name, run in {"first": one_more, "second": fails, "third": one_more}.items()]  # fmt: skip
    steps[0].inputs.x = 1
    workflow = Workflow("mine", base_dir=str(folder))
    for source, target in pairwise(steps):
        workflow.connect(source, "out", target, "x")
    return workflow


def told(page):
    return json.JSONDecoder().raw_decode(page.read_text().partition('"run":')[2])[0]


@needs_browser
def test_steps_wait_run_and_are_done_or_failed_in_the_open_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # for Nipype's report of the failure
    seen = []

    class Watched(Recorder):
        """A recorder that goes on when the page shows what it wrote."""

        def look(self):
            written = told(self.page)["updated"]
            shown = tab.until(SHOWN, lambda shown: shown and shown["written"] == written)
            seen.append(shown["states"])

        def __call__(self, node, status):
            super().__call__(node, status)
            self.look()

    recorder = Watched(chain(tmp_path), tmp_path / "graph.html")
    with recorder, Tab(tmp_path, recorder.page.as_uri(), SOONER) as tab:
        recorder.look()
        tab.until('(GRAPH.choose("third"), true)')
        with pytest.raises(Exception, match="today"):
            chain(tmp_path).run(plugin="Linear", plugin_args={"status_callback": recorder})
        recorder.close("ValueError: no 2 today")
        recorder.look()
        chosen = tab.until('document.querySelector(".chosen").dataset.path')
        summary = tab.until('document.getElementById("run").textContent')
        loaded = tab.until("performance.timeOrigin")
        time.sleep(0.5)
        assert tab.until("performance.timeOrigin") == loaded  # a run that is over is not loaded again
    assert [" ".join(states) for states, _ in groupby(seen)] == [
        "waiting waiting waiting",
        "running waiting waiting",
        "done waiting waiting",
        "done running waiting",
        "done failed waiting",
        "done failed skipped",
    ]
    assert chosen == "third"
    assert summary.endswith("ValueError: no 2 today")
