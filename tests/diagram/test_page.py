"""The page in a real browser, opened from disk."""

import json
import re
import subprocess
import time
from html import unescape

import numpy as np
from browser import BROWSER, OPTIONS, Tab, needs_browser
from nipype import Function, Node, Workflow
from strangers import one_more, stranger

from nipype_qsm import graph
from nipype_qsm.diagram.model import read
from nipype_qsm.diagram.page import DARK, LIGHT, with_run, write_page
from nipype_qsm.diagram.svg import scene, write_svg

EARS = """<script>window.faults = []; addEventListener("error", e => faults.push(e.message));
console.error = console.warn = (...all) => faults.push(all.join(" "));</script>"""


def probe(text, script, folder, address=""):
    """Run a script in the page, and return what it returns, with the page's errors."""
    page = folder / "page.html"
    asked = (
        "<script>(() => { const by = id => document.getElementById(id), G = window.GRAPH;"
        "const key = (k, e) => (e || document.activeElement)"
        ".dispatchEvent(new KeyboardEvent('keydown', {key: k, bubbles: true}));"
        f"const answer = (() => {{ {script} }})();"
        "document.title = JSON.stringify({answer, faults, fetched: performance.getEntriesByType('resource').length,"
        " over: document.documentElement.scrollWidth - innerWidth}); })();</script>"
    )
    page.write_text(text.replace("<head>", "<head>" + EARS, 1).replace("</body>", asked + "</body>"), encoding="utf-8")
    command = [BROWSER, *OPTIONS, f"--user-data-dir={folder / 'profile'}", "--dump-dom", page.as_uri() + address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found = json.loads(unescape(re.search(r"<title>(.*?)</title>", done.stdout, re.DOTALL)[1]))
    assert (found["faults"], found["fetched"], found["over"]) == ([], 0, 0)
    return found["answer"]


def test_the_page_is_small_and_made_at_once_and_fetches_nothing(ours):
    began = time.perf_counter()
    text = write_page(ours)
    first = time.perf_counter() - began
    began = time.perf_counter()
    assert write_page(ours) == text
    assert min(first, time.perf_counter() - began) < 0.5  # 0.003 to 0.025 s
    assert len(text.encode()) < 100_000
    assert not re.findall(r'(?:src|href)="(?!#|data:)', text)


def test_no_text_of_a_workflow_can_leave_its_place():
    workflow = Workflow("mine")
    node = Node(Function(["x"], ["out"], one_more), name="one")
    node.inputs.x = "</script><script>alert(1)</script><!--"
    workflow.add_nodes([node])
    text = graph.page(workflow)
    assert "alert(1)" in text
    assert (text.count("<script"), text.count("</script>")) == (2, 2)
    assert "<!--" not in text


def same(ones, others):
    np.testing.assert_allclose(np.array(list(ones)), np.array(list(others)), atol=0.01)


@needs_browser
def test_the_browser_places_as_python_does(ours, tmp_path):
    """However groups are opened, to a hundredth of a pixel."""
    groups = sorted(group.path for group in ours.root.groups())
    states = [groups, [], groups[1:]]
    answer = probe(
        write_page(ours),
        f"return {json.dumps(states)}.map(s => {{ const p = G.open(s);"
        " return [p.parts, p.wires.map(w => [w.x, w.y, w.bend, w.to_x, w.arrive, w.to_y]),"
        " p.labels.map(l => [l.x, l.y])]; });",
        tmp_path,
    )
    stage = scene(ours)
    for opened, (parts, wires, labels) in zip(states, answer, strict=True):
        picture = stage.picture(set(opened))
        assert list(parts) == list(picture.parts)
        same([list(p.values())[:4] for p in parts.values()], picture.parts.values())
        same(wires, [(w.x, w.y, w.bend, w.to_x, w.arrive, w.to_y) for w in picture.wires])
        same(labels, [(x, y) for _, _, x, y in picture.labels])


@needs_browser
def test_a_workflow_without_nodes_is_an_empty_page(tmp_path):
    assert probe(graph.page(Workflow("empty")), "return document.querySelectorAll('.part').length;", tmp_path) == 0


@needs_browser
def test_a_step_tells_what_leads_to_it_and_on_from_it(tmp_path):
    script = """
      G.choose("deep.each");
      const lit = kind => [...document.querySelectorAll(`.box.${kind}`)].map(e => e.dataset.path).sort();
      const first = {up: lit("up"), down: lit("down"), panel: by("panel").textContent, hash: location.hash,
        wires: [document.querySelectorAll(".wire.up").length, document.querySelectorAll(".wire.down").length]};
      document.querySelector('[data-path="deep.each"]').focus();
      key("ArrowDown"); const below = document.activeElement.dataset.path;
      key("ArrowUp"); key("ArrowUp"); const above = document.activeElement.dataset.path;
      const told = by("told").textContent;
      key("Escape"); const after = document.querySelectorAll(".chosen").length;
      return {...first, below, above, told, after};"""
    found = probe(graph.page(stranger()), script, tmp_path)
    assert found["up"] == ["deep.deepest.add", "deep.deepest.spread", "source"]
    assert found["down"] == ["gather"]
    assert found["wires"][0] >= 3 and found["wires"][1] >= 1
    assert "runs" in found["panel"] and "once for each item of x" in found["panel"]
    assert found["hash"] == "#deep.each"
    assert (found["below"], found["above"]) == ("gather", "deep.deepest.spread")
    assert "spread" in found["told"] and "gives out" in found["told"]
    assert found["after"] == 0


@needs_browser
def test_groups_close_and_search_opens_them_again(tmp_path):
    script = """
      const count = () => document.querySelectorAll(".part").length, all = count();
      const group = document.querySelector('[data-path="deep"]'); group.focus(); key("Enter");
      const closed = count(), state = document.querySelector('[data-path="deep"]').getAttribute("aria-expanded");
      by("query").value = "spread"; by("query").dispatchEvent(new Event("input"));
      const hits = by("count").textContent, marked = [...document.querySelectorAll(".found")].map(e => e.dataset.path);
      key("Enter", by("query"));
      const chosen = document.querySelector(".chosen").dataset.path;
      by("button-list").click(); const list = getComputedStyle(by("list")).display; by("button-list").click();
      by("button-theme").click(); const theme = document.documentElement.dataset.theme;
      return {all, closed, state, hits, marked, chosen, reopened: count(), list, theme,
        items: document.querySelectorAll("#list li").length};"""
    found = probe(graph.page(stranger()), script, tmp_path)
    assert (found["all"], found["closed"], found["state"]) == (7, 3, "false")
    assert (found["hits"], found["marked"]) == ("1 of 5", ["deep"])
    assert (found["chosen"], found["reopened"]) == ("deep.deepest.spread", 7)
    assert (found["list"], found["theme"], found["items"]) == ("block", "dark", 5)


@needs_browser
def test_an_address_names_a_step_and_a_run_shows_its_state(tmp_path):
    run = {
        "live": False,
        "began": 1000.0,
        "updated": 1090.0,
        "problem": "ValueError: no luck",
        "steps": {
            "deep.deepest.add": {"state": "cached", "seconds": 4.0},
            "deep.deepest.spread": {"state": "done", "seconds": 61.0, "gb": 1.5},
            "deep.each": {"state": "failed", "parts": 3, "done": 2, "failed": 1, "error": "no luck"},
            "gather": {"state": "skipped"},
        },
    }
    script = """
      const state = e => [e.dataset.path, (e.getAttribute("class").match(/s-(\\w+)/) || [])[1]];
      const spread = document.querySelector('[data-path="deep.deepest.spread"]');
      return {chosen: document.querySelector(".chosen").dataset.path, panel: by("panel").textContent,
        run: by("run").textContent, states: [...document.querySelectorAll(".part")].map(state),
        label: spread.getAttribute("aria-label"), time: spread.querySelector(".time").textContent};"""
    found = probe(with_run(write_page(read(stranger())), run), script, tmp_path, "#each")
    assert found["chosen"] == "deep.each"
    assert "2 of 3, 1 failed" in found["panel"] and "no luck" in found["panel"]
    assert found["run"].startswith("Failed after 1 min 30 s")
    assert found["run"].endswith("ValueError: no luck")
    assert dict(found["states"])["deep.each"] == dict(found["states"])["deep"] == "failed"
    assert dict(found["states"])["deep.deepest.add"] == "cached"
    assert "done 1 min 1 s" in found["label"]
    assert found["time"] == "1.0 min"


def test_a_notebook_shows_a_frame_that_keeps_the_page_apart():
    from nipype_qsm.workflows.gwas import init_gwas_wf

    shown = init_gwas_wf()._repr_html_()
    assert shown.startswith('<iframe srcdoc="&lt;!DOCTYPE html&gt;')
    assert shown.count("<") == 2
    assert unescape(re.search(r'srcdoc="(.*?)"', shown, re.DOTALL)[1]) == graph.page(init_gwas_wf())
    assert graph.show(stranger(), height=300)._repr_html_().count("height: 300px") == 1


@needs_browser
def test_within_a_page_the_graph_is_as_light_or_dark_as_that_page_until_its_own_button_is_pressed(tmp_path):
    outer = tmp_path / "outer.html"
    outer.write_text(f'<html><body data-theme="dark">{graph.show(stranger())._repr_html_()}</body></html>')
    paper = 'getComputedStyle(frames[0].document.documentElement).getPropertyValue("--paper")'
    light, dark = (re.search(r"--paper: (#\w+)", colours)[1] for colours in (LIGHT, DARK))
    with Tab(tmp_path, outer.as_uri()) as tab:

        def shown(script=None):
            if script:
                tab.says(script)
            tab.until("frames[0].document.documentElement.dataset.ready", bool)
            return tab.until(paper)

        assert shown() == dark
        for value, colour in (("light", light), ("dark", dark), ("auto", light)):
            assert shown(f'document.body.dataset.theme = "{value}"') == colour
        assert shown('document.body.dataset.jpThemeLight = "false"') == dark
        assert shown('frames[0].document.getElementById("button-theme").click()') == light
        assert shown('document.body.dataset.jpThemeLight = "true"') == light
        assert shown('frames[0].document.getElementById("button-theme").click()') == dark


@needs_browser
def test_within_a_page_from_elsewhere_the_graph_is_as_the_system(tmp_path):
    inner = tmp_path / "inner.html"
    inner.write_text(graph.page(stranger()).replace("<head>", "<head>" + TELLS, 1))
    outer = f"<script>onmessage = e => said.push(e.data); said = [];</script><iframe src='{inner.as_uri()}'></iframe>"
    (tmp_path / "outer.html").write_text(f'<html><body data-theme="dark">{outer}</body></html>')
    with Tab(tmp_path, (tmp_path / "outer.html").as_uri()) as tab:
        said = tab.until("window.said", lambda said: said)
    assert said == [{"ready": "yes", "theme": None, "faults": []}]


TELLS = (
    EARS
    + """<script>addEventListener("load", () => parent.postMessage(
  {ready: document.documentElement.dataset.ready, theme: document.documentElement.dataset.theme || null, faults}, "*"));
</script>"""
)


def test_a_picture_is_one_svg_that_names_every_step(ours):
    from xml.etree import ElementTree

    text = write_svg(ours)
    words = " ".join(e.text or "" for e in ElementTree.fromstring(text).iter("{http://www.w3.org/2000/svg}text"))
    for box in ours.boxes().values():
        assert box.is_input or box.name in words
