// What is told about what is chosen: a step, a group, a quantity; about the whole where nothing is.
const PANEL = (() => {
  "use strict";
  function show(panel, k) {
    const {html, chosen, shownFlows} = k;
    panel.replaceChildren(...(chosen ? (k.parts[chosen].children ? group(k) : k.parts[chosen].kind === "input" ? inputs(k) : step(k))
      : shownFlows.length ? quantities(k) : whole(k)).filter(Boolean));
    panel.scrollTop = 0;
    if (chosen) panel.append(html("p", {"class": "quiet"}, "Blue leads here, orange leads on."));
  }
  const link = (k, path) => k.html("button", {"class": "link", type: "button", onclick: () => k.choose(path, [], {focus: true, center: true})}, k.parts[path].title);
  const list = (k, paths) => paths.flatMap((path, n) => [n ? ", " : "", link(k, path)]);
  const unique = items => [...new Set(items)];
  const table = (k, rows, kind = "") => rows.length ? k.html("table", {"class": kind}, k.html("tbody", {}, ...rows)) : null;
  const row = (k, head, ...cells) => k.html("tr", {}, k.html("th", {scope: "row"}, head), ...cells.map(cell => k.html("td", {}, ...[].concat(cell))));
  const gb = value => value == null ? "" : (value < .1 ? value.toFixed(2) : value.toFixed(value < 10 ? 1 : 0)) + " GB";

  function running(k, path) {
    const one = k.statusOf(path); if (!one) return [];
    const rows = [row(k, "state", [k.html("span", {"class": "state"}, k.WORDS[one.state])]),
      one.parts > 1 ? row(k, k.parts[path].children ? "steps" : "parts", `${one.done} of ${one.parts}` + (one.failed ? `, ${one.failed} failed` : "")) : null,
      one.seconds != null || one.since ? row(k, "time", k.duration(k.taking(one)) + (one.state === "cached" ? " then" : "")) : null,
      one.gb ? row(k, "peak memory", gb(one.gb)) : null, one.error ? row(k, "error", one.error) : null];
    return rows.filter(Boolean);
  }
  function step(k) {
    const path = k.chosen, p = k.parts[path];
    const facts = [row(k, "where", path), row(k, "needs", `${p.cores} core${p.cores === 1 ? "" : "s"}` + (p.gb ? `, ${gb(p.gb)}` : "")),
      ...(p.notes || []).map(note => row(k, "runs", note.replace(/^runs /, ""))), ...running(k, path)];
    const fed = new Set(), takes = [], gives = [];
    k.flows.forEach(f => f.targets.forEach(([to, port, fn]) => { if (to === path) { fed.add(port); const [unit, says] = k.port(path, port);
      takes.push(row(k, port, [...(f.source === path ? [] : ["from ", link(k, f.source)]), fn ? ` through ${fn}()` : "", f.name !== port ? ` (${f.name})` : "", told(k, unit || k.port(f.source, f.port)[0], says)])); } }));
    const out = {};
    k.flows.filter(f => f.source === path).forEach(f => { out[f.port] = {name: f.name, to: unique(f.targets.map(t => t[0]))}; });
    (p.delivers || []).forEach(([port, names]) => { (out[port] = out[port] || {name: names[0], to: []}).outputs = names; });
    for (const port in out) { const [unit, says] = k.port(path, port), o = out[port];
      gives.push(row(k, port, [...(o.to.length ? ["to ", ...list(k, o.to)] : []), o.outputs ? (o.to.length ? "; " : "") + "output " + o.outputs.join(", ") : "",
        o.name !== port && !(o.outputs || []).includes(o.name) ? ` (${o.name})` : "", told(k, unit, says)])); }
    const given = (p.given || []).filter(([name]) => !fed.has(name)), usual = (p.usual || []).filter(([name]) => !fed.has(name));
    return [k.html("h2", {}, p.name), k.html("p", {"class": "quiet"}, `${p.cls} \u00b7 ${p.module}`), p.does ? k.html("p", {}, p.does) : null,
      p.links && p.links.length ? k.html("p", {}, ...p.links.flatMap((href, n) => [n ? " \u00b7 " : "",
        k.html("a", {href, target: "_blank", rel: "noopener"}, href.startsWith("https://doi.org/") ? "doi:" + href.slice(16) : "documentation")])) : null,
      table(k, facts, "facts"), takes.length ? k.html("h3", {}, "Takes") : null, table(k, takes), gives.length ? k.html("h3", {}, "Gives") : null, table(k, gives),
      given.length ? k.html("h3", {}, "Set") : null, table(k, given.map(([name, value]) => row(k, name, value))),
      usual.length ? k.html("h3", {}, "Defaults") : null, table(k, usual.map(([name, value]) => row(k, name, [k.html("span", {"class": "quiet"}, value)])))];
  }
  const told = (k, unit, says) => says || unit ? k.html("div", {"class": "quiet"}, [unit === "mask" ? "mask" : unit, says].filter(Boolean).join(": ")) : "";
  function inputs(k) {
    const p = k.parts[k.chosen], given = Object.fromEntries(p.given || []);
    const rows = k.flows.filter(f => f.source === k.chosen).map(f => { const first = f.targets[0], [unit, says] = k.port(first[0], first[1]);
      return row(k, f.name, ["to ", ...list(k, unique(f.targets.map(t => t[0]))), given[f.name] ? `; set to ${given[f.name]}` : "", told(k, unit, says)]); });
    return [k.html("h2", {}, "Inputs"), k.html("p", {"class": "quiet"}, `of ${p.name}`), table(k, rows)];
  }
  function group(k) {
    const path = k.chosen, own = k.inside[path], p = k.parts[path];
    const outside = (pick) => unique(k.flows.filter(pick).map(f => f.name + k.unitOf(f))).join(", ");
    const takes = outside(f => !own.has(f.source) && f.targets.some(t => own.has(t[0]))), gives = outside(f => own.has(f.source) && f.targets.some(t => !own.has(t[0])));
    return [k.html("h2", {}, p.name), k.html("p", {"class": "quiet"}, `workflow, ${p.line}`),
      k.html("p", {}, k.html("button", {type: "button", onclick: () => k.toggle(path)}, k.opened.has(path) ? "Close" : "Open")),
      table(k, [row(k, "where", path), ...running(k, path), takes ? row(k, "takes", takes) : null, gives ? row(k, "gives", gives) : null].filter(Boolean), "facts"),
      k.html("h3", {}, "Steps"), k.html("ul", {}, ...k.all(path).map(one => k.html("li", {}, link(k, one))))];
  }
  function quantities(k) {
    const parts = [];
    for (const n of k.shownFlows) { const f = k.flows[n], source = k.parts[f.source], [unit, says] = source.kind === "input" ? k.port(f.targets[0][0], f.targets[0][1]) : k.port(f.source, f.port);
      parts.push(k.html("h2", {}, f.name), told(k, unit, says) || null, table(k, [row(k, "from", [link(k, f.source)]),
        row(k, "to", list(k, unique(f.targets.map(t => t[0]))))], "facts"), k.html("p", {})); }
    return parts;
  }
  function whole(k) {
    const rooms = k.data.rooms.map(room => k.html("div", {}, k.html("i", {"class": "swatch", style: `background: ${k.hue(room)}`}), room));
    const outputs = k.boxes.flatMap(path => (k.parts[path].delivers || []).flatMap(([port, names]) => names.map(name => { const [unit, says] = k.port(path, port);
      return row(k, name, ["from ", link(k, path), told(k, unit, says)]); })));
    const keys = [["/", "search"], ["\u2190 \u2191 \u2192 \u2193", "walk along the lines"], ["Enter", "open or close"], ["Esc", "let go"], ["+ \u2212 0", "zoom"]];
    return [k.html("h2", {}, k.data.name), k.data.doc ? k.html("p", {}, k.data.doc) : null, k.html("p", {"class": "quiet"}, k.data.counts),
      k.html("p", {}, "Choose a step to see what leads to it and what it leads to. A label names what flows along its line."),
      rooms.length > 1 ? k.html("h3", {}, "Steps by kind") : null, ...(rooms.length > 1 ? rooms : []),
      k.html("h3", {}, "Keys"), ...keys.map(([key, says]) => k.html("div", {}, k.html("kbd", {}, key), " " + says)),
      outputs.length ? k.html("h3", {}, "Outputs") : null, table(k, outputs)];
  }
  function progress(bar, {run, html, duration, WORDS}) {
    const order = ["done", "cached", "running", "failed", "waiting", "skipped"], count = name => Object.values(run.steps).filter(s => s.state === name).length;
    const total = Object.keys(run.steps).length, seconds = (run.live ? Date.now() / 1000 : run.updated) - run.began;
    const ago = Date.now() / 1000 - run.updated;
    const head = run.live ? "Running for " + duration(seconds) + (ago > 60 ? `, last news ${duration(ago)} ago` : "")
      : (count("failed") ? "Failed" : count("skipped") ? "Stopped" : "Finished") + " after " + duration(seconds);
    bar.hidden = false;
    bar.replaceChildren(html("strong", {}, head), html("div", {"class": "bar", role: "img", "aria-label": `${count("done") + count("cached")} of ${total} steps done`},
      ...order.slice(0, 4).map(name => html("i", {"class": "s-" + name, style: `width: ${100 * count(name) / Math.max(total, 1)}%; background: var(--state)`}))),
      ...order.filter(count).map(name => html("span", {"class": "key s-" + name}, `${count(name)} ${name === "cached" ? "from an earlier run" : WORDS[name]}`)));
  }
  return {show, progress};
})();
