// Where everything stands, given which groups are open: the same rules, in the same order, as columns.py and place.py.
// Change both; a test compares what they make of several graphs, opened and closed.
const PLACE = (() => {
  "use strict";
  const SWEEPS = 20, RIGID = 6, PAD = 16, HEAD = 28, GAP = 18, MOST_GAP = 44, SLOPE = .06, STEP = 16, CORNER = 18,
    STRAIGHTEN = 2, LANE = 8, LINE_HEIGHT = 13;
  const half = value => Math.floor(2 * value + .5) / 2;
  const largest = (values, least) => values.reduce((a, b) => Math.max(a, b), least);

  // An item is [kind, part or net, nets that come in, nets that go out]; kinds: b box, i line, l label, t and o ports
  // at the top and at the bottom of a group, h its heading.
  function picture(data, opened) {
    const placed = {}, out = {width: 0, height: 0, parts: {}, labels: [], wires: []};
    const whole = place(data, "", opened, placed);
    out.width = whole.width; out.height = whole.height;
    gather(data, "", placed, 0, 0, out);
    return out;
  }

  function place(data, path, opened, placed) {
    const level = data.levels[path];
    for (const [kind, ref] of level.items) if (kind === "b" && opened.has(ref)) place(data, ref, opened, placed);
    const sizes = level.items.map(item => size(data, level, item, placed));
    const shift = shifts(data, placed, level, sizes);
    return placed[path] = stacked(level, path, sizes, columns(level, sizes, shift), shift);
  }

  function size(data, level, [kind, ref], placed) {
    if (kind === "b") return ref in placed ? [placed[ref].width, placed[ref].height] : data.parts[ref].size;
    if (kind === "l") return [level.nets[ref].width, LINE_HEIGHT * level.nets[ref].label.length + 4];
    if (kind === "h") return [data.parts[ref].heading, HEAD];
    return [0, kind === "t" ? HEAD : 0];
  }

  function shifts(data, placed, level, sizes) {
    const along = (number, side, net) => {
      const item = level.items[number];
      if (item[0] !== "b") return 0;
      const ports = item[side], at = ports.indexOf(net), inner = placed[item[1]];
      if (!inner) {
        const step = Math.min(STEP, (sizes[number][0] - 2 * CORNER) / Math.max(ports.length - 1, 1));
        return (at - (ports.length - 1) / 2) * step;
      }
      const own = [];
      data.levels[item[1]].items.forEach((each, n) => { if (each[0] === (side === 2 ? "t" : "o")) own.push(n); });
      return inner.x[own[at]] - inner.width / 2;
    };
    return {into: (number, net) => along(number, 2, net), out: (number, net) => along(number, 3, net)};
  }

  function columns(level, sizes, shift) {
    const x = level.items.map(() => 0), gaps = level.rows.map(row => between(level, row, sizes));
    level.rows.forEach((row, n) => {
      let at = -gaps[n].reduce((a, b) => a + b, 0) / 2;
      row.forEach((item, k) => { x[item] = at; at += k < gaps[n].length ? gaps[n][k] : 0; });
    });
    const [up, down, lane] = pulls(level, shift), numbers = level.rows.map((_, n) => n), back = [...numbers].reverse();
    for (let sweep = 0; sweep < SWEEPS; sweep++) {
      const near = nearest(sweep, up, down, lane);
      for (const n of sweep % 2 ? back : numbers) settle(level.rows[n], gaps[n], x, near);
    }
    straighten(level, gaps, x);
    return x;
  }

  function straighten(level, gaps, x) {
    const beside = {};
    level.rows.forEach((row, n) => row.forEach((item, k) => {
      const left = k ? [row[k - 1], gaps[n][k - 1]] : [-1, 0];
      const right = k + 1 < row.length ? [row[k + 1], gaps[n][k]] : [-1, 0];
      beside[item] = [...left, ...right];
    }));
    for (let turn = 0; turn < STRAIGHTEN; turn++) for (const members of lanes(level)) {
      let piece = [], low = -Infinity, high = Infinity;
      for (const one of members) {
        const [left, room, right, space] = beside[one];
        const least = left >= 0 ? x[left] + room : -Infinity, most = right >= 0 ? x[right] - space : Infinity;
        if (piece.length && Math.max(low, least) > Math.min(high, most)) {
          align(piece, low, high, x); piece = []; low = -Infinity; high = Infinity;
        }
        piece.push(one); low = Math.max(low, least); high = Math.min(high, most);
      }
      align(piece, low, high, x);
    }
  }

  function align(piece, low, high, x) {
    const middle = Math.max(low, Math.min(high, piece.reduce((sum, one) => sum + x[one], 0) / piece.length));
    for (const one of piece) x[one] = middle;
  }

  function between(level, row, sizes) {
    return row.slice(1).map((right, k) => {
      const left = row[k], boxes = (level.items[left][0] === "b") + (level.items[right][0] === "b");
      return (sizes[left][0] + sizes[right][0]) / 2 + [12, 18, 30][boxes];
    });
  }

  function lanes(level) {
    const found = new Map();
    level.items.forEach(([kind, ref], n) => {
      if (kind === "i" || kind === "l") found.set(ref, [...(found.get(ref) || []), n]);
    });
    return [...found.values()];
  }

  function pulls(level, shift) {
    const [up, down, lane] = [0, 0, 0].map(() => level.items.map(() => []));
    for (const [above, below, net] of level.wires) {
      const apart = shift.out(above, net) - shift.into(below, net);
      const weight = [LANE, 3, 1][(level.items[above][0] === "b") + (level.items[below][0] === "b")];
      up[below].push([above, apart, weight]); down[above].push([below, -apart, weight]);
    }
    for (const members of lanes(level))
      for (const one of members) for (const other of members) if (other !== one) lane[one].push([other, 0, LANE]);
    return [up, down, lane];
  }

  function nearest(sweep, up, down, lane) {
    if (sweep < 2) return sweep ? down : up;
    if (sweep < SWEEPS - RIGID) return up.map((above, n) => [...above, ...down[n], ...lane[n]]);
    return lane.map((along, n) => along.length ? along.map(([o, s, p]) => [o, s, 50 * p]) : [...up[n], ...down[n]]);
  }

  function settle(row, gaps, x, near) {
    const pools = [], starts = [];
    let start = 0;
    row.forEach((item, n) => {
      start += n ? gaps[n - 1] : 0; starts.push(start);
      let total = 0, weight = 0;
      for (const [other, apart, pull] of near[item]) { total += pull * (x[other] + apart); weight += pull; }
      if (!weight) { weight = .01; total = .01 * x[item]; }
      pools.push([total - weight * start, weight, 1]);
      while (pools.length > 1) {
        const [last, one] = [pools[pools.length - 1], pools[pools.length - 2]];
        if (one[0] * last[1] <= last[0] * one[1]) break;
        pools.pop();
        for (const k of [0, 1, 2]) one[k] += last[k];
      }
    });
    let at = 0;
    for (const [total, weight, count] of pools)
      for (let k = 0; k < count; k++, at++) x[row[at]] = total / weight + starts[at];
  }

  function stacked(level, path, sizes, x, shift) {
    const pad = path ? PAD : 0, row_of = {};
    const left = x.reduce((least, value, n) => Math.min(least, value - sizes[n][0] / 2), Infinity);
    x = x.map(value => half(value - left + pad));
    level.items.forEach(([kind], n) => { if (kind === "h") x[n] = sizes[n][0] / 2; });
    level.rows.forEach((row, n) => row.forEach(item => { row_of[item] = n; }));
    const reach = level.rows.map(() => 0), y = x.map(() => 0), top = [], bottom = [];
    for (const [above, below, net] of level.wires) {
      const over = Math.abs(x[above] + shift.out(above, net) - x[below] - shift.into(below, net));
      reach[row_of[below]] = Math.max(reach[row_of[below]], over);
    }
    let at = 0;
    level.rows.forEach((row, n) => {
      at += n ? half(Math.min(MOST_GAP, GAP + SLOPE * reach[n])) : 0;
      const height = largest(row.map(item => sizes[item][1]), 0);
      for (const item of row) {
        const [kind, , ins] = level.items[item];
        y[item] = at + (kind === "b" && !ins.length ? height - sizes[item][1] : 0);
      }
      top.push(at); at += height; bottom.push(at);
    });
    const width = half(largest(x.map((value, n) => value + sizes[n][0] / 2), 0) + pad);
    const last = level.rows[level.rows.length - 1];
    if (path && level.items[last[0]][0] !== "o") at += PAD;
    return {width, height: at, x, y, sizes, top, bottom, row_of};
  }

  function gather(data, path, placed, left, top, out) {
    const level = data.levels[path], here = placed[path], shift = shifts(data, placed, level, here.sizes);
    level.items.forEach(([kind, ref], n) => {
      const [width, height] = here.sizes[n], x = left + here.x[n], y = top + here.y[n];
      if (kind === "l") out.labels.push({level: path, net: ref, x, y});
      if (kind !== "b") return;
      out.parts[ref] = {x: x - width / 2, y, width, height, open: ref in placed};
      if (ref in placed) gather(data, ref, placed, x - width / 2, y, out);
    });
    for (const [above, below, net] of level.wires) {
      const [upper, lower] = [here.row_of[above], here.row_of[below]], [kind] = level.items[above];
      const end = level.items[below], on = end[0] === "b";
      const from = kind === "t" ? 0 : kind === "b" ? here.y[above] + here.sizes[above][1] : here.bottom[upper];
      const to = on ? here.y[below] : here.bottom[lower];
      out.wires.push({level: path, net, row: lower, x: left + here.x[above] + shift.out(above, net), y: top + from,
        bend: top + here.bottom[upper], to_x: left + here.x[below] + shift.into(below, net),
        arrive: top + here.top[lower], to_y: top + to, ends: on ? end[1] : "", leaves: end[0] === "o"});
    }
  }
  return {picture};
})();
