// The page: answers to pointer, keyboard, search and address.
(() => {
  "use strict";
  const by = id => document.getElementById(id), root = document.documentElement;
  const svg = by("graph"), query = by("query");
  const model = MODEL(JSON.parse(by("data").textContent)), {data, parts, run, boxes, groups, flows, inside} = model;
  const drawing = DRAW(svg, model), READABLE = .66;
  let opened = new Set(data.opened), picture, elements, chosen = "", these = [], found = [], hits = [], at = -1;
  let view = {x: 0, y: 0, scale: 1}, fitted = null, moved = false;

  function draw() {
    ({picture, elements} = drawing.draw(opened, (event, flowsOfLabel) => {
      event.stopPropagation();
      if (!moved) choose("", {flows: flowsOfLabel});
    }));
    move();
    light();
  }
  const light = () => drawing.light(chosen, these, found);

  // -- choosing, opening
  function choose(path, {flows: some = [], focus = false, center = false} = {}) {
    chosen = path; these = some;
    if (path && !(path in elements)) { model.outer(path).forEach(group => opened.add(group)); draw(); } else light();
    PANEL.show(by("panel"), {...model, chosen, these, opened, hue: drawing.hue, choose, toggle});
    address(path);
    if (path && center) bring(path);
    if (path && focus) elements[path].focus({preventScroll: true});
    by("told").textContent = path ? model.sentence(path) : "";
  }
  function address(path) {
    // A frame within a page has no address of its own.
    try {
      history.replaceState(null, "", path ? "#" + encodeURIComponent(path) : location.pathname + location.search);
    } catch (_) {}
  }
  function toggle(path) {
    const before = picture.parts[path];
    if (opened.has(path)) opened.delete(path); else opened.add(path);
    draw();
    const after = picture.parts[path];
    const dx = before.x + before.width / 2 - after.x - after.width / 2, dy = before.y - after.y;
    pan(dx * view.scale, dy * view.scale);
    choose(path, {focus: true});
  }
  const shown = path => path in elements ? path
    : model.outer(path).filter(group => group in elements).sort((a, b) => b.length - a.length)[0];

  // -- pan and zoom
  const move = () => by("all").setAttribute("transform", `translate(${view.x} ${view.y}) scale(${view.scale})`);
  function pan(dx, dy) {
    view = {...view, x: view.x + dx, y: view.y + dy};
    move();
  }
  function zoom(factor, x = svg.clientWidth / 2, y = svg.clientHeight / 2) {
    const scale = Math.min(3, Math.max(.08, view.scale * factor)), grown = scale / view.scale;
    view = {scale, x: x - (x - view.x) * grown, y: y - (y - view.y) * grown};
    move();
  }
  function fit(whole) {
    const [w, h] = [svg.clientWidth || 900, svg.clientHeight || 600];
    const wide = (w - 48) / picture.width, high = (h - 48) / picture.height;
    const legible = Math.max(Math.min(1, wide, high), Math.max(READABLE, Math.min(wide, .8)));
    const scale = whole ? Math.min(1.2, wide, high) : legible;
    const middle = (room, size) => Math.max(24, (room - size * scale) / 2);
    view = {scale, x: middle(w, picture.width), y: middle(h, picture.height)};
    fitted = {view, whole};
    move();
  }
  function bring(path) {
    const part = picture.parts[path], [w, h] = [svg.clientWidth, svg.clientHeight];
    const x = view.x + (part.x + part.width / 2) * view.scale, y = view.y + (part.y + part.height / 2) * view.scale;
    pan(x < 60 || x > w - 60 ? w / 2 - x : 0, y < 50 || y > h - 50 ? h / 2 - y : 0);
  }
  addEventListener("resize", () => { if (fitted && fitted.view === view) fit(fitted.whole); });

  // -- pointer
  const held = new Map();
  svg.addEventListener("pointerdown", e => { held.set(e.pointerId, [e.clientX, e.clientY]); moved = false; });
  addEventListener("pointermove", e => {
    const last = held.get(e.pointerId);
    if (!last) return;
    const [dx, dy] = [e.clientX - last[0], e.clientY - last[1]];
    if (!moved && Math.hypot(dx, dy) < 4) return;
    if (held.size === 2) pinch(e, last); else pan(dx, dy);
    moved = true;
    svg.classList.add("held");
    held.set(e.pointerId, [e.clientX, e.clientY]);
  });
  function pinch(e, last) {
    const [, other] = [...held].find(([id]) => id !== e.pointerId), frame = svg.getBoundingClientRect();
    const far = ([x, y]) => Math.hypot(x - other[0], y - other[1]);
    zoom(far([e.clientX, e.clientY]) / Math.max(1, far(last)),
      (e.clientX + other[0]) / 2 - frame.left, (e.clientY + other[1]) / 2 - frame.top);
  }
  for (const name of ["pointerup", "pointercancel"])
    addEventListener(name, e => { held.delete(e.pointerId); svg.classList.remove("held"); });
  // Within another page the wheel scrolls that page, until the graph is used.
  const framed = window !== window.parent;
  svg.addEventListener("wheel", e => {
    if (framed && !e.ctrlKey && !svg.contains(document.activeElement)) return;
    e.preventDefault();
    const frame = svg.getBoundingClientRect();
    if (e.ctrlKey || e.metaKey) zoom(Math.exp(-e.deltaY / 200), e.clientX - frame.left, e.clientY - frame.top);
    else if (e.shiftKey) pan(-e.deltaY, 0);
    else pan(-e.deltaX, -e.deltaY);
  }, {passive: false});
  svg.addEventListener("click", e => {
    if (moved) return;
    const part = e.target.closest(".part"), path = part ? part.dataset.path : "";
    if (part && parts[path].children && (path === chosen || onCorner(part, e))) toggle(path);
    else choose(path, {focus: Boolean(path)});
  });
  function onCorner(part, e) {
    const frame = part.getBoundingClientRect(), near = 28 * view.scale;
    return part.classList.contains("group") ? e.clientY - frame.top < near : frame.right - e.clientX < near;
  }

  // -- keyboard
  const ZOOMS = {"+": () => zoom(1.2), "=": () => zoom(1.2), "-": () => zoom(1 / 1.2), "0": () => fit(true)};
  const WALKS = {ArrowDown: path => along(path, true), ArrowUp: path => along(path, false),
    ArrowRight: path => beside(path, 1), ArrowLeft: path => beside(path, -1),
    Home: () => drawing.reading()[0], End: () => drawing.reading().pop()};
  svg.addEventListener("keydown", e => {
    const part = e.target.closest(".part"), path = part ? part.dataset.path : "";
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.key in ZOOMS) ZOOMS[e.key]();
    else if (path && (e.key === "Enter" || e.key === " ")) {
      e.preventDefault();
      if (parts[path].children) toggle(path); else choose(path, {focus: true});
    } else if (e.key in WALKS) {
      e.preventDefault();
      const to = path ? WALKS[e.key](path) : drawing.reading()[0];
      if (to) choose(to, {focus: true, center: true});
    }
  });
  // The nearest part that a line leads to, or comes from.
  function along(path, ahead) {
    const here = inside[path], from = picture.parts[path];
    const ends = flows.flatMap(flow => {
      if (ahead) return here.has(flow.source) ? model.ends(flow) : [];
      return model.ends(flow).some(to => here.has(to)) ? [flow.source] : [];
    });
    const far = to => Math.abs(picture.parts[to].y - from.y) * 4 + Math.abs(picture.parts[to].x - from.x);
    const parts = [...new Set(ends.filter(to => !here.has(to)).map(shown))].filter(to => to && to !== path);
    return parts.sort((a, b) => far(a) - far(b))[0];
  }
  function beside(path, step) {
    const order = drawing.reading();
    return order[(order.indexOf(path) + step + order.length) % order.length];
  }
  addEventListener("keydown", e => {
    if (e.key === "Escape") { query.value = ""; search(); choose(""); svg.focus(); }
    if (e.key === "/" && document.activeElement !== query) { e.preventDefault(); query.focus(); }
  });

  // -- search
  const texts = Object.fromEntries(boxes.map(path => {
    const part = parts[path], made = flows.filter(flow => flow.source === path).map(flow => flow.name);
    return [path, [path, part.title, part.line, part.module, part.does, part.inputs, made, part.delivers]
      .flat(3).join(" ").toLowerCase()];
  }));
  function search() {
    const words = query.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    hits = words.length ? boxes.filter(path => words.every(word => texts[path].includes(word))) : [];
    at = -1;
    by("count").textContent = words.length ? `${hits.length} of ${boxes.length}` : "";
    mark();
  }
  function mark() {
    found = [...new Set(hits.map(shown).filter(Boolean))];
    light();
  }
  query.addEventListener("input", search);
  query.addEventListener("keydown", e => {
    if (e.key !== "Enter" || !hits.length) return;
    at = (at + (e.shiftKey ? -1 : 1) + hits.length) % hits.length;
    choose(hits[at], {center: true});
    mark();
  });

  // -- buttons
  const PRESS = {
    open: () => { opened = new Set(groups); draw(); fit(); },
    close: () => { opened = new Set(); draw(); if (chosen && !(chosen in elements)) choose(""); fit(); },
    fit: () => fit(true), closer: () => zoom(1.25), farther: () => zoom(.8),
    theme: () => {
      follows = false;
      const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
      root.dataset.theme = (root.dataset.theme || system) === "dark" ? "light" : "dark";
    },
    list: () => {
      root.dataset.view = root.dataset.view === "list" ? "graph" : "list";
      by("button-list").setAttribute("aria-pressed", root.dataset.view === "list");
    },
  };
  for (const name in PRESS) by("button-" + name).addEventListener("click", PRESS[name]);
  if (!groups.length) ["open", "close"].forEach(name => by("button-" + name).remove());
  by("list").addEventListener("click", e => {
    const link = e.target.closest("a[href^='#']");
    if (!link) return;
    e.preventDefault();
    root.dataset.view = "graph";
    choose(decodeURIComponent(link.getAttribute("href").slice(1)), {focus: true, center: true});
  });

  // -- light or dark as the page around it (Sphinx's furo, JupyterLab), until the button is pressed
  let follows = framed;
  // A page from elsewhere is not to be read: then it is as the system.
  try {
    const around = parent.document.body, follow = () => {
      const {jpThemeLight: light, theme} = around.dataset;
      if (follows) root.dataset.theme = {true: "light", false: "dark", auto: ""}[light || theme] ?? theme ?? "";
    };
    if (framed) follow(new MutationObserver(follow).observe(around, {attributes: true}));
  } catch (_) {}

  // -- a run that goes on: the page loads itself anew, and is as it was left
  const kept = "graph " + data.name;
  function remember() {
    const left = {opened: [...opened], chosen, view, query: query.value, theme: root.dataset.theme || "",
      list: root.dataset.view || ""};
    // Not every browser allows this to a page from disk.
    try { sessionStorage.setItem(kept, JSON.stringify(left)); } catch (_) {}
  }
  function recall() {
    let left = null;
    try { left = run && JSON.parse(sessionStorage.getItem(kept)); } catch (_) {}
    if (!left) return;
    opened = new Set(left.opened.filter(path => path in parts));
    if (left.theme) root.dataset.theme = left.theme;
    if (left.list) root.dataset.view = left.list;
    draw();
    choose(left.chosen in parts ? left.chosen : "");
    view = left.view;
    move();
    query.value = left.query;
    if (left.query) search();
  }
  if (run) PANEL.progress(by("run"), model);
  if (run && run.live) setInterval(() => {
    if (document.visibilityState !== "visible" || held.size) return;
    remember();
    location.reload();
  }, 2000);

  // -- paper
  let before = view;
  addEventListener("beforeprint", () => {
    before = view;
    view = {x: 0, y: 0, scale: 1};
    move();
    svg.setAttribute("viewBox", `-8 -8 ${picture.width + 16} ${picture.height + 16}`);
  });
  addEventListener("afterprint", () => { svg.removeAttribute("viewBox"); view = before; move(); });

  // -- the beginning
  function start(address) {
    const name = decodeURIComponent(address.slice(1));
    const path = name in parts ? name : name && Object.keys(parts).find(one => one.endsWith("." + name));
    if (path) choose(path, {center: true});
  }
  const asked = location.hash;
  addEventListener("hashchange", () => start(location.hash));
  draw();
  fit();
  choose("");
  recall();
  if (asked && decodeURIComponent(asked.slice(1)) !== chosen) start(asked);
  // For tests, and for the curious.
  window.GRAPH = {choose, open: paths => { opened = new Set(paths); draw(); return picture; }};
  root.dataset.ready = "yes";
})();
