// Draws a picture as SVG, and lights what is chosen.
const DRAW = (svg, model) => {
  "use strict";
  const {data, parts, flows, inside, outer, statusOf} = model;
  const GLYPHS = {done: "M-3.2 .3L-1 2.5L3.2 -2.3", cached: "M2.6 -1.6A3.1 3.1 0 1 0 2.9 1.2M3 -3.4V-1.3H.9",
    failed: "M-2.4 -2.4L2.4 2.4M2.4 -2.4L-2.4 2.4", running: "M-1.4 -2.6L2.4 0L-1.4 2.6Z"};
  const make = (name, at, ...content) => {
    const e = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const key in at) e.setAttribute(key, at[key]);
    e.append(...content);
    return e;
  };
  const hue = room => `hsl(${(205 + 137.5 * data.rooms.indexOf(room)) % 360} 48% var(--tone))`;
  let picture, elements;

  function draw(opened, onLabel) {
    picture = PLACE.picture(data, opened); elements = {};
    const ground = make("g", {}), lines = make("g", {}), names = make("g", {}), top = make("g", {});
    for (const path of reading()) {
      const at = picture.parts[path];
      elements[path] = at.open ? group(path, at) : box(path, at);
      (at.open ? ground : top).append(elements[path]);
    }
    for (const wire of picture.wires) lines.append(...line(wire));
    for (const one of picture.labels) names.append(label(one, onLabel));
    svg.replaceChildren(make("title", {}, data.name), make("g", {id: "all"}, ground, lines, names, top));
    svg.querySelectorAll(".box").forEach(squeeze);
    return {picture, elements};
  }

  // Paths from top to bottom and from left to right; open groups in front of what is in them.
  function reading() {
    const rank = path => picture.parts[path].open ? outer(path).length - 99 : 0;
    return Object.keys(picture.parts).sort((a, b) => {
      const [p, q] = [picture.parts[a], picture.parts[b]];
      return rank(a) - rank(b) || p.y - q.y || p.x - q.x;
    });
  }

  function part(path, at, kind) {
    const status = statusOf(path);
    const g = make("g", {"class": `part ${kind}${status ? " s-" + status.state : ""}`, role: "button", tabindex: -1,
      "aria-label": model.sentence(path), "data-path": path, transform: `translate(${at.x} ${at.y})`});
    if (parts[path].children) g.setAttribute("aria-expanded", at.open);
    return g;
  }

  function group(path, at) {
    const g = part(path, at, "group");
    g.append(make("rect", {width: at.width, height: at.height, rx: 12}),
      make("path", {"class": "toggle", d: "M13 11l4.5 4.5l4.5 -4.5"}), make("text", {x: 29, y: 18}, parts[path].name));
    return g;
  }

  function box(path, {x, y, width: w, height: h}) {
    const one = parts[path], status = statusOf(path), input = one.kind === "input";
    const g = part(path, {x, y, open: false}, "box" + (one.children ? " closed" : input ? " input" : ""));
    if (one.kind === "map" || one.children)
      g.append(make("rect", {"class": "behind", x: 4, y: 4, width: w, height: h, rx: 9}));
    g.append(make("rect", {"class": "back", width: w, height: h, rx: input ? h / 2 : 9}));
    if (input) {
      g.append(make("text", {"class": "name", x: w / 2, y: 17, "text-anchor": "middle"}, one.title));
      return g;
    }
    const left = status ? 34 : 15;
    g.append(make("path", {"class": "stripe", d: `M9 0A9 9 0 0 0 0 9V${h - 9}A9 9 0 0 0 9 ${h}H5V0Z`,
      fill: one.children ? "var(--quiet)" : hue(one.room)}));
    g.append(make("text", {"class": "name", x: left, y: 19}, one.title),
      make("text", {"class": "kind", x: left, y: 35}, one.line));
    if (one.children) g.append(make("path", {"class": "mark", d: `M${w - 20} 11h8M${w - 16} 7v8`}));
    else if (one.gives) {
      const down = `M${w - 18} 17h8M${w - 14} 7v6m-3 -2.5l3 3.2l3 -3.2`;
      g.append(make("path", {"class": "mark", d: down}, make("title", {}, "also goes to " + one.gives)));
    }
    if (status) g.append(...marks(status, w, h));
    return g;
  }

  // What a run adds to a box: a sign, the time, the parts, and a bar as long as its share of the longest step.
  function marks(status, w, h) {
    const several = status.parts > 1, running = status.state === "running";
    const count = several && status.state !== "cached" ? `${status.done}/${status.parts} ` : "";
    const share = running && several ? status.done / status.parts : (status.seconds || 0) / model.longest;
    const drawn = [make("g", {"class": "status", transform: "translate(20 22)"}, make("circle", {r: 7}),
      ...(status.state in GLYPHS ? [make("path", {d: GLYPHS[status.state]})] : [])),
      make("text", {"class": "time", x: w - 10, y: 35}, count + model.short(model.taking(status)))];
    if (share > 0 && ["done", "running", "failed"].includes(status.state))
      drawn.push(make("rect", {"class": "share", x: 9, y: h - 3, height: 3, rx: 1.5,
        width: Math.max(1, Math.min(1, share) * (w - 18))}));
    return drawn;
  }

  function line(w) {
    const on = w.ends && !picture.parts[w.ends].open, middle = (w.bend + w.arrive) / 2;
    const over = w.x === w.to_x ? "" : `C${w.x} ${middle} ${w.to_x} ${middle} ${w.to_x} ${w.arrive}`;
    w.line = make("path", {"class": "wire", d: `M${w.x} ${w.y}V${w.bend}${over}V${w.to_y - (on ? 4 : 0)}`});
    w.head = on ? make("path", {"class": "head", d: `M${w.to_x - 4} ${w.to_y - 7}h8l-4 7z`}) : null;
    return on ? [w.line, w.head] : [w.line];
  }

  function label(one, onLabel) {
    const net = data.levels[one.level].nets[one.net], width = net.width, height = 13 * net.label.length + 4;
    one.drawn = make("g", {"class": "label" + (one.level ? " within" : ""), transform: `translate(${one.x} ${one.y})`},
      make("rect", {x: -width / 2, width, height, rx: 4}),
      ...net.label.map((text, k) => make("text", {y: 12 + 13 * k}, text)),
      make("title", {}, net.flows.map(n => flows[n].name + model.unitOf(flows[n])).join(", ")));
    one.drawn.addEventListener("click", event => onLabel(event, net.flows));
    return one.drawn;
  }

  // Fonts differ: a text that is wider than was thought is set narrower.
  function squeeze(drawn) {
    const w = Number(drawn.querySelector(".back").getAttribute("width")), time = drawn.querySelector(".time");
    const beside = time ? time.getComputedTextLength() + 18 : 12;
    const kept = {name: drawn.querySelector(".mark") ? 24 : 10, kind: beside};
    for (const name in kept) {
      const text = drawn.querySelector("text." + name);
      if (!text) continue;
      const input = drawn.classList.contains("input");
      const free = input ? w - 14 : w - Number(text.getAttribute("x")) - kept[name];
      if (free <= 0 || text.getComputedTextLength() <= free) continue;
      text.setAttribute("textLength", free);
      text.setAttribute("lengthAdjust", "spacingAndGlyphs");
    }
  }

  // Light a part (or some flows), what leads there, what it leads to, and what a search found.
  function light(chosen, these, found) {
    const some = Boolean(chosen) || these.length > 0, none = {seen: new Set(), used: new Set()};
    const own = chosen ? inside[chosen] : new Set(these.map(n => flows[n].source));
    const up = these.length ? none : model.reach(own, false);
    const down = these.length ? {seen: new Set(), used: new Set()} : model.reach(own, true);
    for (const n of these) for (const to of model.ends(flows[n])) { down.seen.add(to); down.used.add(n + ">" + to); }
    svg.classList.toggle("told", some || found.length > 0);
    const first = chosen in elements ? chosen : reading()[0];
    for (const path in elements) {
      const e = elements[path], any = set => [...inside[path]].some(p => set.has(p)), open = picture.parts[path].open;
      const is = {chosen: path === chosen, up: some && !open && any(up.seen), down: some && !open && any(down.seen),
        found: found.includes(path)};
      is.lit = open || (some && any(own)) || Object.values(is).some(Boolean);
      for (const name in is) e.classList.toggle(name, is[name]);
      e.setAttribute("tabindex", path === first ? 0 : -1);
    }
    lightLines(up.used, down.used);
  }

  // A piece of a lane is lit if it leads to a lit end: lanes are followed from below.
  function lightLines(up, down) {
    const lanes = {}, ends = w => Number(Boolean(w.ends || w.leaves));
    for (const w of [...picture.wires].sort((a, b) => b.row - a.row || ends(a) - ends(b))) {
      const net = data.levels[w.level].nets[w.net], key = w.level + "|" + w.net;
      const past = lanes[key] = lanes[key] || {up: false, down: false};
      const here = to => w.ends ? inside[w.ends].has(to) : !(w.level && inside[w.level].has(to));
      const hit = used => net.flows.some(n => model.ends(flows[n]).some(to => used.has(n + ">" + to) && here(to)));
      const is = ends(w) ? {up: hit(up), down: hit(down)} : {...past};
      past.up = past.up || is.up;
      past.down = past.down || is.down;
      for (const e of [w.line, w.head].filter(Boolean)) {
        e.classList.toggle("up", is.up && !is.down);
        e.classList.toggle("down", is.down);
        e.classList.toggle("lit", is.up || is.down);
      }
    }
    for (const one of picture.labels) {
      const past = lanes[one.level + "|" + one.net];
      one.drawn.classList.toggle("lit", Boolean(past && (past.up || past.down)));
    }
  }
  return {draw, light, reading, hue};
};
