// A core from inside: its conductances, and which block lies where.
const inside = { scale: 2 };

function showCrossbar() {
  const section = byId("crossbar");
  if (!data.cores.length) { section.append(make("p", {}, "No layer is on a crossbar.")); return; }
  const select = make("select", { id: "core", onchange: () => chooseCore(+select.value) },
    ...data.cores.map((core, index) => make("option", { value: index }, `${coreName(core)}: ${listed(layersOf[index].map((layer) => short(data.layers[layer].node)))}`)));
  inside.select = select;
  inside.image = make("div", { class: "crossbar" });
  inside.words = make("p");
  inside.list = make("div");
  section.append(make("div", { class: "controls" }, make("label", { for: "core" }, "Core: "), select),
    make("div", { class: "beside" }, inside.image, make("div", {}, inside.words, legend(), inside.list)));
  followers.push(drawCrossbar);
  isDark.addEventListener("change", drawCrossbar);
}

function legend() {
  const box = make("div", { class: "scale", role: "img", "aria-label": "Colours from the most negative to the most positive conductance" }, "−1");
  inside.legend = box;
  for (let step = -4; step <= 4; step++) {
    const part = make("i");
    part.dataset.value = step / 4;
    box.append(part);
  }
  box.append("+1, in units of the block's g_max");
  return box;
}

/** Red, green and blue of a conductance from −1 to 1: orange below 0, blue above, and nothing at 0. */
function conductanceColour(value) {
  const size = Math.sqrt(Math.min(Math.abs(value), 1));
  const ground = dark() ? [24, 28, 34] : [250, 250, 250];
  const end = value < 0 ? (dark() ? [255, 160, 70] : [176, 70, 0]) : (dark() ? [110, 190, 255] : [0, 74, 150]);
  return ground.map((part, index) => Math.round(part + (end[index] - part) * size));
}

function bytesOf(image) {
  if (!image.decoded) image.decoded = Int8Array.from(atob(image.bytes), (letter) => letter.charCodeAt(0));
  return image.decoded;
}

function drawCrossbar() {
  if (chosen.core < 0) return;
  const core = data.cores[chosen.core];
  const { rows, columns } = data.chip;
  inside.select.value = String(chosen.core);
  for (const part of inside.legend.querySelectorAll("i")) part.style.background = `rgb(${conductanceColour(+part.dataset.value).join(" ")})`;
  const tiles = tilesOf[chosen.core];
  const canvas = make("canvas", { width: columns, height: rows, "aria-hidden": "true" });
  const pen = canvas.getContext("2d");
  const picture = pen.createImageData(columns, rows);
  const ground = conductanceColour(0);
  for (let place = 0; place < rows * columns; place++) picture.data.set([...ground, 255], 4 * place);
  const palette = Array.from({ length: 255 }, (_, code) => conductanceColour((code - 127) / 127));
  const step = data.imageStep;
  for (const tile of tiles) {
    const block = data.blocks[tile.block], bytes = bytesOf(block.image);
    for (let row = 0; row < block.rows; row++) {
      for (let column = 0; column < block.columns; column++) {
        const code = bytes[Math.floor(row / step) * block.image.width + Math.floor(column / step)];
        const place = 4 * ((tile.row + row) * columns + tile.column + column);
        const [red, green, blue] = palette[code + 127];
        picture.data[place] = red; picture.data[place + 1] = green; picture.data[place + 2] = blue;
      }
    }
  }
  pen.putImageData(picture, 0, 0);
  const outlines = draw("svg", { viewBox: `0 0 ${columns} ${rows}`, role: "img",
    "aria-label": `Conductances of ${coreName(core)}: ${tiles.length} blocks in ${rows} word lines and ${columns} bit lines` });
  for (const tile of tiles) {
    const block = data.blocks[tile.block];
    const name = `${block.layer + 1} ${data.layers[block.layer].node}`;
    outlines.append(draw("rect", { x: tile.column, y: tile.row, width: block.columns, height: block.rows, class: block.layer === chosen.layer ? "outline chosen" : "outline" }, draw("title", {}, name)));
  }
  const frame = make("div", { class: "frame" }, canvas, outlines);
  frame.style.aspectRatio = `${columns} / ${rows}`;
  frame.addEventListener("pointermove", (event) => {
    const box = frame.getBoundingClientRect();
    const row = Math.floor((event.clientY - box.top) / box.height * rows), column = Math.floor((event.clientX - box.left) / box.width * columns);
    const tile = tiles.find((tile) => {
      const block = data.blocks[tile.block];
      return row >= tile.row && row < tile.row + block.rows && column >= tile.column && column < tile.column + block.columns;
    });
    const words = [`word line ${row}, bit line ${column}`];
    if (tile) {
      const block = data.blocks[tile.block];
      const value = bytesOf(block.image)[Math.floor((row - tile.row) / step) * block.image.width + Math.floor((column - tile.column) / step)] / 127;
      words.unshift(data.layers[block.layer].node, `row ${block.firstRow + row - tile.row}, column ${block.firstColumn + column - tile.column}: ${step > 1 ? "up to " : ""}${value.toFixed(2)} × ${significant(block.gMax)} µS`);
    } else words.push("no weight");
    showTip(words, event.clientX, event.clientY);
  });
  frame.addEventListener("pointerleave", hideTip);
  inside.image.replaceChildren(frame, make("p", { class: "hint" }, `${rows} word lines down, ${columns} bit lines across`));
  inside.words.textContent = coreWords(core.chip, core.core).join(". ") + ".";
  inside.list.replaceChildren(table(`Blocks on ${coreName(core)}`, ["layer<", "rows", "columns", "word lines", "bit lines", "g_max, µS"],
    tiles.map((tile) => {
      const block = data.blocks[tile.block];
      const range = (first, count) => `${first}–${first + count - 1}`;
      return [short(data.layers[block.layer].node, 24), range(block.firstRow, block.rows), range(block.firstColumn, block.columns), range(tile.row, block.rows), range(tile.column, block.columns), significant(block.gMax)];
    })));
}
