import Basics
import IR
import Program
import Reference
import Simulator

/// One output compared with what it should be.
struct OutputComparison: Encodable {
  /// The output.
  var output: String
  /// What gave it: `reference`, or the device.
  var source: String
  /// What it is compared with: `reference`, or `expected`, which the data hold.
  var against: String
  /// ‖a−b‖₂ / max(‖b‖₂, 10⁻⁶·√n) of the inference in which it is largest.
  var relativeError: Double
  /// That inference.
  var inference: Int
  /// The largest error that is accepted.
  var limit: Double
  /// The part of the samples in which the largest element is the same; `nil` without classes.
  var top1Agreement: Double?
  /// What differs that no limit allows, such as an integer.
  var mismatch: String?

  /// Whether the output is what it should be.
  var passes: Bool { mismatch == nil && relativeError <= limit }

  /// Compares `actual` with `expected`, each of inferences × the shape of the output: by the norm of
  /// their difference, or element by element if a tolerance is given.
  init(
    _ output: String, _ actual: Tensor, from source: String, with expected: Tensor,
    from against: String, limit: Double, tolerance: Tolerance? = nil
  ) {
    self.output = output
    self.source = source
    self.against = against
    self.limit = limit
    relativeError = 0
    inference = 0
    for index in 0..<expected.shape[0] {
      let comparison = compare(
        actual.rows(index..<index + 1), with: expected.rows(index..<index + 1))
      if comparison.mismatch != nil && mismatch == nil {
        mismatch = comparison.mismatch
        relativeError = comparison.relativeError
        inference = index
      } else if mismatch == nil && comparison.relativeError > relativeError {
        relativeError = comparison.relativeError
        inference = index
      }
    }
    if let tolerance {
      self.limit = .infinity
      mismatch = firstMismatch(
        actual, with: expected, relative: tolerance.relative, absolute: tolerance.absolute)
    }
    top1Agreement = Classification(expected).flatMap {
      Classification(actual)?.agreement(with: $0.classes)
    }
  }
}

/// Finds the first node whose result departs from the reference in one inference.
///
/// Compares what the program keeps in the host's memory under the name of a value with that value.
func firstDeparture(
  of simulation: Simulation, from graph: Graph, on inputs: [Tensor], limit: Double
) throws -> (node: Node, comparison: Comparison)? {
  let program = simulation.program
  var options = Simulation.Options()
  var positions: [String: Int] = [:]
  for (index, buffer) in program.buffers.enumerated()
  where buffer.space == .host && buffer.constant == nil && positions[buffer.name] == nil {
    positions[buffer.name] = options.recorded.count
    options.recorded.append(BufferID(index))
  }
  let recorded = try simulation.run(inputs, options: options).recorded
  let producers = graph.producers()
  var departure: (node: Node, comparison: Comparison)?
  _ = try Evaluator(graph).evaluate(inputs) { id, expected in
    guard departure == nil, let producer = producers[id.index],
      let position = positions[graph[id].name], recorded[position].count == expected.count
    else { return }
    let comparison = compare(recorded[position].reshaped(expected.shape), with: expected)
    if !comparison.isEqual(within: limit) { departure = (graph[producer], comparison) }
  }
  return departure
}
