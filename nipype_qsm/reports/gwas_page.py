"""A Manhattan plot to look around in: one HTML file that opens from disk.

All points are a picture; only those beyond the threshold are drawn one by one, and say what they are when pointed at or
reached by the keyboard. The wheel zooms along the genome, dragging moves it. Nothing is fetched.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nipype_qsm.reports.genome import Pixels, compressed
from nipype_qsm.reports.gwas import DARK, LIGHT, spaced
from nipype_qsm.reports.page import Html, document, join, number, paragraph, table, tag

WIDTH, HEIGHT, MOST = 1100, 380, 20_000
SCRIPT = """
<script>
const plot = document.querySelector("svg.genome"), inner = plot.querySelector("g.inner");
const said = document.querySelector("#said");
let zoom = 1, left = 0, held = null;
const wide = plot.viewBox.baseVal.width;
function place() { left = Math.min(0, Math.max(wide - wide * zoom, left));
  inner.setAttribute("transform", `translate(${left} 0) scale(${zoom} 1)`);
  inner.querySelectorAll("ellipse").forEach(one => one.setAttribute("rx", 3 / zoom));
  document.querySelectorAll("text.chromosome").forEach(one => one.setAttribute("x", left + zoom * one.dataset.x)); }
function at(event) { const box = plot.getBoundingClientRect(); return (event.clientX - box.left) / box.width * wide; }
plot.addEventListener("wheel", event => { event.preventDefault(); const x = at(event), before = zoom;
  zoom = Math.min(2000, Math.max(1, zoom * Math.exp(-event.deltaY / 300)));
  left = x - (x - left) * zoom / before; place(); }, { passive: false });
plot.addEventListener("pointerdown", event => { held = at(event) - left; });
addEventListener("pointermove", event => { if (held !== null) { left = at(event) - held; place(); } });
addEventListener("pointerup", () => { held = null; });
plot.addEventListener("dblclick", () => { zoom = 1; left = 0; place(); });
inner.querySelectorAll("ellipse").forEach(one => ["pointerenter", "focus"].forEach(kind =>
  one.addEventListener(kind, () => { said.textContent = one.querySelector("title").textContent; })));
</script>
"""

COLUMNS = {
    "trait": "trait",
    "id": "variant",
    "chrom": "chromosome",
    "pos": "position",
    "effect_allele": "effect allele",
    "other_allele": "other allele",
    "beta": "beta",
    "mlog10p": "-log10 P",
    "n_variants": "variants",
    "replicated": "replicated (1: yes)",
}
"""What is shown of a table of peaks, under which heading."""
NUMERIC = (2, 3, 6, 7, 8, 9)


def manhattan_page(
    pixels: Pixels,
    title: str,
    hits: Mapping[str, Sequence],
    peaks: Sequence[Mapping[str, object]] = (),
    *,
    threshold: float = 7.5,
) -> str:
    """Write the page.

    Parameters
    ----------
    pixels : Pixels
    title : str
    hits : mapping
        chrom, pos, mlog10p and label of the variants beyond the threshold.
    peaks : sequence of mapping
        Rows of a table of peaks, shown below.
    threshold : float, -log10 P
    """
    top = float(compressed(np.array(max(pixels.highest, threshold, 8.0)))) * 1.05
    order = np.argsort(-np.asarray(hits["mlog10p"], float), kind="stable")[:MOST]
    marks = [_mark(pixels, hits, int(row), top) for row in order]
    source = base64.b64encode(_picture(pixels, top)).decode()
    body = (
        f'<svg class="chart genome" viewBox="0 0 {WIDTH} {HEIGHT + 26}" role="img" tabindex="0" '
        f'aria-label="Strength of association along the genome">'
        f'<g class="inner"><image href="data:image/png;base64,{source}" width="{WIDTH}" height="{HEIGHT}" '
        f'preserveAspectRatio="none"/>{"".join(marks)}</g>{_axes(pixels, top, threshold)}</svg>'
    )
    told = paragraph(
        f"{number(pixels.n_points)} variants; {number(len(hits['pos']))} beyond {threshold:g}. "
        "Turn the wheel to zoom, drag to move, double-click to go back.",
        quiet=True,
    )
    spoken = tag("p", "Point at a variant.", id="said", aria_live="polite")
    rows = [[_cell(one.get(name, "")) for name in COLUMNS] for one in peaks]
    listed = table("Independent associations", list(COLUMNS.values()), rows, numeric=NUMERIC)
    sections = [
        ("genome", "Along the genome", join(told, Html(body), spoken, Html(SCRIPT))),
        ("peaks", "Peaks", listed if rows else Html("")),
    ]
    return document(title, tag("h1", title), sections, "nipype_qsm")


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _mark(pixels: Pixels, hits: Mapping[str, Sequence], row: int, top: float) -> str:
    chrom = str(hits["chrom"][row])
    if chrom not in pixels.genome.start:
        return ""
    x = float(pixels.genome.place(chrom, np.array(hits["pos"][row]))) * WIDTH
    y = HEIGHT * (1 - float(compressed(np.array(hits["mlog10p"][row]))) / top)
    said = tag("title", str(hits["label"][row]))
    return f'<ellipse class="dot" cx="{x:.2f}" cy="{y:.1f}" rx="3" ry="3" tabindex="0">{said}</ellipse>'


def _axes(pixels: Pixels, top: float, threshold: float) -> str:
    parts = []
    for tick in spaced(top):
        y = HEIGHT * (1 - float(compressed(np.array(tick))) / top)
        parts.append(f'<text x="2" y="{y + 4:.1f}">{tick:g}</text>')
    y = HEIGHT * (1 - float(compressed(np.array(threshold))) / top)
    parts.append(f'<line class="mark" x1="0" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke-dasharray="6 4"/>')
    for name, middle in pixels.genome.middle.items():
        x = middle / pixels.genome.total * WIDTH
        place = f'data-x="{x:.1f}" x="{x:.1f}" y="{HEIGHT + 18}" text-anchor="middle"'
        parts.append(f'<text class="chromosome" {place}>{name}</text>')
    return "".join(parts)


def _picture(pixels: Pixels, top: float) -> bytes:
    figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=200)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 1), ylim=(0, top))
    axes.set_axis_off()
    points = pixels.points()
    for place, name in enumerate(pixels.genome.start):
        if name in points:
            x, y = points[name]
            axes.scatter(x, y, s=3, color=DARK if place % 2 == 0 else LIGHT, linewidths=0)
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=200, transparent=True)
    return content.getvalue()
