// The page: draws the picture, and answers to pointer, keyboard, search and address.
(() => {
  "use strict";
  const by = id => document.getElementById(id), data = JSON.parse(by("data").textContent), root = document.documentElement;
  const svg = by("graph"), panel = by("panel"), query = by("query"), told = by("told"), parts = data.parts, run = data.run;
  const make = (name, at, ...inside) => { const e = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const k in at) e.setAttribute(k, at[k]); e.append(...inside); return e; };
  const html = (name, at, ...inside) => { const e = document.createElement(name);
    for (const k in at || {}) k.startsWith("on") ? e.addEventListener(k.slice(2), at[k]) : e.setAttribute(k, at[k]);
    e.append(...inside.filter(one => one !== "" && one != null)); return e; };
  const boxes = Object.keys(parts).filter(path => !parts[path].children), groups = Object.keys(parts).filter(p => parts[p].children);
  const paths = Object.keys(parts);
  const flows = data.flows.map(([source, port, name, targets]) => ({source: paths[source], port, name: name || port,
    targets: targets.map(([to, into, through]) => [paths[to], into || port, through || ""])}));
  for (const part of Object.values(parts)) part.title = part.title || part.name;
  for (const level of Object.values(data.levels)) for (const item of level.items) if ("bh".includes(item[0])) item[1] = paths[item[1]];
  const all = path => parts[path].children ? parts[path].children.flatMap(all) : [path];
  const inside = Object.fromEntries(Object.keys(parts).map(path => [path, new Set(all(path))]));
  const outer = path => groups.filter(group => group !== path && [...inside[path]].every(p => inside[group].has(p)));
  let opened = new Set(data.opened), chosen = "", picture, view = {x: 0, y: 0, scale: 1}, elements = {}, state = {};

  // -- the state of a run
  const READABLE = .66;
  const WORDS = {done: "done", cached: "taken from an earlier run", running: "running", failed: "failed",
    waiting: "waiting", skipped: "not reached"};
  const now = () => Date.now() / 1000;
  function duration(s) {
    if (s == null) return "";
    if (s < .1) return "< 0.1 s";
    if (s < 10) return s.toFixed(1) + " s";
    if (s < 60) return Math.round(s) + " s";
    if (s < 3600) return Math.floor(s / 60) + " min " + Math.round(s % 60) + " s";
    return Math.floor(s / 3600) + " h " + Math.round(s % 3600 / 60) + " min";
  }
  const short = s => s == null ? "" : s < 60 ? duration(s) : s < 3600 ? (s / 60).toFixed(1) + " min" : (s / 3600).toFixed(1) + " h";
  function statusOf(path) {
    if (!run) return null;
    if (!parts[path].children) return run.steps[path] || null;
    const inner = all(path).map(statusOf).filter(Boolean), has = name => inner.some(one => one.state === name);
    if (!inner.length) return null;
    const rest = ["failed", "running"].find(has), ended = inner.filter(one => ["done", "cached"].includes(one.state)).length;
    const name = rest || (ended === inner.length ? (has("done") ? "done" : "cached") : ended && run.live ? "running"
      : run.live ? "waiting" : "skipped");
    const sum = key => inner.some(one => one[key] != null) ? inner.reduce((a, one) => a + (one[key] || 0), 0) : null;
    return {state: name, seconds: sum("seconds"), done: ended, parts: inner.length,
      gb: inner.some(one => one.gb) ? Math.max(...inner.map(one => one.gb || 0)) : null};
  }
  const taking = one => one.state === "running" && one.since && run.live ? Math.max(0, now() - one.since) : one.seconds;
  const longest = run ? Math.max(1e-9, ...Object.values(run.steps).map(one => one.seconds || 0)) : 1;
  const GLYPHS = {done: "M-3.2 .3L-1 2.5L3.2 -2.3", cached: "M2.6 -1.6A3.1 3.1 0 1 0 2.9 1.2M3 -3.4V-1.3H.9",
    failed: "M-2.4 -2.4L2.4 2.4M2.4 -2.4L-2.4 2.4", running: "M-1.4 -2.6L2.4 0L-1.4 2.6Z"};

  // -- drawing
  function draw() {
    picture = PLACE.picture(data, opened); elements = {};
    const ground = make("g", {}), lines = make("g", {}), names = make("g", {}), top = make("g", {});
    for (const path of reading()) {
      const at = picture.parts[path], drawn = at.open ? groupOf(path, at) : boxOf(path, at);
      elements[path] = drawn; (at.open ? ground : top).append(drawn);
    }
    picture.wires.forEach(wire => lines.append(...wireOf(wire)));
    picture.labels.forEach(label => names.append(labelOf(label)));
    svg.replaceChildren(make("title", {}, data.name), make("g", {id: "all"}, ground, lines, names, top));
    move(); svg.querySelectorAll(".box").forEach(squeeze); light();
  }
  // Fonts differ: a text that is wider than was thought is set narrower.
  function squeeze(box) {
    const w = Number(box.querySelector(".back").getAttribute("width")), time = box.querySelector(".time");
    const long = e => e && e.getComputedTextLength ? e.getComputedTextLength() : 0;
    for (const [name, room] of [["name", box.querySelector(".mark") ? 24 : 10], ["kind", 12 + (time ? long(time) + 6 : 0)]]) {
      const text = box.querySelector("text." + name); if (!text) continue;
      const free = box.classList.contains("input") ? w - 14 : w - Number(text.getAttribute("x")) - room;
      if (long(text) > free && free > 0) { text.setAttribute("textLength", free); text.setAttribute("lengthAdjust", "spacingAndGlyphs"); }
    }
  }
  const reading = () => Object.keys(picture.parts).sort((a, b) => {
    const [p, q] = [picture.parts[a], picture.parts[b]];
    if (p.open && q.open) return outer(a).length - outer(b).length || p.y - q.y;
    return p.y - q.y || p.x - q.x; });
  function common(path, at, kind) {
    const status = statusOf(path), g = make("g", {"class": "part " + kind + (status ? " s-" + status.state : ""), role: "button", tabindex: -1,
      "aria-label": sentence(path), "data-path": path, transform: `translate(${at.x} ${at.y})`});
    if (parts[path].children) g.setAttribute("aria-expanded", at.open);
    return g;
  }
  function groupOf(path, at) {
    const g = common(path, at, "group");
    g.append(make("rect", {width: at.width, height: at.height, rx: 12}), make("path", {"class": "toggle", d: "M13 11l4.5 4.5l4.5 -4.5"}),
      make("text", {x: 29, y: 18}, parts[path].name));
    return g;
  }
  function boxOf(path, at) {
    const part = parts[path], status = statusOf(path), {width: w, height: h} = at;
    const g = common(path, at, "box" + (part.children ? " closed" : part.kind === "input" ? " input" : ""));
    if (part.kind === "map" || part.children) g.append(make("rect", {"class": "behind", x: 4, y: 4, width: w, height: h, rx: 9}));
    g.append(make("rect", {"class": "back", width: w, height: h, rx: part.kind === "input" ? h / 2 : 9}));
    if (part.kind === "input") { g.append(make("text", {"class": "name", x: w / 2, y: 17, "text-anchor": "middle"}, part.title)); return g; }
    g.append(make("path", {"class": "stripe", d: `M9 0A9 9 0 0 0 0 9V${h - 9}A9 9 0 0 0 9 ${h}H5V0Z`, fill: part.children ? "var(--quiet)" : hue(part.room)}));
    const x = status ? 34 : 15;
    g.append(make("text", {"class": "name", x, y: 19}, part.title), make("text", {"class": "kind", x, y: 35}, part.line));
    if (part.children) g.append(make("path", {"class": "mark", d: `M${w - 20} 11h8M${w - 16} 7v8`, stroke: "var(--quiet)", "stroke-width": 1.6}));
    else if (part.gives) g.append(make("path", {"class": "mark", d: `M${w - 18} 17h8M${w - 14} 7v6m-3 -2.5l3 3.2l3 -3.2`,
      fill: "none", stroke: "var(--quiet)", "stroke-width": 1.3}, make("title", {}, "also goes to " + part.gives)));
    if (status) g.append(...statusMarks(status, w, h));
    return g;
  }
  function statusMarks(status, w, h) {
    const seconds = taking(status), many = status.parts > 1 && status.state !== "cached" ? status.done + "/" + status.parts + " " : "";
    const share = status.state === "running" && status.parts > 1 ? status.done / status.parts : (status.seconds || 0) / longest;
    const marks = [make("g", {"class": "status", transform: "translate(20 22)"}, make("circle", {r: 7}),
      ...(GLYPHS[status.state] ? [make("path", {d: GLYPHS[status.state]})] : [])),
      make("text", {"class": "time", x: w - 10, y: 35}, many + short(seconds))];
    if (share > 0 && ["done", "running", "failed"].includes(status.state))
      marks.push(make("rect", {"class": "share", x: 9, y: h - 3, width: Math.max(1, Math.min(1, share) * (w - 18)), height: 3, rx: 1.5}));
    return marks;
  }
  const hue = room => `hsl(${(205 + 137.5 * data.rooms.indexOf(room)) % 360} 48% var(--tone))`;
  function wireOf(w) {
    const mid = (w.bend + w.arrive) / 2;
    const d = `M${w.x} ${w.y}V${w.bend}` + (w.x === w.to_x ? "" : `C${w.x} ${mid} ${w.to_x} ${mid} ${w.to_x} ${w.arrive}`) + `V${w.to_y - (w.ends ? 4 : 0)}`;
    w.line = make("path", {"class": "wire", d});
    if (!w.ends || (picture.parts[w.ends].open)) { if (w.ends) w.line.setAttribute("d", d.replace(/V[^V]*$/, "V" + w.to_y)); return [w.line]; }
    w.head = make("path", {"class": "head", d: `M${w.to_x - 4} ${w.to_y - 7}h8l-4 7z`});
    return [w.line, w.head];
  }
  function labelOf(label) {
    const net = data.levels[label.level].nets[label.net], height = 13 * net.label.length + 4;
    label.drawn = make("g", {"class": "label", transform: `translate(${label.x} ${label.y})`, style: label.level ? "--behind: var(--ground)" : ""},
      make("rect", {x: -net.width / 2, width: net.width, height, rx: 4}), ...net.label.map((line, k) => make("text", {y: 12 + 13 * k}, line)),
      make("title", {}, net.flows.map(n => flows[n].name + unitOf(flows[n])).join(", ")));
    label.drawn.addEventListener("click", e => { e.stopPropagation(); if (!moved) choose("", net.flows); });
    return label.drawn;
  }
  const port = (path, name) => { const at = parts[path].ports && parts[path].ports[name]; return at == null ? ["", ""] : data.said[at]; };
  const unitOf = flow => { const [unit] = port(flow.source, flow.port); return unit ? ` [${unit}]` : ""; };
  function sentence(path) {
    const part = parts[path], status = statusOf(path), takes = flows.filter(f => f.targets.some(t => inside[path].has(t[0])) && !inside[path].has(f.source));
    const gives = flows.filter(f => inside[path].has(f.source) && f.targets.some(t => !inside[path].has(t[0])));
    const from = [...new Set(takes.map(f => f.name))], to = [...new Set(gives.map(f => f.name))];
    return [part.children ? `group ${part.name}, ${part.line}` : part.kind === "input" ? `inputs ${part.inputs.join(", ")}` : `${part.name}, ${part.line}`,
      status ? WORDS[status.state] + (status.seconds != null ? " " + duration(status.seconds) : "") : "", from.length && part.kind !== "input" ? "takes " + from.join(", ") : "",
      to.length ? "gives " + to.join(", ") : ""].filter(Boolean).join("; ");
  }

  // -- what is before and after
  function reach(starts, ahead) {
    const seen = new Set(), used = new Set(), waiting = [...starts];
    while (waiting.length) {
      const here = waiting.pop();
      flows.forEach((flow, n) => {
        const next = ahead ? (flow.source === here ? flow.targets.map(t => t[0]) : []) : flow.targets.some(t => t[0] === here) ? [flow.source] : [];
        for (const other of next) { used.add(n + ">" + (ahead ? other : here)); if (!seen.has(other) && !starts.has(other)) { seen.add(other); waiting.push(other); } }
      });
    }
    return {seen, used};
  }
  let shownFlows = [];
  function light() {
    const some = Boolean(chosen) || shownFlows.length > 0;
    svg.classList.toggle("told", some || found.length > 0);
    const own = chosen ? inside[chosen] : new Set(shownFlows.map(n => flows[n].source));
    const up = reach(own, false), down = shownFlows.length ? {seen: new Set(), used: new Set()} : reach(own, true);
    for (const n of shownFlows) for (const [target] of flows[n].targets) { down.seen.add(target); down.used.add(n + ">" + target); }
    if (shownFlows.length) { up.seen.clear(); up.used.clear(); }
    for (const path in elements) {
      const e = elements[path], any = set => [...inside[path]].some(p => set.has(p)), open = picture.parts[path].open;
      const is = {chosen: path === chosen, up: some && !open && any(up.seen), down: some && !open && any(down.seen), found: found.includes(path)};
      for (const name in is) e.classList.toggle(name, is[name]);
      e.classList.toggle("lit", is.chosen || is.up || is.down || is.found || (some && any(own)) || open);
      e.setAttribute("tabindex", path === (chosen in elements ? chosen : reading()[0]) ? 0 : -1);
    }
    lightLines(up.used, down.used);
    root.dataset.lit = svg.querySelectorAll(".box.lit").length;
  }
  function lightLines(up, down) {
    const lanes = {};
    const ends = w => Number(Boolean(w.ends || w.leaves));  // a lane's own piece first: what ends beside it is no reason to go on
    for (const w of [...picture.wires].sort((a, b) => b.row - a.row || ends(a) - ends(b))) {
      const key = w.level + "|" + w.net, net = data.levels[w.level].nets[w.net], past = lanes[key] = lanes[key] || {up: false, down: false};
      const hit = used => net.flows.some(n => flows[n].targets.some(([t]) => used.has(n + ">" + t)
        && (w.ends ? inside[w.ends].has(t) : w.leaves ? !(w.level && inside[w.level].has(t)) : false)));
      const is = w.ends || w.leaves ? {up: hit(up), down: hit(down)} : {...past};
      past.up = past.up || is.up; past.down = past.down || is.down;
      for (const e of [w.line, w.head]) if (e) { e.classList.toggle("up", is.up && !is.down); e.classList.toggle("down", is.down); e.classList.toggle("lit", is.up || is.down); }
    }
    picture.labels.forEach(l => { const past = lanes[l.level + "|" + l.net]; l.drawn.classList.toggle("lit", Boolean(past && (past.up || past.down))); });
  }

  // -- choosing, opening
  function choose(path, these = [], {focus = false, center = false} = {}) {
    chosen = path; shownFlows = these;
    if (path && !(path in elements)) { outer(path).forEach(group => opened.add(group)); draw(); } else light();
    describe();
    try { history.replaceState(null, "", path ? "#" + encodeURIComponent(path) : location.pathname + location.search); } catch (_) { /* in a frame */ }
    if (path && center) bring(path);
    if (path && focus) elements[path].focus({preventScroll: true});
    told.textContent = path ? sentence(path) : "";
  }
  function toggle(path) {
    const before = picture.parts[path];
    opened.has(path) ? opened.delete(path) : opened.add(path);
    draw();
    const after = picture.parts[path];
    if (after) { view.x += (before.x + before.width / 2 - after.x - after.width / 2) * view.scale; view.y += (before.y - after.y) * view.scale; move(); }
    choose(path, [], {focus: true});
  }
  const describe = () => PANEL.show(panel, {data, parts, flows, inside, all, chosen, shownFlows, html, choose, toggle, opened, port, unitOf,
    statusOf, duration, WORDS, hue, boxes, groups, run, taking});

  // -- pan and zoom
  const move = () => by("all").setAttribute("transform", `translate(${view.x} ${view.y}) scale(${view.scale})`);
  function zoom(factor, x = svg.clientWidth / 2, y = svg.clientHeight / 2) {
    const scale = Math.min(3, Math.max(.08, view.scale * factor)), by_ = scale / view.scale;
    view = {scale, x: x - (x - view.x) * by_, y: y - (y - view.y) * by_}; move();
  }
  function fit(whole) {
    const [w, h] = [svg.clientWidth || 900, svg.clientHeight || 600], wide = (w - 48) / picture.width, high = (h - 48) / picture.height;
    const scale = whole ? Math.min(1.2, wide, high) : Math.max(Math.min(1, wide, high), Math.max(READABLE, Math.min(wide, .8)));
    view = {scale, x: Math.max(24, (w - picture.width * scale) / 2), y: Math.max(24, (h - picture.height * scale) / 2)};
    move();
  }
  function bring(path) {
    const at = picture.parts[path], [w, h] = [svg.clientWidth, svg.clientHeight], s = view.scale;
    const [x, y] = [view.x + (at.x + at.width / 2) * s, view.y + (at.y + at.height / 2) * s];
    if (x < 60 || x > w - 60) view.x += w / 2 - x;
    if (y < 50 || y > h - 50) view.y += h / 2 - y;
    move();
  }
  const held = new Map(); let moved = false;
  svg.addEventListener("pointerdown", e => { held.set(e.pointerId, [e.clientX, e.clientY]); moved = false; });
  addEventListener("pointermove", e => {
    const last = held.get(e.pointerId); if (!last) return;
    const [dx, dy] = [e.clientX - last[0], e.clientY - last[1]];
    if (!moved && Math.hypot(dx, dy) < 4) return;
    if (held.size === 2) {
      const other = [...held].find(([id]) => id !== e.pointerId)[1], box = svg.getBoundingClientRect(), far = p => Math.hypot(p[0] - other[0], p[1] - other[1]);
      zoom(far([e.clientX, e.clientY]) / Math.max(1, far(last)), (e.clientX + other[0]) / 2 - box.left, (e.clientY + other[1]) / 2 - box.top);
    } else { view.x += dx; view.y += dy; move(); }
    moved = true; svg.classList.add("held"); held.set(e.pointerId, [e.clientX, e.clientY]);
  });
  for (const name of ["pointerup", "pointercancel"]) addEventListener(name, e => { held.delete(e.pointerId); svg.classList.remove("held"); });
  svg.addEventListener("wheel", e => { e.preventDefault(); const box = svg.getBoundingClientRect();
    if (e.ctrlKey || e.metaKey) zoom(Math.exp(-e.deltaY / 200), e.clientX - box.left, e.clientY - box.top);
    else { view.x -= e.shiftKey ? e.deltaY : e.deltaX; view.y -= e.shiftKey ? 0 : e.deltaY; move(); } }, {passive: false});
  svg.addEventListener("click", e => {
    if (moved) return;
    const part = e.target.closest(".part"), path = part ? part.dataset.path : "";
    if (part && parts[path].children && (e.detail === 2 || path === chosen || nearCorner(part, e))) toggle(path);
    else choose(path, [], {focus: Boolean(path)});
  });
  const nearCorner = (part, e) => { const r = part.getBoundingClientRect(), s = view.scale;
    return part.classList.contains("group") ? e.clientY - r.top < 28 * s : r.right - e.clientX < 28 * s; };

  // -- keyboard
  svg.addEventListener("keydown", e => {
    const here = e.target.closest(".part"), path = here ? here.dataset.path : "";
    if (["+", "="].includes(e.key)) return zoom(1.2); if (e.key === "-") return zoom(1 / 1.2); if (e.key === "0") return fit(true);
    if (!path) return;
    if (e.key === "Enter" || e.key === " ") { e.preventDefault(); parts[path].children ? toggle(path) : choose(path, [], {focus: true}); return; }
    const next = {ArrowDown: () => along(path, true), ArrowUp: () => along(path, false), ArrowRight: () => beside(path, 1), ArrowLeft: () => beside(path, -1),
      Home: () => reading()[0], End: () => reading().pop()}[e.key];
    if (!next) return;
    e.preventDefault();
    const to = next(); if (to) choose(to, [], {focus: true, center: true});
  });
  const shown = path => path in elements ? path : outer(path).filter(g => g in elements).sort((a, b) => b.length - a.length)[0];
  function along(path, ahead) {
    const ends = flows.flatMap(f => ahead ? inside[path].has(f.source) ? f.targets.map(t => t[0]) : [] : f.targets.some(t => inside[path].has(t[0])) ? [f.source] : []);
    const to = [...new Set(ends.filter(p => !inside[path].has(p)).map(shown))].filter(p => p && p !== path);
    const {x, y} = picture.parts[path];
    return to.sort((a, b) => Math.abs(picture.parts[a].y - y) - Math.abs(picture.parts[b].y - y) || Math.abs(picture.parts[a].x - x) - Math.abs(picture.parts[b].x - x))[0];
  }
  function beside(path, step) { const order = reading(), at = order.indexOf(path) + step; return order[(at + order.length) % order.length]; }
  addEventListener("keydown", e => {
    if (e.key === "Escape") { query.value = ""; search(); choose(""); svg.focus(); }
    if (e.key === "/" && document.activeElement !== query) { e.preventDefault(); query.focus(); }
  });

  // -- search
  let found = [], hits = [], at = -1;
  function search() {
    const words = query.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const text = path => [path, parts[path].line, parts[path].module || "", (parts[path].inputs || []).join(" "), parts[path].does || "",
      ...flows.filter(f => f.source === path).map(f => f.name), ...((parts[path].delivers || []).flat())].join(" ").toLowerCase();
    hits = words.length ? boxes.filter(path => words.every(word => text(path).includes(word))) : [];
    found = [...new Set(hits.map(path => path in elements ? path : shown(path)).filter(Boolean))]; at = -1;
    by("count").textContent = words.length ? hits.length + " of " + boxes.length : "";
    root.dataset.found = hits.length; light();
  }
  query.addEventListener("input", search);
  query.addEventListener("keydown", e => { if (e.key === "Enter" && hits.length) { at = (at + (e.shiftKey ? -1 : 1) + hits.length) % hits.length;
    choose(hits[at], [], {center: true}); found = [...new Set(hits.map(shown).filter(Boolean))]; light(); } });

  // -- buttons, run, reload, print
  const press = {open: () => { opened = new Set(groups); draw(); fit(); }, close: () => { opened = new Set(); draw(); if (chosen && !(chosen in elements)) choose(""); fit(); },
    fit: () => fit(true), closer: () => zoom(1.25), farther: () => zoom(.8),
    theme: () => { const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches; root.dataset.theme = dark ? "light" : "dark"; },
    list: () => { const on = root.dataset.view !== "list"; root.dataset.view = on ? "list" : "graph"; by("button-list").setAttribute("aria-pressed", on); if (!on) fit(); }};
  for (const name in press) { const b = by("button-" + name); if (b) b.addEventListener("click", press[name]); }
  if (!groups.length) ["open", "close"].forEach(name => by("button-" + name).remove());
  document.querySelectorAll("#list a[href^='#']").forEach(a => a.addEventListener("click", e => { e.preventDefault(); root.dataset.view = "graph";
    choose(decodeURIComponent(a.getAttribute("href").slice(1)), [], {focus: true, center: true}); }));
  const remember = () => { try { sessionStorage.setItem("graph " + data.name, JSON.stringify({opened: [...opened], chosen, view, query: query.value,
    theme: root.dataset.theme || "", list: root.dataset.view || ""})); } catch (_) { /* not allowed here */ } };
  const remembered = () => { try { return run && JSON.parse(sessionStorage.getItem("graph " + data.name)); } catch (_) { return null; } };
  if (run) {
    PANEL.progress(by("run"), {run, html, duration, WORDS});
    if (run.live) {
      setInterval(() => { if (document.visibilityState === "visible" && !held.size) { remember(); location.reload(); } }, 2000);
    }
  }
  let before;
  addEventListener("beforeprint", () => { before = view; view = {x: 0, y: 0, scale: 1}; move(); svg.setAttribute("viewBox", `-8 -8 ${picture.width + 16} ${picture.height + 16}`); });
  addEventListener("afterprint", () => { svg.removeAttribute("viewBox"); view = before; move(); });
  addEventListener("hashchange", () => start(decodeURIComponent(location.hash.slice(1))));
  function start(path) { const to = path in parts ? path : Object.keys(parts).find(p => p.endsWith("." + path)); if (to) choose(to, [], {center: true}); }

  draw(); fit(); describe();
  const last = remembered();
  if (last) { opened = new Set(last.opened.filter(p => p in parts)); if (last.theme) root.dataset.theme = last.theme; if (last.list) root.dataset.view = last.list;
    draw(); if (last.chosen in parts) choose(last.chosen); view = last.view; move(); query.value = last.query; if (last.query) search(); }
  else if (location.hash.length > 1) start(decodeURIComponent(location.hash.slice(1)));
  window.GRAPH = {picture: () => picture, open: paths => { opened = new Set(paths); draw(); return PLACE.picture(data, opened); }, choose, groups};
  root.dataset.ready = "yes";
})();
