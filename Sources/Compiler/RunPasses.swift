import Basics
import Chip
import IR
import Passes
import Program

/// What the rows of the table of passes do.
extension Compilation {
  /// The names of products that the host computes.
  var digitalNames: Set<String> {
    let separated = layouts.inOrder.filter(\.layout.isDigital)
    return Set(options.wholeMapping.digital).union(separated.map { graph[$0.node].name })
  }

  /// What `path` has, which the pass that runs needs.
  ///
  /// Throws `Diagnostics` if it is not there, as where passes of a text run out of their order.
  func required<T>(_ path: KeyPath<Compilation, T?>, _ name: String) throws -> T {
    guard let value = self[keyPath: path] else {
      throw Diagnostics(
        Diagnostic(
          .error, "pass \(passRunning) needs a \(name), and there is none",
          help: "the order of the passes is \(Pass.all.map(\.name).joined(separator: ", "))"))
    }
    return value
  }

  /// The partition, which the pass that runs needs; that of a text knows of no faults.
  ///
  /// Throws `Diagnostics` if the cores that work are fewer than it takes.
  func requiredPartition() throws -> Partition {
    var partition = try required(\.partition, "partition")
    partition.faults = options.mapping.faults
    guard partition.crossbars <= partition.available else {
      throw Diagnostics(
        Diagnostic(
          .error,
          "the partition takes \(partition.crossbars) crossbars, and \(partition.available) are without faults",
          help: "compile the network, or a text from before pass partition"))
    }
    return partition
  }

  /// The chip as the passes before `partition` fill it: crossbars as large as those lines that every living core has.
  func usableChip() throws -> Chip { try chip.usable(with: options.mapping.faults) }

  /// The typical inputs, which the pass that runs needs.
  func requiredInputs() throws -> TypicalInputs {
    guard let typical else {
      throw Diagnostics(
        Diagnostic(
          .error, "pass \(passRunning) needs typical inputs",
          help: "give data as the network will meet them"))
    }
    return typical
  }

  /// Brings the network into the form that the passes behind `legalize` take.
  mutating func legalize() throws {
    let form = try graph.legalForm()
    (graph, paddedAxes, isLegal) = (form.graph, form.paddedAxes, true)
    noteRun(of: Pass.legalize.name)
  }

  /// Brings the network into that form, unless it has it.
  mutating func makeLegal() throws {
    if !isLegal { try legalize() }
  }

  /// Leaves channels with outliers to the host.
  mutating func separate() throws {
    try makeLegal()
    let separated = try graph.separated(
      by: requiredInputs().inferences, share: options.accuracy.outliers,
      codes: chip.dac.maximumCode, except: digitalNames)
    graph = separated.graph
    layouts.merge(separated.layouts)
  }

  /// Makes the copies of products that the options want.
  mutating func copy() throws {
    try makeLegal()
    try graph.requireCopied(options.accuracy.givenCopies, except: digitalNames)
    let crossbar = try usableChip().crossbar
    let first = copied(for: crossbar, onlyFirst: true).graph
    let copies = copied(for: crossbar, onlyFirst: false)
    graph = copies.graph
    layouts.merge(copies.layouts)
    single = first
  }

  private func copied(
    for crossbar: Crossbar, onlyFirst: Bool
  ) -> (graph: Graph, layouts: ProductLayouts) {
    let accuracy = options.accuracy
    // What is laid out already has taken the room that it found.
    let kept = digitalNames.union(layouts.inOrder.map { graph[$0.node].name })
    return graph.copiedInRows(
      for: crossbar, filling: accuracy.copiesRows, given: accuracy.givenCopies, except: kept,
      onlyFirst: onlyFirst
    ).copied(
      for: crossbar, factor: accuracy.copies, given: accuracy.givenCopies,
      residual: accuracy.residual, except: kept, onlyFirst: onlyFirst)
  }

  /// Lets convolutions compute several positions from one vector.
  mutating func widen() throws {
    try makeLegal()
    layouts = try layouts.widened(for: usableChip().crossbar, in: graph)
    // Shifted kernels of a wide window have inputs of their own.
    if layouts.inOrder.contains(where: { !$0.layout.positions.isEmpty }) { single = nil }
  }

  /// Cuts the products into blocks.
  mutating func cut() throws {
    try makeLegal()
    let best = try BestMapping(self).chosen()
    (mappingFound, partition) = (best.options, best.partition)
  }

  /// Writes the program.
  mutating func emit() throws {
    let accuracy = options.accuracy
    var samples: LayerSamples?
    if accuracy.routine == .layers {
      guard let typical else {
        throw Diagnostics(
          Diagnostic(
            .error, "calibration layer by layer needs typical inputs",
            help: "give data as the network will meet them"))
      }
      // Where nothing is calibrated, inputs need no samples, and may have no elements.
      if !(try required(\.schedule, "schedule")).placement.partition.layers.isEmpty {
        try requireElements(of: typical)
        samples = try LayerSamples(
          graph, layouts: layouts, inferences: typical.inferences, single: single)
      }
    }
    let probes =
      accuracy.routine == .none
      ? nil : calibration.map { Probes($0, routine: accuracy.routine, layers: samples) }
    program = try emitted(required(\.schedule, "schedule"), probes: probes)
    if let faults = options.mapping.faults, let emitted = program {
      let devices = chip.ownDevice?.devicesPerPolarity ?? chip.crossbar.devicesPerPolarity
      let laid = try emitted.laid(around: faults, devices: devices)
      (program, faultFigures) = (laid.program, laid.figures)
    }
  }

  /// Throws `Diagnostics` if an input has no elements, so that a program cannot hold samples of it.
  private func requireElements(of typical: TypicalInputs) throws {
    for (input, tensor) in zip(graph.inputs, typical.inferences.first ?? []) where tensor.count == 0
    {
      throw Diagnostics(
        Diagnostic(
          .error,
          "calibration layer by layer needs samples of all inputs, but \"\(graph[input].name)\" has no elements",
          help: "give another --routine, such as refit"))
    }
  }

  /// The program of `schedule`.
  func emitted(_ schedule: Schedule, probes: Probes?) throws -> Program {
    let partition = schedule.placement.partition
    let graph = partition.graph
    let named = names.named(graph, paddedAxes: paddedAxes)
    return try schedule.emitted(
      compiler: "aimcc \(version)", inputDimensionNames: named.inputs,
      outputDimensionNames: named.outputs, probes: probes,
      errors: options.accuracy.errors(of: partition.layouts, on: chip))
  }

  /// Proves the program as it is read back from its bytes.
  mutating func prove(keep: (ELFImage, (Bytes) throws -> Void) throws -> Void) throws {
    let emitted = try required(\.program, "program")
    let (valid, bytes) = try emitted.proved(computing: proofStage, keep: keep)
    (program, proved, self.bytes) = (valid.program, valid, bytes)
  }
}
