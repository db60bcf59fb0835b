import Basics
import Compiler
import Foundation
import IR
import Program
import Reference
import Simulator

/// How much of the error of every product comes from which effect.
struct ErrorBudget: Encodable {
  /// The signal-to-noise ratio of a product's result with one effect alone, in dB.
  struct Entry: Encodable {
    var node: String
    /// The effect; `all` for all of them at once, `sum` for what errors that have nothing to do with each
    /// other would add up to.
    var cause: String
    /// `nil` where the effect changes nothing.
    var decibels: Double?
  }

  var entries: [Entry]

  /// The most inferences that are used.
  private static let limit = 32

  /// Runs `program`, which was emitted from `graph`, with each effect of `fidelity` alone and with all,
  /// and compares the results of products with those of the graph.
  ///
  /// Chips are calibrated as `routine` says, or as the program does. Throws `Diagnostics` if the program fails.
  init(
    _ program: ValidProgram, _ graph: Graph, fidelity: Fidelity, time: TimeSpan, routine: Routine?,
    data: DataSet
  ) throws {
    entries = []
    let count = min(data.count, Self.limit)
    let nodes = graph.nodes.filter { node in program.blocks.contains { $0.node == node.name } }
    var options = Simulation.Options()
    var recorded: [(node: String, value: ValueID)] = []
    for node in nodes {
      guard
        let buffer = program.buffers.firstIndex(where: {
          $0.name == graph[node.results[0]].name && $0.space == .host && $0.constant == nil
        })
      else { continue }
      recorded.append((node.name, node.results[0]))
      options.recorded.append(BufferID(buffer))
    }
    let wanted = Set(recorded.map(\.value))
    var expected: [ValueID: [Float]] = [:]
    let evaluator = try Evaluator(graph)
    for index in 0..<count {
      _ = try evaluator.evaluate(data.inference(index, graph.inputPorts)) { value, tensor in
        if wanted.contains(value) {
          expected[value, default: []] += tensor.elements(of: Float.self)
        }
      }
    }
    // That converters are calibrated is no cause of errors, but part of how they differ.
    let calibration = fidelity.effects.intersection(.converterCalibration)
    let causes =
      Effects.table.filter {
        fidelity.effects.isSuperset(of: $0.effect) && $0.effect != .converterCalibration
      }.map { (name: $0.name, effects: $0.effect.union(calibration)) } + [
        (name: "all", effects: fidelity.effects)
      ]
    var sums = [Double](repeating: 0, count: recorded.count)
    for (name, effects) in causes {
      var alone = fidelity
      alone.effects = effects
      let chip = try ProgrammedChip(program, fidelity: alone)
      let patch = try chip.calibration(for: time, at: nil, routine: routine, following: .none)?
        .patch
      let results = try chip.simulation(at: time.seconds, patch: patch)
        .run(data.inputs(0..<count), options: options)
      for (index, (layer, tensor)) in zip(recorded, results.recorded).enumerated() {
        func add(_ cause: String, _ ratio: Double) {
          entries.append(
            Entry(node: layer.node, cause: cause, decibels: ratio > 0 ? -10 * log10(ratio) : nil))
        }
        let (signal, noise) = zip(tensor.elements(of: Float.self), expected[layer.value] ?? [])
          .reduce((0.0, 0.0)) { sums, pair in
            let (a, b) = (Double(pair.0), Double(pair.1))
            return (sums.0 + b * b, sums.1 + (a - b) * (a - b))
          }
        let ratio = signal > 0 ? noise / signal : 0
        if name == "all" { add("sum", sums[index]) } else { sums[index] += ratio }
        add(name, ratio)
      }
    }
  }

  /// The budget as a person reads it: products down, effects across.
  var page: Page {
    let causes = entries.map(\.cause).reduce(into: [String]()) { names, name in
      if !names.contains(name) { names.append(name) }
    }
    let nodes = entries.map(\.node).reduce(into: [String]()) { names, name in
      if !names.contains(name) { names.append(name) }
    }
    // Where space is short, the causes of least noise go first.
    let noises = causes.map { cause in
      entries.filter { $0.cause == cause }.reduce(0) { $0 + pow(10, -($1.decibels ?? 300) / 10) }
    }
    let columns = zip(causes, noises).map { cause, noise in
      let rank = ["sum", "all"].contains(cause) ? 0 : 1 + noises.count { $0 > noise }
      return Table.Column(cause, rank: rank)
    }
    var table = Table(
      [Table.Column("SNR of the product, dB, with one effect alone<")] + columns)
    for node in nodes {
      table.add(
        [node]
          + causes.map { cause in
            entries.first { $0.node == node && $0.cause == cause }?.decibels.map { fixed($0, 1) }
              ?? "-"
          })
    }
    var page = Page(table)
    page += "\n"
    return page
  }
}
