import Basics
import Chip
import IR
import Passes
import Program

/// What the rows of the table of passes do.
extension Compilation {
  /// The names of products that the host computes.
  var digitalNames: Set<String> { Set(options.wholeMapping.digital) }

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

  /// Makes the copies of products that the options want.
  mutating func copy() {
    // Shifted kernels of a wide window have inputs of their own.
    if !options.mapping.widens { single = copied(onlyFirst: true) }
    graph = copied(onlyFirst: false)
  }

  private func copied(onlyFirst: Bool) -> Graph {
    let (accuracy, crossbar) = (options.accuracy, chip.crossbar)
    let stacked =
      accuracy.copiesRows
      ? graph.copiedInRows(for: crossbar, except: digitalNames, onlyFirst: onlyFirst) : graph
    guard accuracy.copies > 0 else { return stacked }
    return stacked.copied(
      for: crossbar, factor: accuracy.copies, residual: accuracy.residual, except: digitalNames,
      onlyFirst: onlyFirst)
  }

  /// Cuts the products into blocks.
  mutating func cut() throws {
    if !isLegal {
      graph = try graph.legalized()
      isLegal = true
    }
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
            help: "compile from the model, or from a graph without a calibration"))
      }
      samples = try LayerSamples(graph, inferences: typical.inferences, single: single)
    }
    let probes =
      accuracy.routine == .none
      ? nil : calibration.map { Probes($0, routine: accuracy.routine, layers: samples) }
    program = try emitted(required(\.schedule, "schedule"), probes: probes)
  }

  /// The program of `schedule`.
  func emitted(_ schedule: Schedule, probes: Probes?) throws -> Program {
    let graph = schedule.placement.partition.graph
    let named = (names ?? DimensionNames(of: graph)).named(graph)
    return try schedule.emitted(
      compiler: "aimcc \(version)", inputDimensionNames: named.inputs,
      outputDimensionNames: named.outputs, probes: probes,
      errors: options.accuracy.errors(of: self.graph, on: chip))
  }

  /// Proves the program as it is read back from its bytes.
  mutating func prove(keep: (ELFImage, (Bytes) throws -> Void) throws -> Void) throws {
    let emitted = try required(\.program, "program")
    let (valid, bytes) = try emitted.proved(computing: proofStage, keep: keep)
    (program, proved, self.bytes) = (valid.program, valid, bytes)
  }
}
