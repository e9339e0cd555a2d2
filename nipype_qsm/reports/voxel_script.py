"""What runs in the page of voxel-wise maps: unpacking, three planes, crosshair, threshold, keys."""

TEMPLATE = """
<style>
.viewer { display: grid; grid-template-columns: var(--wide, 1fr 1fr 1fr); gap: .5rem; background: #000;
  border-radius: 8px; padding: .5rem; align-items: center; }
.viewer canvas { width: 100%; min-width: 0; height: auto; display: block; cursor: crosshair; touch-action: none; }
@media (max-width: 640px) { .viewer { grid-template-columns: minmax(0, 1fr); } }
.controls { display: flex; flex-wrap: wrap; gap: .6rem 1.2rem; align-items: center; margin: .6rem 0; }
.controls select, .controls button, .controls input[type=number] { font: inherit; padding: .3rem .6rem;
  color: var(--ink); background: var(--card); border: 1px solid var(--line); border-radius: 6px; max-width: 24rem; }
.controls input[type=number] { width: 6.5rem; } .controls button { cursor: pointer; }
.controls input[type=range] { width: 15rem; max-width: 60vw; accent-color: var(--accent); }
#told { min-height: 3.2rem; margin-top: .6rem; font-variant-numeric: tabular-nums; }
.bars { display: flex; flex-wrap: wrap; gap: .3rem 1.6rem; }
</style>
<div class="controls">
<label>Variable <select id="variable"></select></label>
<label>Threshold <input id="slider" type="range" min="0" max="1000" aria-label="Threshold of minus log10 P"></label>
<label>\N{MINUS SIGN}log10 P <input id="limit" type="number" step="0.1"></label>
<span id="rules"></span>
<button id="peak" type="button">Strongest voxel</button>
<label><input id="cross" type="checkbox" checked> Crosshair</label></div>
<div class="viewer"><canvas id="axial" tabindex="0" role="img" aria-label="Axial plane"></canvas>
<canvas id="coronal" tabindex="0" role="img" aria-label="Coronal plane"></canvas>
<canvas id="sagittal" tabindex="0" role="img" aria-label="Sagittal plane"></canvas></div>
<p id="told" aria-live="polite"></p>
<div class="bars"><div class="scale"><span id="low-f"></span><i id="bar-f"></i><span id="high-f"></span></div>
<div class="scale"><span id="low-r"></span><i id="bar-r"></i><span id="high-r"></span></div></div>
<p class="quiet small">Click or drag in a plane; arrow keys move in it, page keys across it. The patient's right is on
the left.</p>
<script type="application/json" id="data">{data}</script>
<script>
(async function () {
  "use strict";
  const by = id => document.getElementById(id), d = JSON.parse(by("data").textContent), [nx, ny, nz] = d.shape;
  const SCALE = Math.max(3, Math.ceil(380 / ny)), minus = v => String(v).replace("-", "\N{MINUS SIGN}");
  async function unpack(text) {
    const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    const out = new Uint8Array(await new Response(stream).arrayBuffer());
    for (let i = 1; i < out.length; i++) out[i] = (out[i] + out[i - 1]) & 255;
    return out;
  }
  const rgb = h => [1, 3, 5].map(k => parseInt(h.slice(k, k + 2), 16));
  const ramp = stops => Array.from({length: 256}, (_, k) => { const t = k / 255 * 2, j = Math.min(1, Math.floor(t));
    const a = rgb(stops[j]), b = rgb(stops[j + 1]); return a.map((v, c) => v + (b[c] - v) * (t - j)); });
  const rising = ramp(d.colours[0]), falling = ramp(d.colours[1]);
  if (typeof DecompressionStream === "undefined") {
    by("told").textContent = "This browser is too old to unpack the maps (it lacks DecompressionStream)."; return; }
  const grey = await unpack(d.background);
  const planes = {axial: [0, 1, 2], coronal: [0, 2, 1], sagittal: [1, 2, 0]};
  document.querySelector(".viewer").style.setProperty("--wide", nx + "fr " + nx + "fr " + ny + "fr");
  const names = Object.keys(planes), small = document.createElement("canvas"), letters = {axial: "RL", coronal: "RL",
    sagittal: "AP"};
  let at = [nx >> 1, ny >> 1, nz >> 1], v = null, limit = 0;
  const place = p => p[0] + nx * (p[1] + ny * p[2]);
  const logp = code => code * code / 65025 * v.top;
  function draw() {
    const code = 255 * Math.sqrt(Math.max(0, limit) / v.top), most = v.low < v.most ? v.most : v.low + 1e-9;
    names.forEach(name => {
      const [a, b, c] = planes[name], w = d.shape[a], h = d.shape[b], canvas = by(name), g = canvas.getContext("2d");
      const pixels = new ImageData(w, h), p = [0, 0, 0];
      p[c] = at[c];
      for (let row = 0; row < h; row++) for (let col = 0; col < w; col++) {
        p[a] = w - 1 - col; p[b] = h - 1 - row;
        const i = place(p), o = 4 * (row * w + col);
        let colour = null;
        if (v.P[i] && v.P[i] >= code) {
          const r = (v.R[i] - 128) / 127 * v.most;
          const k = Math.round(255 * Math.min(1, Math.max(0, (Math.abs(r) - v.low) / (most - v.low))));
          colour = r < 0 ? falling[k] : rising[k];
        }
        for (let q = 0; q < 3; q++) pixels.data[o + q] = colour ? colour[q] : grey[i];
        pixels.data[o + 3] = 255;
      }
      small.width = w; small.height = h; small.getContext("2d").putImageData(pixels, 0, 0);
      canvas.width = w * SCALE; canvas.height = h * SCALE;
      g.imageSmoothingEnabled = false; g.drawImage(small, 0, 0, canvas.width, canvas.height);
      g.font = "bold 15px sans-serif"; g.fillStyle = "#fff"; g.textBaseline = "middle";
      g.fillText(letters[name][0], 4, canvas.height / 2);
      g.textAlign = "right"; g.fillText(letters[name][1], canvas.width - 4, canvas.height / 2);
      g.font = "13px sans-serif"; g.fillStyle = "#d0d0d0";
      g.fillText("xyz"[c] + " = " + minus(mm(c)) + " mm", canvas.width - 4, canvas.height - 10); g.textAlign = "left";
      if (by("cross").checked) {
        const x = (w - 0.5 - at[a]) * SCALE, y = (h - 0.5 - at[b]) * SCALE;
        g.strokeStyle = "rgba(90, 255, 120, .8)"; g.beginPath(); g.moveTo(x, 0); g.lineTo(x, y - 6);
        g.moveTo(x, y + 6); g.lineTo(x, canvas.height); g.moveTo(0, y); g.lineTo(x - 6, y); g.moveTo(x + 6, y);
        g.lineTo(canvas.width, y); g.stroke();
      }
    });
    tell();
  }
  const mm = axis => Math.round(d.origin[axis] + d.step[axis] * at[axis]);
  function tell() {
    const i = place(at), inside = grey[i] > 0;
    let words = "x, y, z = " + [0, 1, 2].map(k => minus(mm(k))).join(", ") + " mm";
    if (!inside) words += ": outside the brain.";
    else if (!v.P[i]) words += ": \N{MINUS SIGN}log10 P below " + v.floor + ", n \u2248 " + n(i) + ".";
    else words += ": r \u2248 " + minus(((v.R[i] - 128) / 127 * v.most).toFixed(3)) + ", \N{MINUS SIGN}log10 P \u2248 "
      + logp(v.P[i]).toFixed(1) + ", n \u2248 " + n(i) + ".";
    by("told").textContent = v.name + " at " + words + " " + v.count.toLocaleString("en") + " voxels of this page are "
      + "coloured.";
  }
  const n = i => Math.round(v.S[i] / 255 * v.n).toLocaleString("en");
  function setLimit(value) {
    limit = Math.min(v.top, Math.max(v.floor, value));
    by("slider").value = 1000 * Math.sqrt((limit - v.floor) / (v.top - v.floor));
    by("limit").value = limit.toFixed(2);
    const code = 255 * Math.sqrt(limit / v.top);
    let low = 255; v.count = 0;
    for (let i = 0; i < v.P.length; i++) if (v.P[i] && v.P[i] >= code) {
      v.count++; const r = Math.abs(v.R[i] - 128); if (r < low) low = r; }
    v.low = v.count ? low / 127 * v.most : 0;
    [["r", "", rising], ["f", "-", falling]].forEach(([key, sign, colours]) => {
      const css = [0, 128, 255].map(k => "rgb(" + colours[k].map(Math.round) + ")").join(", ");
      by("bar-" + key).style.background = "linear-gradient(90deg, " + css + ")";
      by("low-" + key).textContent = "r = " + minus(sign + v.low.toFixed(3));
      by("high-" + key).textContent = minus(sign + v.most.toFixed(3)); });
    draw();
  }
  async function choose(index) {
    v = d.variables[index];
    if (!v.P) [v.P, v.R, v.S] = await Promise.all([unpack(v.p), unpack(v.r), unpack(v.share)]);
    by("variable").value = index;
    by("limit").min = v.floor; by("limit").max = v.top;
    by("rules").replaceChildren(...v.lines.map(([name, value]) => { const b = document.createElement("button");
      b.type = "button"; b.textContent = name + " " + value.toFixed(2);
      b.addEventListener("click", () => setLimit(value)); return b; }));
    at = v.peak.slice(); setLimit(v.threshold);
  }
  function move(name, event) {
    const [a, b] = planes[name], box = by(name).getBoundingClientRect();
    const to = (size, share) => Math.min(size - 1, Math.max(0, size - 1 - Math.floor(size * share)));
    at[a] = to(d.shape[a], (event.clientX - box.left) / box.width);
    at[b] = to(d.shape[b], (event.clientY - box.top) / box.height); draw();
  }
  names.forEach(name => {
    const canvas = by(name), [a, b, c] = planes[name];
    canvas.addEventListener("pointerdown", e => { canvas.setPointerCapture(e.pointerId); move(name, e); });
    canvas.addEventListener("pointermove", e => { if (e.buttons) move(name, e); });
    canvas.addEventListener("keydown", e => {
      const step = {ArrowLeft: [a, 1], ArrowRight: [a, -1], ArrowUp: [b, 1], ArrowDown: [b, -1], PageUp: [c, 1],
        PageDown: [c, -1]}[e.key];
      if (!step) return;
      e.preventDefault(); at[step[0]] = Math.min(d.shape[step[0]] - 1, Math.max(0, at[step[0]] + step[1])); draw(); });
  });
  by("slider").addEventListener("input", e => setLimit(v.floor + (e.target.value / 1000) ** 2 * (v.top - v.floor)));
  by("limit").addEventListener("change", e => setLimit(Number(e.target.value) || v.floor));
  by("variable").addEventListener("change", e => choose(Number(e.target.value)));
  by("cross").addEventListener("change", draw);
  by("peak").addEventListener("click", () => { at = v.peak.slice(); draw(); });
  d.variables.forEach((one, k) => by("variable").add(new Option(one.name, k)));
  const asked = decodeURIComponent(location.hash.slice(1));
  await choose(Math.max(0, d.variables.findIndex(one => one.name === asked)));
  document.documentElement.dataset.ready = "yes"; document.documentElement.dataset.coloured = v.count;
})();
</script>
"""
