// Everything in the order of the page.
document.getElementById("main").classList.toggle("one-chip", data.chips === 1);
showSummary();
showFloorplan();
showCrossbar();
showLayers();
showTimeline();
showEnergy();
showAccuracy();
showBasis();
for (const heading of document.querySelectorAll("main h2")) {
  byId("sections").append(make("li", {}, make("a", { href: `#${heading.parentElement.id}` }, heading.textContent)));
}
isDark.addEventListener("change", () => {
  for (const box of document.querySelectorAll("#layer-table .box")) box.style.background = layerColour(+box.closest("tr").dataset.layer);
  paintCores();
});
// The fullest core shows most.
choose({ core: data.cores.reduce((best, core, index) => best < 0 || core.utilisation > data.cores[best].utilisation ? index : best, -1), layer: -1 });
document.body.dataset.ready = "true";
