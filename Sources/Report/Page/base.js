"use strict";
// The data, what is chosen, and how elements are made. Names from files only ever become text.
const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const svgSpace = "http://www.w3.org/2000/svg";

/** Sets attributes of `element` and adds `children`, which are elements or texts. */
function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...(children || []));
  return element;
}
const make = (name, attributes, ...children) =>
  filled(document.createElement(name), attributes, children);
const draw = (name, attributes, ...children) =>
  filled(document.createElementNS(svgSpace, name), attributes, children);

// Numbers

// Formats are made once, since that takes longer than their use.
const wholes = new Intl.NumberFormat("en-US");
const significants = Array.from({ length: 10 }, (_, digits) =>
  new Intl.NumberFormat("en-US", { maximumSignificantDigits: Math.max(digits, 1) }));
const grouped = (value) => wholes.format(Math.round(value));
function significant(value, digits = 4) {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) return value.toExponential(2);
  return significants[digits].format(value);
}
const units = [[1, "ns"], [1e3, "µs"], [1e6, "ms"], [1e9, "s"]];
function time(ns, digits = 4) {
  const [scale, unit] = units.findLast(([scale]) => Math.abs(ns) >= scale) || units[0];
  return `${significant(ns / scale, digits)} ${unit}`;
}
const energies = [[1e-3, "pJ"], [1, "nJ"], [1e3, "µJ"], [1e6, "mJ"]];
function energy(nj) {
  const [scale, unit] = energies.findLast(([scale]) => Math.abs(nj) >= scale) || energies[0];
  return `${significant(nj / scale)} ${unit}`;
}
const percent = (part, digits = 1) => `${(100 * part).toFixed(digits)} %`;
/** `text` without its middle where it is long. */
const short = (text, most = 36) =>
  text.length > most ? `${text.slice(0, Math.ceil(most / 2) - 1)}…${text.slice(1 - Math.floor(most / 2))}` : text;
/** Names in a row, of many the first. */
const listed = (names, most = 6) =>
  names.length > most ? `${names.slice(0, most - 1).join(", ")} and ${grouped(names.length - most + 1)} more` : names.join(", ");
function seconds(value) {
  const known = [[31536000, "y"], [86400, "d"], [3600, "h"], [60, "min"]];
  const [scale, unit] = known.find(([scale]) => value >= scale) || [1, "s"];
  return `${significant(value / scale)} ${unit}`;
}

// Colours

const isDark = matchMedia("(prefers-color-scheme: dark)");
const isPrinted = matchMedia("print");
const dark = () => isDark.matches && !isPrinted.matches;
/** Of layer `index`: hues by the golden angle, so that neighbours differ, of like lightness, so that text is seen. */
function layerColour(index, alpha = 1) {
  const hue = (240 + index * 137.508) % 360;
  return `oklch(${dark() ? 0.46 + 0.04 * (index % 2) : 0.8 - 0.06 * (index % 2)} ${dark() ? 0.1 : 0.095} ${hue.toFixed(1)} / ${alpha})`;
}
/** From pale to strong, for `share` from 0 to 1: light differs as well as colour. */
function strength(share) {
  const part = Math.sqrt(Math.min(Math.max(share, 0), 1));
  return `oklch(${lightness(share).toFixed(3)} 0.1 ${(dark() ? 265 - 170 * part : 95 + 170 * part).toFixed(1)})`;
}
function lightness(share) {
  const part = Math.sqrt(Math.min(Math.max(share, 0), 1));
  return dark() ? 0.24 + 0.61 * part : 0.95 - 0.59 * part;
}

// What is chosen: a layer or none, and a core. All views follow.

const chosen = { layer: -1, core: -1 };
const followers = [];
function choose(change, words) {
  Object.assign(chosen, change);
  for (const follow of followers) follow();
  if (words) byId("said").textContent = words;
}
const coresOf = data.layers.map(() => []);
const tilesOf = data.cores.map(() => []);
const coreAt = new Map(data.cores.map((core, index) => [`${core.chip}:${core.core}`, index]));
for (const tile of data.tiles) {
  const core = coreAt.get(`${tile.chip}:${tile.core}`);
  tilesOf[core].push(tile);
  const cores = coresOf[data.blocks[tile.block].layer];
  if (cores.at(-1) !== core && !cores.includes(core)) cores.push(core);
}
const layersOf = tilesOf.map((tiles) =>
  [...new Set(tiles.map((tile) => data.blocks[tile.block].layer))]);
/** The SNR of each layer's result with all effects, in dB, from the last error budget that is given. */
const snrOf = new Map((data.evaluations.filter((evaluation) => evaluation.budget).at(-1)?.budget ?? [])
  .filter((entry) => entry.cause === "all" && Number.isFinite(entry.decibels)).map((entry) => [entry.node, entry.decibels]));
/** The least SNR of the layers of core `index`; undefined where none is known. */
const snrOfCore = (index) => {
  const known = layersOf[index].map((layer) => snrOf.get(data.layers[layer].node)).filter((value) => value !== undefined);
  return known.length ? Math.min(...known) : undefined;
};
const layerNumber = new Map(data.layers.map((layer, index) => [layer.node, index]));
const coreName = (core) =>
  data.chips > 1 ? `core ${core.chip}.${core.core}` : `core ${core.core}`;
function chooseLayer(layer) {
  const again = layer === chosen.layer;
  const core = again || layersOf[chosen.core]?.includes(layer) ? chosen.core : coresOf[layer][0] ?? chosen.core;
  choose({ layer: again ? -1 : layer, core },
    again ? "No layer is chosen." : `${data.layers[layer].node} is chosen: ${coresOf[layer].length} cores.`);
}
function chooseCore(core) {
  const layers = layersOf[core];
  choose({ core, layer: layers.includes(chosen.layer) ? chosen.layer : layers[0] ?? -1 },
    `${coreName(data.cores[core])} is chosen: ${listed(layers.map((layer) => data.layers[layer].node))}.`);
}

// A note beside the pointer or the focus

const tip = byId("tip");
function showTip(lines, x, y) {
  tip.replaceChildren(...lines.map((line) => make("div", {}, line)));
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - box.width - 8))}px`;
  tip.style.top = `${y + 18 + box.height > innerHeight ? Math.max(4, y - box.height - 10) : y + 18}px`;
}
const hideTip = () => { tip.hidden = true; };
addEventListener("scroll", hideTip, { passive: true });
addEventListener("keydown", (event) => { if (event.key === "Escape") hideTip(); });

/** Moves the only stop of the tab key among `elements` to `index`, with the focus if `focuses`. */
function moveStop(elements, index, focuses = true) {
  for (const element of elements) if (element.tabIndex === 0) element.tabIndex = -1;
  const target = elements[Math.max(0, Math.min(index, elements.length - 1))];
  if (!target) return;
  target.tabIndex = 0;
  if (focuses) target.focus();
}
/** A table with a caption; `columns` are names, with `<` behind those of texts. */
function table(caption, columns, rows) {
  const isText = columns.map((column) => column.endsWith("<"));
  return make("div", { class: "wide", tabindex: 0, role: "region", "aria-label": caption },
    make("table", {}, make("caption", {}, caption),
      make("thead", {}, make("tr", {}, ...columns.map((column, index) =>
        make("th", { scope: "col", class: isText[index] ? "text" : null }, column.replace("<", ""))))),
      make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map((cell, index) =>
        make(index ? "td" : "th", { scope: index ? null : "row", class: isText[index] ? "text" : null }, cell)))))));
}
