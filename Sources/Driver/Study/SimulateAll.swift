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
  let clock = ContinuousClock()
  let start = clock.now
  let results = try simulation.run(data.inputs) { done in
    try progress.update(done)
    try observe(Double(done) / Double(data.count))
  }
  // Without inputs, nothing tells the program how many inferences there are: it gives one.
  let outputs =
    simulation.program.inputs.isEmpty
    ? results.outputs.map { $0.repeated(data.count) } : results.outputs
  let seconds = (clock.now - start).milliseconds / 1e3
  var counts = SimulationCounts()
  counts.add(results.statistics, of: simulation.program)
  return SimulationRun(outputs: outputs, counts: counts, seconds: seconds)
}

extension Tensor {
  /// A tensor of `count` that are the same.
  fileprivate func repeated(_ count: Int) -> Tensor {
    concatenate((0..<count).map { _ in reshaped([1] + shape) })
  }
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
