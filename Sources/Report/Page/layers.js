// The layers as a table that can be sorted, searched, and walked through with the keyboard.
const layerColumns = [
  { name: "number", short: "#", value: (layer, index) => index + 1, text: (value) => String(value) },
  { name: "layer", isText: true, value: (layer) => layer.node },
  { name: "operator", isText: true, value: (layer) => layer.op },
  { name: "rows", value: (layer) => layer.rows, text: grouped },
  { name: "columns", value: (layer) => layer.columns, text: grouped },
  { name: "blocks", value: (layer) => layer.blocks, text: grouped },
  { name: "replicas", value: (layer) => layer.replicas, text: grouped },
  { name: "crossbars", value: (layer) => layer.crossbars, text: grouped },
  { name: "cells used, %", value: (layer) => 100 * layer.utilisation, text: (value) => value.toFixed(1) },
  { name: "MVMs in line", value: (layer) => layer.interval, text: grouped },
  { name: "MACs", value: (layer) => layer.macs, text: grouped },
  { name: "busy, µs", value: (layer) => layer.busyNs === undefined ? undefined : layer.busyNs / 1000, text: (value) => significant(value) },
  { name: "SNR, dB", value: (layer) => snrOf.get(layer.node), text: (value) => value.toFixed(1) },
  { name: "energy, nJ", value: (layer) => layer.energyNj, text: (value) => significant(value), bar: true },
];

function showLayers() {
  const section = byId("layers");
  const columns = layerColumns.filter((column) => data.layers.every((layer, index) => column.value(layer, index) !== undefined));
  const groupRows = 100, made = [];
  let sorted = { column: 0, down: false }, pass = 0, rows = [], marked = -1;
  const search = make("input", { type: "search", id: "search", placeholder: "name or operator", oninput: () => fill() });
  const count = make("output", { for: "search", "aria-live": "polite" });
  const heads = columns.map((column, index) => {
    const button = make("button", { type: "button", onclick: () => {
      sorted = { column: index, down: sorted.column === index ? !sorted.down : !column.isText && index > 0 };
      fill();
    } }, column.short || column.name);
    return make("th", { role: "columnheader", class: column.isText ? "text" : null, "aria-label": column.short ? column.name : null }, button);
  });
  const most = columns.map((column) => column.bar ? data.layers.reduce((most, layer, index) => Math.max(most, column.value(layer, index)), 1e-12) : 0);

  // Columns have widths that do not depend on rows, so that rows out of sight need no layout.
  const widths = columns.map((column, number) => {
    const title = column.short || column.name;
    const longest = data.layers.reduce((most, layer, index) => Math.max(most, cellText(column, index).length), 0);
    // A small letter takes less than a digit, `ch`, a capital more; 1.6 are for padding, 2.4 for the colour before the number.
    const wide = 1.6 + Math.max(longest + (number === 0 ? 2.4 : 0), 0.95 * title.length + 0.4 * title.replace(/[^A-Z]/g, "").length);
    const width = `${Math.min(wide, column.isText ? 26 : wide).toFixed(1)}ch`;
    return number === 1 ? `minmax(${width}, 1fr)` : width;
  });

  const grid = make("table", { id: "layer-table", role: "grid", "aria-labelledby": "layer-caption", style: `--columns: ${widths.join(" ")}` },
    make("caption", { id: "layer-caption" }, "Layers on crossbars, figures of one inference"),
    make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, ...heads)));

  /** What stands in the row of layer `index`. */
  function cellText(column, index) {
    const value = column.value(data.layers[index], index);
    return column.text ? column.text(value) : value;
  }

  /** The row of layer `index`, which is made once. */
  function row(index) {
    if (made[index]) return made[index];
    const layer = data.layers[index];
    const cells = columns.map((column, number) => {
      const cell = make(number === 1 ? "th" : "td", { role: number === 1 ? "rowheader" : "gridcell", class: column.isText ? "text" : null });
      if (number === 0) {
        const box = make("i", { class: "box", "aria-hidden": "true" });
        box.style.background = layerColour(index);
        cell.append(box);
      }
      if (column.bar) {
        const part = 100 * column.value(layer, index) / most[number];
        cell.className = "barred";
        cell.style.setProperty("--part", `${part.toFixed(1)}%`);
      }
      const text = cellText(column, index);
      if (number === 1) cell.title = text;
      cell.append(text);
      return cell;
    });
    made[index] = make("tr", { role: "row", tabindex: -1, "data-layer": index, "aria-selected": String(index === chosen.layer) }, ...cells);
    return made[index];
  }

  function fill() {
    const own = ++pass;
    const words = search.value.trim().toLowerCase();
    const column = columns[sorted.column];
    heads.forEach((head, index) => {
      if (index === sorted.column) head.setAttribute("aria-sort", sorted.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    const shown = [];
    const keys = data.layers.map((layer, index) => {
      if (!words || `${layer.node} ${layer.op}`.toLowerCase().includes(words)) shown.push(index);
      return column.value(layer, index);
    });
    const order = column.isText ? new Intl.Collator("en", { numeric: true }).compare : (a, b) => a - b;
    shown.sort((a, b) => (sorted.down ? -1 : 1) * order(keys[a], keys[b]) || a - b);
    count.textContent = shown.length === data.layers.length ? `${grouped(shown.length)} layers` : `${grouped(shown.length)} of ${grouped(data.layers.length)} layers`;
    grid.setAttribute("aria-rowcount", shown.length + 1);
    for (const row of rows) if (row.tabIndex === 0) row.tabIndex = -1;
    rows = [];
    const groups = [];
    // Groups of rows; those out of sight are not laid out.
    const grow = () => {
      const more = shown.slice(rows.length, rows.length + groupRows).map(row);
      rows.push(...more);
      groups.push(make("tbody", { role: "rowgroup", style: `--rows: ${more.length}` }, ...more));
    };
    // Rows that are there already come at once, the others while nothing else is to do.
    do grow(); while (rows.length < shown.length && made[shown[rows.length]]);
    if (rows[0]) rows[0].tabIndex = 0;
    grid.replaceChildren(grid.caption, grid.tHead, ...groups);
    const later = () => {
      grid.dataset.complete = String(rows.length >= shown.length);
      if (rows.length < shown.length) setTimeout(() => {
        if (own !== pass) return;
        groups.length = 0;
        for (let step = 0; step < 5 && rows.length < shown.length; step++) grow();
        grid.append(...groups);
        later();
      });
    };
    later();
  }

  grid.addEventListener("click", (event) => {
    const target = event.target.closest("tbody tr");
    if (!target) return;
    chooseLayer(+target.dataset.layer);
    moveStop(rows, rows.indexOf(target), false);
  });
  grid.addEventListener("keydown", (event) => {
    const at = rows.indexOf(event.target.closest("tbody tr"));
    if (at < 0) return;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1, PageDown: at + 10, PageUp: at - 10 }[event.key];
    if (to !== undefined) moveStop(rows, to);
    else if (event.key === "Enter" || event.key === " ") chooseLayer(+rows[at].dataset.layer);
    else return;
    event.preventDefault();
  });
  section.append(
    make("div", { class: "controls" }, make("label", { for: "search" }, "Search: "), search, count),
    make("p", { class: "hint" }, "A heading sorts. Arrow keys move between rows; Enter or a click chooses a layer in all views."),
    make("div", { class: "wide", tabindex: 0, role: "region", "aria-label": "Layers on crossbars" }, grid));
  fill();
  if (data.hostNodes.length) {
    const isTimed = data.hostNodes.some((node) => node.busyNs !== undefined);
    const all = data.hostNodes.reduce((sum, node) => sum + (node.busyNs || 0), 0);
    const list = data.hostNodes.map((node) => [node.node, node.op].concat(isTimed ? [significant(node.busyNs / 1000), all > 0 ? (100 * node.busyNs / all).toFixed(1) : "-", significant(node.energyNj)] : []));
    section.append(make("details", { open: list.length <= 12 ? true : null }, make("summary", {}, `${grouped(list.length)} nodes are code of the host`),
      table("Nodes on the host", ["node<", "operator<"].concat(isTimed ? ["busy, µs", "of the host, %", "energy, nJ"] : []), list.slice(0, 2000)),
      ...(list.length > 2000 ? [make("p", {}, `${grouped(list.length - 2000)} more are not shown.`)] : [])));
  }
  followers.push(() => {
    made[marked]?.setAttribute("aria-selected", "false");
    marked = chosen.layer;
    made[marked]?.setAttribute("aria-selected", "true");
  });
}
