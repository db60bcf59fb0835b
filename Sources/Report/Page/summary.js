// The figures beside their bounds, and what limits the network.
function showSummary() {
  const section = byId("summary");
  byId("subtitle").textContent =
    `${grouped(data.layers.length)} ${data.layers.length === 1 ? "layer" : "layers"} on crossbars · ${data.chip.summary} · compiled by aimcc ${data.compiler.replace(/^aimcc /, "")}`;
  if (data.bottleneck) {
    section.append(make("p", { class: "verdict" }, make("strong", {}, "Bottleneck: "), data.bottleneck));
  }
  const marked = (figure) => figure.isAssumed
    ? [make("a", { class: "assumed", href: "#basis", title: "rests on figures that no publication gives" }, "assumed")] : [];
  section.append(make("ul", { class: "figures" }, ...data.figures.map((figure) => {
    const share = figure.share === undefined ? null : Math.min(Math.max(figure.share, 0), 1);
    return make("li", {},
      make("div", { class: "name" }, figure.name, " ", ...marked(figure)),
      make("div", { class: "value" }, figure.value),
      share === null ? "" : make("div", { class: "bar", "aria-hidden": "true" }, make("span", {
        "data-share": share })),
      make("div", { class: "bound" }, `${figure.bound}: ${figure.reason}`
        + (share === null ? "" : ` (${nearness(figure.bound, share)})`)));
  })));
  for (const bar of section.querySelectorAll("[data-share]")) bar.style.width = `${100 * bar.dataset.share}%`;
  if (data.advice.length) {
    section.append(make("h3", {}, "What to try"), make("ul", {}, ...data.advice.map((line) => make("li", {}, line))));
  }
}
/** How far a value is from its bound, of which `share` is the lesser over the greater. */
function nearness(bound, share) {
  if (!bound.startsWith("at least")) return `${percent(share, share < 0.01 ? 2 : 0)} of that`;
  return share > 0.995 ? "reached" : `${significant(1 / share, 3)} times that`;
}
function showBasis() {
  const section = byId("basis");
  const chip = data.chip;
  section.append(make("p", {}, `${chip.summary}. Source: ${chip.source}.`));
  if (chip.assumed.length) {
    section.append(make("p", {}, "No publication gives these figures of the chip. The chip file assumes them, and what follows from them is marked ",
      make("span", { class: "assumed" }, "assumed"), ":"),
      make("ul", { class: "words" }, ...chip.assumed.map((path) => make("li", {}, make("code", {}, path)))));
  }
  for (const note of data.notes) section.append(make("p", {}, note));
  for (const evaluation of data.evaluations) {
    section.append(make("p", {}, make("strong", {}, `${evaluation.name}: `), `${evaluation.data}, ${grouped(evaluation.samples)} samples; ${evaluation.assumptions}`));
  }
  section.append(make("p", {}, "Times and energies come from the clock of the program. A bound is what no mapping on this chip passes."));
}
