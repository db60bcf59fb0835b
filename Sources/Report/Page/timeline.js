// When which layer and which unit works, as bars over time that can be zoomed.
const line = { from: 0, to: 1, rows: [], kind: "layers", top: 24, height: 18, label: 150, frame: null };

/** Rows of pieces `[name, start, length, work, count]` by layer, or by unit. */
function timelineRows(kind) {
  const { names, tracks } = data.timeline;
  const unpack = (track) => {
    const pieces = [];
    for (let at = 0; at < track.pieces.length; at += 5) pieces.push(track.pieces.slice(at, at + 5));
    return pieces;
  };
  if (kind === "units") return tracks.map((track) => ({ name: track.name, pieces: unpack(track) }));
  const rows = new Map();
  const rowOf = (name) => {
    if (!rows.has(name)) rows.set(name, { name, pieces: [] });
    return rows.get(name);
  };
  const connections = [];
  for (const track of tracks) {
    if (track.chip < 0 && track.name !== "host") { connections.push({ name: track.name, pieces: unpack(track) }); continue; }
    for (const piece of unpack(track)) rowOf(names[piece[0]] || "other").pieces.push(piece);
  }
  for (const row of rows.values()) row.pieces.sort((a, b) => a[1] - b[1]);
  return connections.concat([...rows.values()].sort((a, b) => a.pieces[0][1] - b.pieces[0][1]));
}

function showTimeline() {
  const section = byId("timeline");
  if (!data.timeline) { section.append(make("p", {}, "The times of this program depend on data.")); return; }
  line.to = data.timeline.latencyNs || 1;
  line.canvas = make("canvas", { tabindex: 0, role: "img", "aria-label": `Timeline of ${data.timeline.tracks.length} units over ${time(data.timeline.latencyNs)}; the table below has the same in numbers` });
  line.box = make("div", { class: "timeline", tabindex: -1 }, line.canvas);
  const kind = make("select", { id: "tracks", onchange: () => { line.kind = kind.value; line.rows = timelineRows(line.kind); drawTimeline(); } },
    make("option", { value: "layers" }, "layers and nodes"), make("option", { value: "units" }, "units"));
  const button = (text, words, action) => make("button", { type: "button", "aria-label": words, title: words, onclick: action }, text);
  section.append(make("div", { class: "controls" }, make("label", { for: "tracks" }, "Rows: "), kind,
    button("+", "Zoom in", () => zoom(0.5)), button("−", "Zoom out", () => zoom(2)),
    button("◀", "Earlier", () => pan(-0.25)), button("▶", "Later", () => pan(0.25)),
    button("all", "Show all", () => showSpan(0, data.timeline.latencyNs)),
    make("output", { id: "span" })),
    make("p", { class: "hint" }, "Drag to move, Ctrl and the wheel to zoom; on the focused chart + − and arrow keys do the same."), line.box);
  line.rows = timelineRows(line.kind);
  const at = (event) => {
    const box = line.canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const share = (x) => (x - line.label) / Math.max(line.canvas.clientWidth - line.label, 1);
  line.box.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoom(Math.exp(event.deltaY * 0.0022), Math.min(Math.max(share(at(event)[0]), 0), 1));
  }, { passive: false });
  let drag = null;
  line.canvas.addEventListener("pointerdown", (event) => {
    drag = { x: event.clientX, from: line.from, to: line.to, moved: false };
    if (event.pointerType === "mouse") line.canvas.setPointerCapture(event.pointerId);
  });
  line.canvas.addEventListener("pointerup", (event) => {
    const found = drag && !drag.moved && pieceAt(...at(event));
    drag = null;
    const layer = found ? layerNumber.get(found.name) : undefined;
    if (layer !== undefined) chooseLayer(layer);
  });
  line.canvas.addEventListener("pointermove", (event) => {
    if (drag) {
      const moved = (drag.x - event.clientX) / Math.max(line.canvas.clientWidth - line.label, 1) * (drag.to - drag.from);
      if (Math.abs(drag.x - event.clientX) > 3) drag.moved = true;
      showSpan(drag.from + moved, drag.to + moved);
      return;
    }
    const found = pieceAt(...at(event));
    if (!found) return hideTip();
    const [, start, length, work, count] = found.piece;
    showTip([found.name || found.row, found.row === found.name ? "" : found.row, `from ${time(start, 6)}, for ${time(length)}`,
      work < length * 0.999 ? `${time(work)} of it work` : "", `${grouped(count)} ${count === 1 ? "piece" : "pieces"}`].filter(Boolean), event.clientX, event.clientY);
  });
  line.canvas.addEventListener("pointerleave", hideTip);
  line.canvas.addEventListener("keydown", (event) => {
    const action = { "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2), ArrowLeft: () => pan(-0.1), ArrowRight: () => pan(0.1), "0": () => showSpan(0, data.timeline.latencyNs) }[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
  new ResizeObserver(drawSoon).observe(line.box);
  for (const query of [isDark, isPrinted]) query.addEventListener("change", () => drawTimeline());
  followers.push(drawSoon);
  const busy = timelineRows("units").map((row) => [row.name, row.pieces.length,
    row.pieces.reduce((sum, piece) => sum + piece[3], 0), row.pieces[0]?.[1] ?? 0, row.pieces.reduce((end, piece) => Math.max(end, piece[1] + piece[2]), 0)]);
  busy.sort((a, b) => b[2] - a[2]);
  section.append(make("details", {}, make("summary", {}, "Units in numbers"),
    table("Work of the units in one inference, the busiest first", ["unit<", "busy, µs", "of the latency, %", "from, µs", "to, µs"],
      busy.slice(0, 1000).map(([name, , work, from, to]) => [name, significant(work / 1000), (100 * work / data.timeline.latencyNs).toFixed(1), significant(from / 1000), significant(to / 1000)])),
    ...(busy.length > 1000 ? [make("p", {}, `${grouped(busy.length - 1000)} more are not shown.`)] : [])));
}

/** Draws once in the next frame, however often it is asked for. */
function drawSoon() {
  line.frame ??= requestAnimationFrame(() => { line.frame = null; drawTimeline(); });
}

function showSpan(from, to) {
  const all = data.timeline.latencyNs;
  const length = Math.min(Math.max(to - from, all / 1e6), all);
  line.from = Math.min(Math.max(from, 0), all - length);
  line.to = line.from + length;
  drawSoon();
}
function zoom(factor, share = 0.5) {
  const middle = line.from + share * (line.to - line.from);
  showSpan(middle - (middle - line.from) * factor, middle + (line.to - middle) * factor);
}
const pan = (part) => showSpan(line.from + part * (line.to - line.from), line.to + part * (line.to - line.from));

function pieceAt(x, y) {
  const row = line.rows[Math.floor((y - line.top) / line.height)];
  if (!row || x < line.label) return null;
  const scale = (line.to - line.from) / Math.max(line.canvas.clientWidth - line.label, 1);
  const moment = line.from + (x - line.label) * scale;
  const found = row.pieces.filter((piece) => piece[1] - 2 * scale <= moment && moment <= piece[1] + piece[2] + 2 * scale)
    .sort((a, b) => a[2] - b[2])[0];
  return found ? { row: row.name, name: data.timeline.names[found[0]], piece: found } : null;
}

function drawTimeline() {
  const { canvas, rows } = line;
  const width = line.box.clientWidth, height = Math.min(line.top + rows.length * line.height + 6, 16000);
  if (!width) return;
  line.label = Math.min(170, width * 0.28);
  const ratio = Math.min(devicePixelRatio || 1, height > 4000 ? 1 : 2);
  canvas.width = width * ratio; canvas.height = height * ratio;
  canvas.style.width = `${width}px`; canvas.style.height = `${height}px`;
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  const style = getComputedStyle(document.body);
  const ink = style.getPropertyValue("--ink").trim(), faint = style.getPropertyValue("--faint").trim(), mark = style.getPropertyValue("--mark").trim(), quiet = style.getPropertyValue("--quiet").trim();
  pen.font = "12px system-ui, sans-serif";
  const scale = (width - line.label - 8) / (line.to - line.from);
  const x = (moment) => line.label + (moment - line.from) * scale;
  // Ticks at round times.
  const [unit, name] = units.findLast(([unit]) => line.to - line.from >= unit) || units[0];
  const least = (line.to - line.from) / unit / Math.max(2, (width - line.label) / 90);
  const power = 10 ** Math.floor(Math.log10(least));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= least);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  pen.textBaseline = "middle";
  for (let tick = Math.ceil(line.from / unit / step - 1e-9); tick * step * unit <= line.to; tick++) {
    const place = x(tick * step * unit);
    pen.fillStyle = faint;
    pen.fillRect(place, line.top - 4, 1, height);
    pen.fillStyle = ink;
    pen.textAlign = place > width - 30 ? "right" : place < line.label + 14 ? "left" : "center";
    pen.fillText(`${(tick * step).toFixed(digits)}${tick === 0 || width > 500 ? ` ${name}` : ""}`, place, 10);
  }
  pen.textAlign = "left";
  rows.forEach((row, index) => {
    const y = line.top + index * line.height;
    if (y > height) return;
    const isChosen = layerNumber.get(row.name) === chosen.layer && chosen.layer >= 0;
    if (isChosen) { pen.fillStyle = mark; pen.globalAlpha = 0.25; pen.fillRect(0, y, width, line.height); pen.globalAlpha = 1; }
    pen.fillStyle = ink;
    pen.save();
    pen.beginPath(); pen.rect(0, y, line.label - 6, line.height); pen.clip();
    pen.fillText(short(row.name, Math.floor(line.label / 6.4)), 2, y + line.height / 2);
    pen.restore();
    pen.save();
    pen.beginPath(); pen.rect(line.label, y, width - line.label, line.height); pen.clip();
    for (const [name, start, length, work] of row.pieces) {
      if (start + length < line.from || start > line.to) continue;
      const layer = layerNumber.get(data.timeline.names[name]);
      pen.fillStyle = layer === undefined ? quiet : layerColour(layer);
      pen.globalAlpha = 0.35 + 0.65 * Math.min(1, work / Math.max(length, 1e-9));
      if (chosen.layer >= 0 && layer !== chosen.layer) pen.globalAlpha *= 0.45;
      pen.fillRect(x(start), y + 3, Math.max(length * scale, 1), line.height - 6);
    }
    pen.restore();
  });
  byId("span").textContent = `${time(line.from, 5)} to ${time(line.to, 5)}`;
}
