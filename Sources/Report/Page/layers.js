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
  { name: "energy, nJ", value: (layer) => layer.energyNj, text: (value) => significant(value), bar: true },
];

function showLayers() {
  const section = byId("layers");
  const columns = layerColumns.filter((column) => data.layers.every((layer, index) => column.value(layer, index) !== undefined));
  let sorted = { column: 0, down: false }, pass = 0, rows = [];
  const search = make("input", { type: "search", id: "search", placeholder: "name or operator", oninput: () => fill() });
  const count = make("output", { for: "search", "aria-live": "polite" });
  const body = make("tbody");
  const heads = columns.map((column, index) => {
    const button = make("button", { type: "button", onclick: () => {
      sorted = { column: index, down: sorted.column === index ? !sorted.down : !column.isText && index > 0 };
      fill();
    } }, column.short || column.name);
    return make("th", { scope: "col", class: column.isText ? "text" : null, "aria-label": column.short ? column.name : null }, button);
  });
  const most = columns.map((column) => column.bar ? data.layers.reduce((most, layer, index) => Math.max(most, column.value(layer, index)), 1e-12) : 0);

  function row(index) {
    const layer = data.layers[index];
    const cells = columns.map((column, number) => {
      const value = column.value(layer, index);
      const text = column.text ? column.text(value) : value;
      const cell = make(number === 1 ? "th" : "td", { scope: number === 1 ? "row" : null, class: column.isText ? "text" : null });
      if (number === 0) {
        const box = make("i", { class: "box", "aria-hidden": "true" });
        box.style.background = layerColour(index);
        cell.append(box);
      }
      if (column.bar) {
        const part = 100 * value / most[number];
        cell.className = "barred";
        cell.style.setProperty("--part", `${part.toFixed(1)}%`);
      }
      cell.append(text);
      return cell;
    });
    return make("tr", { tabindex: -1, "data-layer": index, "aria-selected": String(index === chosen.layer) }, ...cells);
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
    rows = shown.slice(0, 300).map(row);
    if (rows[0]) rows[0].tabIndex = 0;
    body.replaceChildren(...rows);
    body.dataset.complete = String(shown.length <= 300);
    // Long tables grow while nothing else is to do.
    const grow = (from) => setTimeout(() => {
      if (own !== pass) return;
      const more = shown.slice(from, from + 500).map(row);
      rows.push(...more);
      body.append(...more);
      if (from + 500 < shown.length) grow(from + 500);
      else body.dataset.complete = "true";
    });
    if (shown.length > 300) grow(300);
  }

  body.addEventListener("click", (event) => {
    const target = event.target.closest("tr");
    if (!target) return;
    chooseLayer(+target.dataset.layer);
    moveStop(rows, rows.indexOf(target), false);
  });
  body.addEventListener("keydown", (event) => {
    const at = rows.indexOf(event.target.closest("tr"));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1, PageDown: at + 10, PageUp: at - 10 }[event.key];
    if (to !== undefined) moveStop(rows, to);
    else if (event.key === "Enter" || event.key === " ") chooseLayer(+rows[at].dataset.layer);
    else return;
    event.preventDefault();
  });
  section.append(
    make("div", { class: "controls" }, make("label", { for: "search" }, "Search: "), search, count),
    make("p", { class: "hint" }, "A heading sorts. Arrow keys move between rows; Enter or a click chooses a layer in all views."),
    make("div", { class: "wide", tabindex: 0, role: "region", "aria-label": "Layers on crossbars" },
      make("table", { id: "layer-table", role: "grid" }, make("caption", {}, "Layers on crossbars, figures of one inference"), make("thead", {}, make("tr", {}, ...heads)), body)));
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
    for (const row of rows) {
      const is = +row.dataset.layer === chosen.layer;
      if ((row.getAttribute("aria-selected") === "true") !== is) row.setAttribute("aria-selected", String(is));
    }
  });
}
