// What evaluations have measured, in numbers below the charts.
function showAccuracy() {
  const section = byId("accuracy");
  if (!data.evaluations.length) {
    section.append(make("p", {}, "No evaluation was given: ", make("code", {}, "aimcc evaluate MODEL --data DATA --json > e.json"), ", then ", make("code", {}, "aimcc report PROGRAM --evaluation e.json"), "."));
    return;
  }
  const share = (value) => value === undefined ? "-" : (100 * value).toFixed(2);
  const range = (row) => row.low === undefined ? "-" : `${share(row.low)} to ${share(row.high)}`;
  const db = (value) => typeof value === "number" ? value.toFixed(1) : "-";
  for (const file of data.evaluations) {
    const reference = file.fp32 ?? file.ideal;
    if (file.network !== data.network) {
      section.append(make("p", { class: "verdict" }, `${file.name} is of the network ${file.network}, this program of ${data.network}.`));
    }
    if (reference !== undefined) section.append(make("p", {}, `${file.name}: ${file.fp32 === undefined ? "the program itself" : "FP32"} is right in ${share(reference)} % of ${grouped(file.samples)} samples.`));
    if (file.results) {
      // Only figures that there are: outputs that find no class have others.
      const columns = [["after<", (row) => seconds(row.timeSeconds)], ["device<", (row) => row.device], ["chips", (row) => row.seeds],
        ["top-1, %", (row) => share(row.accuracy)], ["95 % interval", range], ["agreement, %", (row) => share(row.agreement)],
        ["cosine, %", (row) => share(row.cosine)],
        ["same neighbour, %", (row) => share(row.sameNeighbour)], ["rank correlation, %", (row) => share(row.rankCorrelation)], ["SNR, dB", (row) => db(row.decibels)]]
        .filter(([, cell]) => file.results.some((row) => cell(row) !== "-"));
      section.append(table(`${file.name}: accuracy over time`, columns.map(([heading]) => heading), file.results.map((row) => columns.map(([, cell]) => cell(row)))));
    }
    if (file.rows) {
      const last = (step) => step.results.at(-1) || {};
      section.append(table(`${file.name}: techniques, each with those above it, after ${seconds(last(file.rows[0]).timeSeconds ?? 0)}`,
        ["technique<", "top-1, %", "95 % interval", "agreement, %", "crossbars", "latency, µs", "energy, µJ", "MACs on the host, %"],
        file.rows.map((step) => [step.name, share(last(step).accuracy), range(last(step)), share(last(step).agreement), grouped(step.costs.crossbars),
          step.costs.latencyNs === undefined ? "-" : significant(step.costs.latencyNs / 1000), step.costs.energyNj === undefined ? "-" : significant(step.costs.energyNj / 1000), share(step.costs.digitalShare)])));
    }
  }
}
