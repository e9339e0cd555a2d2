"""One page to explore all associations: a picture of every point, and a name for each that stands out.

The page is one file of less than a megabyte that fetches nothing. All points are one transparent picture; those with
the largest -log10 P are drawn over it, and say what they are when they are pointed at, searched for or reached by key.
"""

from __future__ import annotations

import io
import json
from base64 import b64encode
from collections.abc import Sequence

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nipype_qsm.kernels.cohort.modalities import modality
from nipype_qsm.reports.manhattan import COLOURS, TICKS, by_category, thinned
from nipype_qsm.reports.page import Html, document, join, number, paragraph, tag

WIDTH, HEIGHT = 1080, 420
N_HITS = 3000


def explorer(
    r: np.ndarray,
    n: np.ndarray,
    mlog10p: np.ndarray,
    idps: Sequence[str],
    phenotypes: Sequence[str],
    categories: Sequence[str],
    *,
    bonferroni: float,
    fdr: float,
    n_hits: int = N_HITS,
) -> str:
    """Return the page.

    Parameters
    ----------
    r, n, mlog10p : (idps, phenotypes) array
    idps, phenotypes, categories : sequence of str
    bonferroni, fdr : float
        Thresholds, -log10 P.
    n_hits : int
        Points that can be pointed at: those with the largest -log10 P.
    """
    place, spans = by_category(phenotypes, categories)
    finite = np.where(np.isfinite(mlog10p), mlog10p, -1.0)
    top = max(float(finite.max(initial=1.0)), bonferroni) * 1.1
    order = np.argsort(-finite, axis=None, kind="stable")[:n_hits]
    order = order[finite.ravel()[order] >= 0]
    rows, columns = np.unravel_index(order, finite.shape)
    used = sorted(set(columns.tolist()))
    index = {column: k for k, column in enumerate(used)}
    data = {
        "idps": list(idps),
        "kinds": [modality(name) for name in idps],
        "phenotypes": [phenotypes[k] for k in used],
        "categories": [categories[k] for k in used],
        "place": [round((place[k] + 0.5) / max(len(phenotypes), 1), 5) for k in used],
        "hits": [
            [int(i), index[int(p)], round(float(r[i, p]), 4), int(n[i, p]), round(float(mlog10p[i, p]), 3)]
            for i, p in zip(rows, columns, strict=True)
        ],
        "top": top,
        "lines": [["Bonferroni", bonferroni], *([["FDR", fdr]] if np.isfinite(fdr) else [])],
        "ticks": [tick for tick in TICKS if tick <= top],
        "spans": [[name, first / len(phenotypes), end / len(phenotypes)] for name, first, end in spans],
    }
    n_tests, n_found = int((finite >= 0).sum()), int((finite >= bonferroni).sum())
    header = join(
        tag("h1", "Associations"),
        paragraph(f"{number(n_tests)} tests of {len(idps)} brain phenotypes with {number(len(phenotypes))} others. "
                  f"{number(n_found)} above the Bonferroni threshold. Height is the root of \N{MINUS SIGN}log10 P."),
    )  # fmt: skip
    plot = Html(_TEMPLATE.replace("{picture}", _picture(finite, place, spans, top)).replace(
        "{data}", json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"))
        .replace("{width}", str(WIDTH)).replace("{height}", str(HEIGHT)))  # fmt: skip
    return document(
        "Associations", header, [("plot", "All associations", plot)], "P values are not adjusted; the lines are."
    )


def _picture(mlog10p: np.ndarray, place: np.ndarray, spans: list[tuple[str, int, int]], top: float) -> str:
    """Draw all points without axes, on nothing, and return the PNG as a data address."""
    figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100, facecolor="none")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1), facecolor="none")
    x, y = np.broadcast_to(place + 0.5, mlog10p.shape).ravel(), np.sqrt(np.maximum(mlog10p, 0)).ravel()
    known = mlog10p.ravel() >= 0
    kept = thinned(x[known], y[known], WIDTH, HEIGHT)
    x, y = x[known][kept], y[known][kept]
    group = np.searchsorted([end for _, _, end in spans], x, side="right") % len(COLOURS)
    for k, colour in enumerate(COLOURS):
        axes.plot(x[group == k], y[group == k], ".", color=colour, markersize=2, alpha=0.75)
    axes.set(xlim=(0, max(place.size, 1)), ylim=(0, np.sqrt(top)))
    axes.set_axis_off()
    content = io.BytesIO()
    figure.savefig(content, format="png", transparent=True)
    return f"data:image/png;base64,{b64encode(_few_colours(content.getvalue())).decode()}"


def _few_colours(png: bytes) -> bytes:
    """Store a picture with a palette, a third of its size."""
    from PIL import Image

    content = io.BytesIO()
    Image.open(io.BytesIO(png)).quantize(64, method=Image.Quantize.FASTOCTREE).save(
        content, format="png", optimize=True
    )
    return content.getvalue()


_TEMPLATE = """
<style>
.explorer { position: relative; width: 100%; } .explorer svg { width: 100%; height: auto; display: block; }
.explorer text { fill: var(--quiet); font-size: 12px; } .explorer line { stroke: var(--line); }
#frame { pointer-events: none; } #frame text { paint-order: stroke; stroke: var(--paper); stroke-width: 4px; }
.explorer line.limit { stroke: var(--mark); stroke-dasharray: 5 4; }
.explorer circle { fill: var(--accent); fill-opacity: .35; stroke: none; }
.explorer circle.found { fill: var(--mark); fill-opacity: 1; }
.controls { display: flex; flex-wrap: wrap; gap: .6rem 1.2rem; align-items: center; margin: .4rem 0; }
.controls input[type=search], .controls select { font: inherit; padding: .3rem .5rem; color: var(--ink);
  background: var(--card); border: 1px solid var(--line); border-radius: 6px; }
#told { min-height: 3.2rem; } #strongest { font-size: .9rem; }
</style>
<div class="controls">
<label>Modality <select id="kind"></select></label>
<label>Phenotype <input id="query" type="search" placeholder="name or category" autocomplete="off"></label>
<span id="count" class="quiet small" aria-live="polite"></span></div>
<div class="explorer"><svg id="manhattan" viewBox="-46 -8 1140 520" role="img" tabindex="0"
 aria-label="Manhattan plot of all associations"><image href="{picture}" x="0" y="0" width="{width}" height="{height}"/>
<g id="hits"></g><g id="frame"></g></svg></div>
<p id="told" aria-live="polite" class="quiet">Point at a circle, or use the arrow keys.</p>
<div class="wide"><table id="strongest">
<caption>The strongest of those shown</caption>
<thead><tr><th>phenotype</th>
<th>category</th><th>brain</th><th class="number">r</th><th class="number">n</th>
<th class="number">\N{MINUS SIGN}log10 P</th></tr></thead>
<tbody></tbody></table></div>
<script type="application/json" id="data">{data}</script>
<script>
(function () {
  "use strict";
  const by = id => document.getElementById(id), d = JSON.parse(by("data").textContent), W = {width}, H = {height};
  const svg = by("manhattan"), group = by("hits"), frame = by("frame");
  const told = by("told"), kind = by("kind"), query = by("query");
  const body = document.querySelector("#strongest tbody"), count = by("count");
  const up = v => H - Math.sqrt(v / d.top) * H;
  const make = (name, at, text) => { const e = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const k in at) e.setAttribute(k, at[k]); if (text !== undefined) e.textContent = text; return e; };
  d.ticks.forEach(t => { frame.append(make("line", {x1: 0, x2: W, y1: up(t), y2: up(t), opacity: .6}),
    make("text", {x: -8, y: up(t) + 4, "text-anchor": "end"}, t)); });
  d.lines.forEach(l => frame.append(make("line", {x1: 0, x2: W, y1: up(l[1]), y2: up(l[1]), "class": "limit"}),
    make("text", {x: W, y: up(l[1]) - 4, "text-anchor": "end"}, l[0] + " " + l[1].toFixed(2))));
  let last = -99;
  d.spans.forEach(s => { const x = (s[1] + s[2]) / 2 * W; if (x - last < 22) return; last = x;
    frame.append(make("text", {x: x, y: H + 16,
      transform: "rotate(28 " + x + " " + (H + 16) + ")"}, s[0].slice(0, 24))); });
  const box = frame.getBBox();  // the last label of the axis may reach beyond the plot
  const beyond = [Math.max(1140, box.x + box.width + 50), Math.max(520, box.y + box.height + 12)];
  svg.setAttribute("viewBox", "-46 -8 " + beyond.join(" "));
  ["all", ...new Set(d.kinds)].forEach(k => kind.add(new Option(k, k)));
  let shown = [], at = -1;
  const minus = v => String(v).replace("-", "\N{MINUS SIGN}");
  const words = h => d.phenotypes[h[1]] + " (" + d.categories[h[1]] + ") with " + d.idps[h[0]] + ": r = "
    + minus(h[2]) + ", n = " + h[3]
    + ", \N{MINUS SIGN}log10 P = " + h[4];
  function tell(k) { at = k; [...group.children].forEach((c, j) => c.classList.toggle("found", j === k));
    told.textContent = k < 0 ? "Nothing here." : words(shown[k]); told.classList.toggle("quiet", k < 0); }
  function draw() {
    const q = query.value.trim().toLowerCase();
    shown = d.hits.filter(h => (kind.value === "all" || d.kinds[h[0]] === kind.value) && (!q
      || d.phenotypes[h[1]].toLowerCase().includes(q) || d.categories[h[1]].toLowerCase().includes(q)));
    group.replaceChildren(...shown.map((h, j) => {
      const c = make("circle", {cx: d.place[h[1]] * W, cy: up(h[4]), r: q ? 5 : 4});
      c.addEventListener("pointerenter", () => tell(j)); return c; }));
    body.replaceChildren(...shown.slice(0, 15).map(h => { const row = document.createElement("tr");
      [d.phenotypes[h[1]], d.categories[h[1]], d.idps[h[0]], h[2], h[3], h[4]].forEach((v, j) => {
        const cell = document.createElement("td");
        if (j > 2) cell.className = "number"; cell.textContent = j > 2 ? minus(v) : v; row.append(cell);
      }); return row; }));
    count.textContent = shown.length + " of " + d.hits.length + " named points";
    svg.dataset.shown = shown.length;
    if (q) tell(shown.length ? 0 : -1);
  }
  kind.addEventListener("change", draw); query.addEventListener("input", draw);
  svg.addEventListener("keydown", e => { const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[e.key];
    if (step && shown.length) { e.preventDefault(); tell((at + step + shown.length) % shown.length); } });
  query.value = decodeURIComponent(location.hash.slice(1)); draw(); document.documentElement.dataset.ready = "yes";
})();
</script>
"""
