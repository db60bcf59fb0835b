// Every chip as its file describes it: cores, links, slices of the GDPU.
const shades = {
  layer: { name: "layer", text: (core, index) => layerNumbers(layersOf[index]) },
  utilisation: { name: "cells with weights", value: (core) => core.utilisation, text: (core) => percent(core.utilisation, 0), most: 1 },
  activity: { name: "activity", value: (core) => core.activity, text: (core) => percent(core.activity, 0), most: 1 },
  mvms: { name: "MVMs of an inference", value: (core) => core.mvms, text: (core) => significant(core.mvms, 3) },
  energy: { name: "energy of an inference", value: (core) => core.energyNj, text: (core) => energy(core.energyNj) },
  // Strong where errors are large.
  error: { name: "error, as SNR of the layer", value: (core, index) => errorShare(snrOfCore(index)), most: 1,
    text: (core, index) => snrOfCore(index) === undefined ? "–" : `${snrOfCore(index).toFixed(1)} dB`,
    ends: () => [Math.max(...snrOf.values()), Math.min(...snrOf.values())].map((value) => `${value.toFixed(1)} dB`) },
};
/** From 0 at the largest SNR of all layers to 1 at the least. */
function errorShare(snr) {
  const [most, least] = [Math.max(...snrOf.values()), Math.min(...snrOf.values())];
  return snr === undefined ? undefined : most > least ? (most - snr) / (most - least) : 1;
}
/** The numbers of `layers` where they fit a core, else the first and how many more. */
const layerNumbers = (layers) => {
  const all = layers.map((layer) => layer + 1).join("+");
  return all.length <= 7 ? all : `${layers[0] + 1} +${layers.length - 1}…`;
};
const floor = { shade: "layer", groups: [], figures: [] };

function showFloorplan() {
  const section = byId("floorplan");
  if (!data.cores.length) {
    section.append(make("p", {}, "No layer is on a crossbar."));
  }
  const choices = Object.entries(shades).filter(([, shade]) =>
    !shade.value || data.cores.some((core, index) => shade.value(core, index) !== undefined));
  const select = make("select", { id: "shade", onchange: () => { floor.shade = select.value; paintCores(); } },
    ...choices.map(([key, shade]) => make("option", { value: key }, shade.name)));
  const topology = { all: "Every core reaches every other.", mesh: "Links connect neighbours.", listed: "Lines are links; those of the chosen core are strong." };
  section.append(make("div", { class: "controls" }, make("label", { for: "shade" }, "Colour and figures: "), select,
    make("span", { id: "scale", class: "scale" })),
    make("p", { class: "hint" }, `${topology[data.chip.topology]} Arrow keys move between cores, Enter chooses one with its layer.`));
  const chips = make("div", { class: "chips" });
  section.append(chips);
  for (let chip = 0; chip < data.chips; chip++) {
    const figure = make("figure", { class: "chip" }, make("figcaption", {}, `Chip ${chip}`));
    floor.figures.push(figure);
    chips.append(figure);
  }
  // Chips far down are drawn when they come near, all of them before printing.
  const near = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) drawChip(floor.figures.indexOf(entry.target));
  }, { rootMargin: "600px" });
  floor.figures.forEach((figure, chip) => (chip < 4 ? drawChip(chip) : near.observe(figure)));
  addEventListener("beforeprint", () => floor.figures.forEach((figure, chip) => { if (chip < 16) drawChip(chip); }));
  followers.push(paintCores);
}

/** Where core `index` is, and where slice `slice`, in units of a core with its gap. */
function places() {
  const { coreRows, coreColumns, slices, sliceLinks } = data.chip;
  const feeding = Array.from({ length: slices }, () => []);
  for (const [core, slice] of sliceLinks) feeding[slice]?.push(core);
  const rows = new Set(sliceLinks.map(([core]) => Math.floor(core / coreColumns)));
  // Where one row of cores feeds all slices, these lie below it.
  const strip = slices ? (rows.size === 1 ? [...rows][0] + 1 : coreRows) : -1;
  const shift = (row) => (strip >= 0 && row >= strip ? 0.62 : 0);
  const core = (index) => {
    const row = Math.floor(index / coreColumns);
    return [index % coreColumns, row + shift(row)];
  };
  const slice = (index) => {
    const at = feeding[index]?.length === 1 && rows.size === 1 ? feeding[index][0] % coreColumns
      : (index + 0.5) * coreColumns / slices - 0.5;
    return [at, strip];
  };
  return { core, slice, width: coreColumns, height: coreRows + (slices ? 0.62 : 0), strip };
}

function drawChip(chip) {
  if (floor.groups[chip]) return;
  const layout = places();
  const { coreRows, coreColumns, slices } = data.chip;
  const count = coreRows * coreColumns;
  const size = 46, gap = 56, margin = 10;
  const at = ([x, y]) => [margin + x * gap, margin + y * gap];
  const image = draw("svg", {
    viewBox: `0 0 ${layout.width * gap + 2 * margin - gap + size} ${layout.height * gap + 2 * margin - gap + size}`,
    role: "group", "aria-label": `Floorplan of chip ${chip}: ${coreRows} rows of ${coreColumns} cores`,
  });
  const middle = (index) => at(layout.core(index)).map((place) => place + size / 2);
  const lines = draw("g", { class: "links", "aria-hidden": "true" });
  const links = data.chip.topology === "mesh"
    ? Array.from({ length: count }, (_, core) => [
      ...(core % coreColumns + 1 < coreColumns ? [[core, core + 1]] : []),
      ...(core + coreColumns < count ? [[core, core + coreColumns]] : [])]).flat()
    : data.chip.links;
  const lineOf = [];
  for (const [from, to] of links) {
    const [x, y] = middle(from), [u, v] = middle(to);
    // Bent a little, so that both directions and those over other cores are seen.
    const bend = 0.12;
    const line = draw("path", { d: `M${x} ${y}Q${(x + u) / 2 + (v - y) * bend} ${(y + v) / 2 - (u - x) * bend} ${u} ${v}` });
    lineOf.push([from, to, line]);
    lines.append(line);
  }
  for (const [from, slice] of data.chip.sliceLinks) {
    const [x, y] = middle(from), [u, v] = at(layout.slice(slice));
    const line = draw("path", { d: `M${x} ${y}L${u + size / 2} ${v + 6}` });
    lineOf.push([from, -1, line]);
    lines.append(line);
  }
  const above = draw("g", { class: "links", "aria-hidden": "true" });
  image.append(lines);
  for (let slice = 0; slice < slices; slice++) {
    const [x, y] = at(layout.slice(slice));
    const row = data.slices.find((row) => row.chip === chip && row.slice === slice);
    const words = row ? `GDPU slice ${slice}: ${listed(row.nodes)}${row.busyNs === undefined ? "" : `, ${time(row.busyNs)} an inference`}` : `GDPU slice ${slice}: not used`;
    image.append(draw("g", { class: row ? "slice used" : "slice", role: "img", "aria-label": words },
      draw("title", {}, words),
      draw("rect", { x, y: y + 2, width: size, height: 22, rx: 5 }),
      draw("text", { x: x + size / 2, y: y + 17 }, `G${slice}`)));
  }
  const groups = [];
  for (let core = 0; core < count; core++) {
    const index = coreAt.get(`${chip}:${core}`);
    const [x, y] = at(layout.core(core));
    const group = draw("g", {
      class: index === undefined ? "core empty" : "core", tabindex: core ? -1 : 0,
      role: index === undefined ? "img" : "button", "data-core": core, transform: `translate(${x} ${y})`,
    }, draw("rect", { width: size, height: size, rx: 4 }),
      draw("text", { class: "number", x: 4, y: 11 }, String(core)),
      draw("text", { class: "figure", x: size / 2, y: size / 2 + 9 }));
    groups.push(group);
    image.append(group);
  }
  image.append(above);
  image.addEventListener("click", (event) => {
    const index = coreAt.get(`${chip}:${event.target.closest(".core")?.dataset.core}`);
    if (index !== undefined) { chooseCore(index); moveStop(groups, data.cores[index].core, false); }
  });
  image.addEventListener("keydown", (event) => {
    const core = groups.indexOf(document.activeElement);
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -coreColumns, ArrowDown: coreColumns }[event.key];
    if (core >= 0 && step && core + step >= 0 && core + step < count) moveStop(groups, core + step);
    else if (event.key === "Home" || event.key === "End") moveStop(groups, event.key === "Home" ? 0 : count - 1);
    else if (event.key === "Enter" || event.key === " ") {
      const index = coreAt.get(`${chip}:${core}`);
      if (index !== undefined) chooseCore(index);
    } else return;
    event.preventDefault();
  });
  const hover = (event) => {
    const group = event.target.closest(".core");
    const number = group ? +group.dataset.core : -1;
    for (const [from, to, line] of lineOf) line.classList.toggle("hot", from === number || to === number);
    if (!group) return hideTip();
    const box = group.getBoundingClientRect();
    showTip(coreWords(chip, +group.dataset.core), event.clientX || box.right - 14, event.clientY || box.bottom - 18);
  };
  image.addEventListener("pointermove", hover);
  image.addEventListener("focusin", hover);
  image.addEventListener("pointerleave", hideTip);
  image.addEventListener("focusout", hideTip);
  floor.groups[chip] = { groups, lineOf, lines, above };
  floor.figures[chip].append(image);
  paintChip(chip);
}

/** What there is to say of a core. */
function coreWords(chip, number) {
  const index = coreAt.get(`${chip}:${number}`);
  if (index === undefined) return [`Core ${number}: free`];
  const core = data.cores[index];
  const words = [`Core ${number}: ${listed(layersOf[index].map((layer) => `${layer + 1} ${short(data.layers[layer].node)}`))}`,
    `${percent(core.utilisation)} of the cells`];
  if (core.mvms !== undefined) {
    words.push(`${grouped(core.mvms)} MVMs, ${time(core.crossbarNs)}; LDPU ${time(core.ldpuNs)}`,
      `busy ${percent(core.activity)} of the chips' interval`, `${energy(core.energyNj)} an inference`);
  }
  const snr = snrOfCore(index);
  if (snr !== undefined) words.push(`SNR ${snr.toFixed(1)} dB`);
  return words;
}

function paintCores() {
  for (const chip of floor.groups.keys()) if (floor.groups[chip]) paintChip(chip);
  const shade = shades[floor.shade];
  const scale = byId("scale");
  if (!shade.value) { scale.replaceChildren("numbers of layers, as in the table"); return; }
  const most = mostOf(shade);
  const steps = [0, 0.25, 0.5, 0.75, 1];
  const ends = shade.ends ? shade.ends() : shade.most === 1 ? ["0 %", "100 %"]
    : ["0", floor.shade === "energy" ? energy(most) : significant(most, 3)];
  scale.replaceChildren(ends[0], ...steps.map((step) => {
    const box = make("i", { "aria-hidden": "true" });
    box.style.background = strength(step);
    return box;
  }), ends[1]);
}
const mostOf = (shade) => shade.most ?? Math.max(...data.cores.map((core, index) => shade.value(core, index)), 1e-12);

function paintChip(chip) {
  const { groups, lineOf, lines, above } = floor.groups[chip];
  const shade = shades[floor.shade];
  const most = shade.value ? mostOf(shade) : 1;
  const place = chosen.core >= 0 ? data.cores[chosen.core] : null;
  groups.forEach((group, number) => {
    const index = coreAt.get(`${chip}:${number}`);
    group.setAttribute("aria-label", coreWords(chip, number).join(", "));
    if (index === undefined) return;
    const core = data.cores[index];
    const share = shade.value ? (shade.value(core, index) ?? 0) / most : 0;
    const fill = shade.value ? strength(share) : layerColour(layersOf[index][0]);
    group.children[0].style.fill = fill;
    // Text is white on dark boxes and black on light ones.
    group.classList.toggle("light", !!shade.value && lightness(share) < 0.6);
    group.classList.toggle("deep", !!shade.value && lightness(share) >= 0.6);
    const text = shade.text(core, index);
    group.children[2].textContent = text.length > 8 ? `${text.slice(0, 7)}…` : text;
    group.classList.toggle("small", text.length > 5);
    const has = layersOf[index].includes(chosen.layer);
    group.classList.toggle("chosen", index === chosen.core);
    group.classList.toggle("of-layer", chosen.layer >= 0 && has);
    group.classList.toggle("aside", chosen.layer >= 0 && !has);
    group.setAttribute("aria-pressed", String(index === chosen.core));
  });
  for (const [from, to, line] of lineOf) {
    const isStrong = place?.chip === chip && (from === place.core || to === place.core);
    line.classList.toggle("strong", isStrong);
    // Over the cores, so that they are seen whole.
    (isStrong ? above : lines).append(line);
  }
}
