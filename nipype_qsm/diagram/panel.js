// What is told about what is chosen: a step, a group, inputs, quantities; about the whole where nothing is.
const PANEL = (() => {
  "use strict";
  const html = (name, at, ...content) => {
    const e = document.createElement(name);
    for (const key in at) if (key === "onclick") e.onclick = at[key]; else e.setAttribute(key, at[key]);
    e.append(...content.flat(2).filter(one => one !== "" && one != null));
    return e;
  };
  const unique = items => [...new Set(items)];
  const heading = (text, ...after) => after.some(Boolean) ? [html("h3", {}, text), ...after] : [];
  const quiet = text => html("p", {"class": "quiet"}, text);
  const row = (head, cell) => html("tr", {}, html("th", {scope: "row"}, head), html("td", {}, cell));
  const table = (rows, kind = "") => rows.length ? html("table", {"class": kind}, html("tbody", {}, ...rows)) : "";
  const gb = value => (value < .1 ? value.toFixed(2) : value.toFixed(value < 10 ? 1 : 0)) + " GB";
  function told(unit, says) {
    return says || unit ? html("div", {"class": "quiet"}, [unit, says].filter(Boolean).join(": ")) : "";
  }

  function show(panel, k) {
    const about = k.chosen ? k.parts[k.chosen].children ? group : k.parts[k.chosen].kind === "input" ? inputs : step
      : k.these.length ? quantities : whole;
    panel.replaceChildren(...about(k).flat(2).filter(Boolean));
    if (k.chosen) panel.append(quiet("Blue leads here, orange leads on."));
    panel.scrollTop = 0;
  }
  const link = (k, path) => html("button", {"class": "link", type: "button",
    onclick: () => k.choose(path, {focus: true, center: true})}, k.parts[path].title);
  const links = (k, found) => unique(found).flatMap((path, n) => [n ? ", " : "", link(k, path)]);

  function state(k) {
    const one = k.statusOf(k.chosen);
    if (!one) return [];
    const rows = [row("state", html("span", {"class": "state"}, k.WORDS[one.state]))];
    if (one.parts > 1) rows.push(row(k.parts[k.chosen].children ? "steps" : "parts",
      `${one.done} of ${one.parts}${one.failed ? `, ${one.failed} failed` : ""}`));
    const seconds = k.taking(one);
    if (seconds != null) rows.push(row("time", k.duration(seconds) + (one.state === "cached" ? " then" : "")));
    if (one.gb) rows.push(row("peak memory", gb(one.gb)));
    if (one.error) rows.push(row("error", one.error));
    return rows;
  }

  function step(k) {
    const path = k.chosen, part = k.parts[path];
    const needs = `${part.cores} core${part.cores === 1 ? "" : "s"}${part.gb ? `, ${gb(part.gb)}` : ""}`;
    const facts = [row("where", path), row("needs", needs),
      ...(part.notes || []).map(note => row("runs", note.replace(/^runs /, ""))), ...state(k)];
    const fed = new Set(k.flows.flatMap(flow => flow.targets.filter(to => to[0] === path).map(to => to[1])));
    const set = ([name, value]) => row(name, value), free = ([name]) => !fed.has(name);
    const does = part.does ? html("p", {}, part.does) : "";
    return [html("h2", {}, part.name), quiet(`${part.cls} \u00b7 ${part.module}`), does,
      papers(part.links || []), table(facts, "facts"), heading("Takes", table(taken(k, path))),
      heading("Gives", table(given(k, path, part))), heading("Set", table((part.given || []).filter(free).map(set))),
      heading("Defaults", table((part.usual || []).filter(free).map(set)))];
  }
  function papers(addresses) {
    const name = address => address.startsWith("https://doi.org/") ? "doi:" + address.slice(16) : "documentation";
    const made = address => html("a", {href: address, target: "_blank", rel: "noopener"}, name(address));
    const all = addresses.flatMap((address, n) => [n ? " \u00b7 " : "", made(address)]);
    return all.length ? html("p", {}, all) : "";
  }
  function taken(k, path) {
    return k.flows.flatMap(flow => flow.targets.filter(to => to[0] === path).map(([, port, through]) => {
      const made = k.port(flow.source, flow.port), own = k.port(path, port);
      return row(port, [["from ", link(k, flow.source)], through ? ` through ${through}()` : "",
        flow.name === port ? "" : ` (${flow.name})`, told(own[0] || made[0], own[1] || made[1])]);
    }));
  }
  function given(k, path, part) {
    const ports = {}, of = (port, name) => ports[port] = ports[port] || {name, to: [], outputs: []};
    for (const flow of k.flows.filter(one => one.source === path)) of(flow.port, flow.name).to.push(...k.ends(flow));
    for (const [port, names] of part.delivers || []) of(port, names[0]).outputs.push(...names);
    return Object.entries(ports).map(([port, one]) => {
      const also = one.outputs.length ? `${one.to.length ? "; " : ""}output ${one.outputs.join(", ")}` : "";
      const called = one.name === port || one.outputs.includes(one.name) ? "" : ` (${one.name})`;
      return row(port, [one.to.length ? ["to ", ...links(k, one.to)] : "", also, called, told(...k.port(path, port))]);
    });
  }

  function inputs(k) {
    const part = k.parts[k.chosen], values = Object.fromEntries(part.given || []);
    const rows = k.flows.filter(flow => flow.source === k.chosen).map(flow => {
      const [first, port] = flow.targets[0], value = values[flow.name];
      return row(flow.name, [["to ", ...links(k, k.ends(flow))], value ? `; set to ${value}` : "",
        told(...k.port(first, port))]);
    });
    return [html("h2", {}, "Inputs"), quiet(`of ${part.name}`), table(rows)];
  }

  function group(k) {
    const path = k.chosen, part = k.parts[path], own = k.inside[path], inner = to => own.has(to);
    const names = found => unique(found.map(flow => flow.name + k.unitOf(flow))).join(", ");
    const takes = names(k.flows.filter(flow => !inner(flow.source) && k.ends(flow).some(inner)));
    const gives = names(k.flows.filter(flow => inner(flow.source) && !k.ends(flow).every(inner)));
    const text = k.opened.has(path) ? "Close" : "Open";
    const button = html("button", {type: "button", onclick: () => k.toggle(path)}, text);
    const facts = [row("where", path), ...state(k), takes ? row("takes", takes) : "", gives ? row("gives", gives) : ""];
    return [html("h2", {}, part.name), quiet(`workflow, ${part.line}`), html("p", {}, button),
      table(facts.filter(Boolean), "facts"),
      heading("Steps", html("ul", {}, k.all(path).map(one => html("li", {}, link(k, one)))))];
  }

  function quantities(k) {
    return k.these.map(n => {
      const flow = k.flows[n], source = k.parts[flow.source], [first, port] = flow.targets[0];
      const says = source.kind === "input" ? k.port(first, port) : k.port(flow.source, flow.port);
      const ends = [row("from", link(k, flow.source)), row("to", links(k, k.ends(flow)))];
      return [html("h2", {}, flow.name), told(...says), table(ends, "facts"), html("p", {})];
    });
  }

  function whole(k) {
    const {data} = k, swatch = room => html("i", {"class": "swatch", style: `background: ${k.hue(room)}`});
    const outputs = k.boxes.flatMap(path => (k.parts[path].delivers || []).flatMap(([port, names]) =>
      names.map(name => row(name, [["from ", link(k, path)], told(...k.port(path, port))]))));
    const rooms = data.rooms.map(room => html("div", {}, swatch(room), room));
    const keys = [["/", "search"], ["\u2190 \u2191 \u2192 \u2193", "walk along the lines"], ["Enter", "open or close"],
      ["Esc", "let go"], ["+ \u2212 0", "zoom"]];
    return [html("h2", {}, data.name), data.doc ? html("p", {}, data.doc) : "", quiet(data.counts),
      html("p", {}, "Choose a step to see what leads to it and what it leads to. "
        + "A label names what flows along its line."),
      rooms.length > 1 ? heading("Steps by kind", ...rooms) : "",
      heading("Keys", ...keys.map(([key, says]) => html("div", {}, html("kbd", {}, key), " " + says))),
      heading("Outputs", table(outputs))];
  }

  // The line above the picture: how far a run is.
  function progress(bar, {run, duration, WORDS}) {
    const steps = Object.values(run.steps), count = state => steps.filter(step => step.state === state).length;
    const now = Date.now() / 1000, ago = now - run.updated;
    const how = count("failed") ? "Failed" : count("skipped") ? "Stopped" : "Finished";
    const silent = ago > 60 ? `, last news ${duration(ago)} ago` : "";
    const head = run.live ? `Running for ${duration(now - run.began)}${silent}`
      : `${how} after ${duration(run.updated - run.began)}`;
    const share = state => 100 * count(state) / Math.max(steps.length, 1);
    const piece = state => html("i", {"class": "s-" + state, style: `width: ${share(state)}%`});
    const words = state => state === "cached" ? "from an earlier run" : WORDS[state];
    bar.hidden = false;
    const all = `${count("done") + count("cached")} of ${steps.length} steps done`;
    bar.replaceChildren(html("strong", {}, head),
      html("div", {"class": "bar", role: "img", "aria-label": all}, ["done", "cached", "running", "failed"].map(piece)),
      ...Object.keys(WORDS).filter(count)
        .map(state => html("span", {"class": "key s-" + state}, `${count(state)} ${words(state)}`)),
      run.problem ? html("span", {"class": "quiet"}, run.problem) : "");
  }
  return {show, progress};
})();
