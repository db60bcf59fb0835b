// Where the energy goes, as a tree that opens part by part.
function showEnergy() {
  const section = byId("energy");
  if (!data.energy) { section.append(make("p", {}, "The energy of this program depends on data.")); return; }
  const isAssumed = data.chip.assumed.some((path) => path.startsWith("host"));
  const whole = data.energy.nj || 1;
  const line = (part, depth) => {
    const bar = make("span", { class: "fill" });
    bar.style.width = `${100 * part.nj / whole}%`;
    const words = [make("span", { class: "what", title: part.name, style: `padding-left: ${depth}rem` }, short(part.name, 44),
      ...(part.isHost && isAssumed && depth === 1 ? [" ", make("span", { class: "assumed" }, "assumed")] : [])),
      make("span", { class: "gauge", "aria-hidden": "true" }, bar),
      make("span", { class: "much" }, energy(part.nj)), make("span", { class: "part" }, percent(part.nj / whole))];
    return words;
  };
  const tree = (part, depth) => {
    if (!part.parts.length) return make("div", { class: "leaf" }, ...line(part, depth));
    const details = make("details", { open: depth < 1 || (depth < 2 && part.parts.length <= 12) }, make("summary", {}, ...line(part, depth)));
    const fill = () => {
      if (details.dataset.filled || !details.open) return;
      details.dataset.filled = "1";
      const shown = part.parts.slice(0, 200);
      const rest = part.parts.slice(200);
      details.append(...shown.map((child) => tree(child, depth + 1)));
      if (rest.length) details.append(tree({ name: `${grouped(rest.length)} smaller ones`, nj: rest.reduce((sum, child) => sum + child.nj, 0), parts: [] }, depth + 1));
    };
    details.addEventListener("toggle", fill);
    fill();
    return details;
  };
  section.append(make("div", { class: "tree" }, tree(data.energy, 0)));
}
