// What the page knows: parts (boxes and groups), flows between boxes, and the state of a run.
const MODEL = data => {
  "use strict";
  const parts = data.parts, run = data.run, paths = Object.keys(parts);
  const boxes = paths.filter(path => !parts[path].children), groups = paths.filter(path => parts[path].children);
  const flows = data.flows.map(([source, port, name, targets]) => ({
    source: paths[source], port, name: name || port,
    targets: targets.map(target => [].concat(target))
      .map(([to, into, through]) => [paths[to], into || port, through || ""]),
  }));
  for (const part of Object.values(parts)) part.title = part.title || part.name;
  for (const level of Object.values(data.levels)) {
    level.items = level.items.map(item => typeof item === "number" ? ["i", item] : item);
    for (const item of level.items) if ("bh".includes(item[0])) item[1] = paths[item[1]];
    const lane = ([kind, net]) => kind === "i" || kind === "l" ? net : -1;
    const onLane = wire => Math.max(...wire.map(end => lane(level.items[end])));
    for (const wire of level.wires) if (wire.length < 3) wire.push(onLane(wire));
  }

  const all = path => parts[path].children ? parts[path].children.flatMap(all) : [path];
  const inside = Object.fromEntries(paths.map(path => [path, new Set(all(path))]));
  const outer = path => groups.filter(group => group !== path && [...inside[path]].every(p => inside[group].has(p)));
  const ends = flow => flow.targets.map(target => target[0]);
  const takes = path => flows.filter(f => !inside[path].has(f.source) && ends(f).some(to => inside[path].has(to)));
  const gives = path => flows.filter(f => inside[path].has(f.source) && ends(f).some(to => !inside[path].has(to)));

  // Unit and meaning of a port.
  function port(path, name) {
    const at = parts[path].ports && parts[path].ports[name];
    return at == null ? ["", ""] : data.said[at];
  }
  function unitOf(flow) {
    const [unit] = port(flow.source, flow.port);
    return unit ? ` [${unit}]` : "";
  }

  const WORDS = {done: "done", cached: "taken from an earlier run", running: "running", failed: "failed",
    waiting: "waiting", skipped: "not reached"};

  function duration(s) {
    if (s == null) return "";
    if (s < .1) return "< 0.1 s";
    if (s < 10) return s.toFixed(1) + " s";
    if (s < 60) return Math.round(s) + " s";
    if (s < 3600) return Math.floor(s / 60) + " min " + Math.floor(s % 60) + " s";
    return Math.floor(s / 3600) + " h " + Math.floor(s % 3600 / 60) + " min";
  }
  // The same where there is little room.
  function short(s) {
    if (s == null || s < 60) return duration(s);
    return s < 3600 ? (s / 60).toFixed(1) + " min" : (s / 3600).toFixed(1) + " h";
  }

  // The state of a step; of a group, what its steps come to.
  function statusOf(path) {
    if (!run) return null;
    if (!parts[path].children) return run.steps[path] || null;
    const inner = all(path).map(statusOf).filter(Boolean), has = name => inner.some(one => one.state === name);
    if (!inner.length) return null;
    const done = inner.filter(one => one.state === "done" || one.state === "cached").length;
    const known = key => inner.map(one => one[key]).filter(value => value != null);
    const [seconds, gb] = [known("seconds"), known("gb")];
    let state = run.live ? (done ? "running" : "waiting") : "skipped";
    if (done === inner.length) state = has("done") ? "done" : "cached";
    if (has("running")) state = "running";
    if (has("failed")) state = "failed";
    return {state, done, parts: inner.length, gb: gb.length ? Math.max(...gb) : null,
      seconds: seconds.length ? seconds.reduce((a, b) => a + b, 0) : null};
  }
  function taking(one) {
    return one.state === "running" && one.since && run.live ? Math.max(0, Date.now() / 1000 - one.since) : one.seconds;
  }
  const longest = run ? Math.max(1e-9, ...Object.values(run.steps).map(one => one.seconds || 0)) : 1;

  // One sentence about a part, for readers of the screen.
  function sentence(path) {
    const part = parts[path], status = statusOf(path), names = found => [...new Set(found.map(f => f.name))].join(", ");
    const said = [part.children ? `group ${part.name}, ${part.line}`
      : part.kind === "input" ? `inputs ${part.inputs.join(", ")}` : `${part.title}, ${part.line}`];
    if (status) said.push(`${WORDS[status.state]} ${duration(status.seconds)}`.trim());
    if (takes(path).length) said.push("takes " + names(takes(path)));
    if (gives(path).length && part.kind !== "input") said.push("gives " + names(gives(path)));
    return said.join("; ");
  }

  // All boxes before (or after) some, with the flows that lead there as "number>box".
  function reach(starts, ahead) {
    const seen = new Set(), used = new Set(), waiting = [...starts];
    const next = (flow, here) => {
      if (ahead) return flow.source === here ? ends(flow) : [];
      return ends(flow).includes(here) ? [flow.source] : [];
    };
    while (waiting.length) {
      const here = waiting.pop();
      flows.forEach((flow, n) => next(flow, here).forEach(other => {
        used.add(n + ">" + (ahead ? other : here));
        if (!seen.has(other) && !starts.has(other)) { seen.add(other); waiting.push(other); }
      }));
    }
    return {seen, used};
  }

  return {data, parts, run, boxes, groups, flows, all, inside, outer, ends, port, unitOf, WORDS, duration, short,
    statusOf, taking, longest, sentence, reach};
};
