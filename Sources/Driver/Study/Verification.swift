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
  /// ‖a−b‖₂ / max(‖b‖₂, least·√n) of the inference in which it is largest, or of all of them; of
  /// integers and truth values that are no quantities, the part of all elements that differ.
  var relativeError: Double
  /// That inference, or the first in which an element differs.
  var inference: Int
  /// The largest error that is accepted.
  var limit: Double
  /// Of an output that the model quantizes, the largest difference in steps of its scale.
  var differenceInSteps: Double?
  /// The largest number of steps that is accepted, and the step, where these count instead of the norm.
  var limitInSteps: Int?
  var step: Double?
  /// The part of the samples in which the largest element is the same, or of the elements that are the
  /// same integer; `nil` without classes.
  var top1Agreement: Double?
  /// The agreement that is accepted whatever the error is.
  var sufficientAgreement: Double?
  /// By how much the accuracy on labelled samples is below that of the reference, where this counts.
  var accuracyLoss: Double?
  /// What differs that no limit allows, such as a NaN.
  var mismatch: String?

  /// Whether the output is what it should be.
  var passes: Bool {
    guard mismatch == nil else { return false }
    if let accuracyLoss { return accuracyLoss <= ComparisonLimits.accuracyLoss + 1e-9 }
    if let sufficientAgreement, let top1Agreement, top1Agreement >= sufficientAgreement {
      return true
    }
    guard let limitInSteps, let differenceInSteps else { return relativeError <= limit }
    // A step is a product in single precision, which is not exactly the step of another.
    return differenceInSteps <= Double(limitInSteps) + 0.01
  }

  /// Compares `actual` with `expected`, each of inferences × the shape of the output, within `limits`, or
  /// element by element if a tolerance is given.
  init(
    _ output: String, _ actual: Tensor, from source: String, with expected: Tensor,
    from against: String, kind: OutputKind, limits: ComparisonLimits, tolerance: Tolerance? = nil
  ) {
    self.output = output
    self.source = source
    self.against = against
    limit = limits.relativeError
    relativeError = 0
    inference = 0
    let isComparable = actual.type == expected.type && actual.shape == expected.shape
    let areLabels = kind == .label || kind == .sum && limits.steps != nil
    if let tolerance {
      limit = .infinity
      compareNorms(actual, expected, limits)
      mismatch = firstMismatch(
        actual, with: expected, relative: tolerance.relative, absolute: tolerance.absolute)
    } else if areLabels, isComparable {
      countDifferent(actual, expected)
    } else if kind != .number, isComparable,
      case .success(let wide) = actual.exactly(as: .f64),
      case .success(let other) = expected.exactly(as: .f64)
    {
      if case .steps(let step) = kind, let steps = limits.steps {
        (limitInSteps, self.step, differenceInSteps) = (steps, step, 0)
      }
      compareNorms(wide, other, limits)
    } else {
      compareNorms(actual, expected, limits)
    }
    if !areLabels {
      top1Agreement = Classification(expected).flatMap {
        Classification(actual)?.agreement(with: $0.classes)
      }
      sufficientAgreement = limits.agreement
    }
  }

  private mutating func compareNorms(
    _ actual: Tensor, _ expected: Tensor, _ limits: ComparisonLimits
  ) {
    for index in 0..<expected.shape[0] {
      let comparison = compare(
        actual.rows(index..<index + 1), with: expected.rows(index..<index + 1),
        least: limits.least)
      if let step, let known = differenceInSteps {
        differenceInSteps = max(known, comparison.largestDifference / step)
      }
      if comparison.mismatch != nil && mismatch == nil {
        mismatch = comparison.mismatch
        relativeError = comparison.relativeError
        inference = index
      } else if mismatch == nil && comparison.relativeError > relativeError {
        relativeError = comparison.relativeError
        inference = index
      }
    }
    if limits.countsTogether && mismatch == nil {
      relativeError = compare(actual, with: expected, least: limits.least).relativeError
    }
  }

  private mutating func countDifferent(_ actual: Tensor, _ expected: Tensor) {
    var different = 0
    for index in 0..<expected.shape[0] {
      let count = countOfDifferent(
        actual.rows(index..<index + 1), expected.rows(index..<index + 1))
      if different == 0 && count > 0 { inference = index }
      different += count
    }
    relativeError = Double(different) / Double(max(expected.count, 1))
    limit = min(limit, ComparisonLimits.different)
    top1Agreement = 1 - relativeError
  }

  /// Accepts twice what moves of rounding do to the output, each given as a comparison of it moved with
  /// the reference, as far as that is more than is accepted anyway. Labels count as the `part` of all
  /// that those of an inference are.
  mutating func accept(_ moves: [OutputComparison], part: Double) {
    let moves = moves.filter { $0.mismatch == nil }
    limit = max(limit, 2 * part * (moves.map(\.relativeError).max() ?? 0))
    if let limitInSteps {
      let steps = moves.compactMap(\.differenceInSteps).max() ?? 0
      self.limitInSteps = max(limitInSteps, Int((2 * min(steps - 0.01, 1e6)).rounded(.up)))
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
