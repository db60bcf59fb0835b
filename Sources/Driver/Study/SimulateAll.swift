import Basics
import Program
import Simulator

/// What a program gave on all inferences of a data set.
struct SimulationRun {
  /// A tensor for each output: as many times its shape as there are inferences.
  var outputs: [Tensor]
  /// What was counted.
  var counts: SimulationCounts
  /// The time that it took, in s, without programming the crossbars.
  var seconds: Double
}

/// Runs `simulation` on every inference of `data`; `observe` is told which part of them is done.
///
/// Throws `Diagnostics` if the program fails on one.
func simulateAll(
  _ simulation: Simulation, _ data: DataSet, console: Console,
  observe: (Double) throws -> Void = { _ in }
) throws -> SimulationRun {
  var progress = Progress(
    "simulation: inferences", total: data.count, console: console, tellsTimeLeft: true)
  try progress.begin()
  defer { progress.finish() }
  var counts = SimulationCounts()
  var outputs: [[Tensor]] = simulation.program.outputs.map { _ in [] }
  let clock = ContinuousClock()
  let start = clock.now
  // Few at first, so that there is something to tell soon; outputs do not depend on it.
  var (first, chunk) = (0, 64)
  while first < data.count {
    let began = clock.now
    let range = first..<min(first + chunk, data.count)
    var options = Simulation.Options()
    options.firstInference = first
    let results = try simulation.run(data.inputs(range), options: options)
    for (index, output) in results.outputs.enumerated() {
      // Without inputs, nothing tells the program how many inferences there are: it gives one.
      outputs[index].append(
        simulation.program.inputs.isEmpty
          ? concatenate(range.map { _ in output.reshaped([1] + output.shape) }) : output)
    }
    counts.add(results.statistics, of: simulation.program)
    first = range.upperBound
    if clock.now - began < .milliseconds(500) { chunk = min(2 * chunk, 8192) }
    try progress.update(first)
    try observe(Double(first) / Double(data.count))
  }
  let seconds = (clock.now - start).milliseconds / 1e3
  return SimulationRun(outputs: outputs.map(concatenate), counts: counts, seconds: seconds)
}

/// What was counted in a simulation, over all inferences.
struct SimulationCounts: Encodable {
  /// Vectors multiplied by a crossbar.
  var multiplications = 0
  /// Input elements of those, and how many were beyond the converters.
  var crossbarInputs = 0
  var crossbarInputsClipped = 0
  /// Counts of either polarity, and how many were beyond the converters.
  var columnCounts = 0
  var columnCountsClipped = 0
  /// Results of LDPUs, and how many were beyond their codes.
  var results = 0
  var resultsClipped = 0
  /// Multiply-accumulates of host code.
  var digitalMACs = 0
  var bytesToChip = 0
  var bytesFromChip = 0
  var bytesOnLinks = 0

  /// Adds the counts of a run of `program`.
  mutating func add(_ statistics: Statistics, of program: Program) {
    for (tile, counted) in zip(program.tiles, statistics.tiles) {
      let block = program.blocks[tile.block.index]
      multiplications += counted.multiplications
      crossbarInputs += counted.multiplications * block.rows.count
      crossbarInputsClipped += counted.inputsClipped
      columnCounts += 2 * counted.multiplications * block.columns.count
      columnCountsClipped += counted.columnsClipped
      results += counted.results
      resultsClipped += counted.resultsClipped
    }
    digitalMACs += statistics.digitalMACs
    bytesToChip += statistics.bytesToChip
    bytesFromChip += statistics.bytesFromChip
    bytesOnLinks += statistics.bytesOnLinks
  }

  /// The counts as a person reads them, for `inferences`.
  func text(inferences: Int) -> String {
    func each(_ count: Int) -> String {
      // Inferences differ only where code branches.
      count % max(inferences, 1) == 0
        ? grouped(count / max(inferences, 1)) : fixed(Double(count) / Double(inferences), 1)
    }
    func share(_ part: Int, _ whole: Int) -> String {
      "\(grouped(part)) of \(grouped(whole)) (\(percent(Double(part), of: Double(whole), digits: 4)) %)"
    }
    return """
      clipped        inputs \(share(crossbarInputsClipped, crossbarInputs)), counts \
      \(share(columnCountsClipped, columnCounts)), results \(share(resultsClipped, results))
      per inference  \(each(multiplications)) MVMs, \(each(digitalMACs)) MACs on the host, \
      \(each(bytesToChip)) bytes to the chip, \(each(bytesFromChip)) back, \(each(bytesOnLinks)) over links

      """
  }
}
