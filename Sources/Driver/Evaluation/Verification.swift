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
  /// Of an output that the model quantizes, the largest difference in steps of its scale.
  var differenceInSteps: Double?
  /// The largest number of steps that is accepted, and the step, where these count instead of the norm.
  var limitInSteps: Int?
  var step: Double?
  /// The part of the samples in which the largest element is the same; `nil` without classes.
  var top1Agreement: Double?
  /// What differs that no limit allows, such as an integer.
  var mismatch: String?

  /// Whether the output is what it should be.
  var passes: Bool {
    guard mismatch == nil else { return false }
    guard let limitInSteps, let differenceInSteps else { return relativeError <= limit }
    // A step is a product in single precision, which is not exactly the step of another.
    return differenceInSteps <= Double(limitInSteps) + 0.01
  }

  /// Compares `actual` with `expected`, each of inferences × the shape of the output: by the norm of
  /// their difference, element by element if a tolerance is given, or, if the output is quantized in
  /// steps, by their number if `steps` limits it.
  init(
    _ output: String, _ actual: Tensor, from source: String, with expected: Tensor,
    from against: String, limit: Double, tolerance: Tolerance? = nil, step: Double? = nil,
    steps: Int? = nil
  ) {
    var (actual, expected) = (actual, expected)
    if step != nil, tolerance == nil, actual.type == expected.type,
      case .success(let wide) = actual.exactly(as: .f64),
      case .success(let other) = expected.exactly(as: .f64)
    {
      (actual, expected) = (wide, other)
      if steps != nil {
        (limitInSteps, self.step) = (steps, step)
        differenceInSteps = 0
      }
    }
    self.output = output
    self.source = source
    self.against = against
    self.limit = limit
    relativeError = 0
    inference = 0
    for index in 0..<expected.shape[0] {
      let comparison = compare(
        actual.rows(index..<index + 1), with: expected.rows(index..<index + 1))
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

extension Graph {
  /// The step between neighbouring values of each output that the model quantizes; `nil` for the
  /// others, and where the scale is not one constant.
  var outputSteps: [Double?] {
    let producers = producers()
    func step(_ id: ValueID) -> Double? {
      guard let producer = producers[id.index] else { return nil }
      let node = self[producer]
      switch node.op {
      case .quantize(let quantize): return quantize.element.isInteger ? 1 : nil
      case .dequantize:
        guard let scale = node.operands[1].flatMap(tensor), scale.count == 1,
          case .success(let wide) = scale.exactly(as: .f64)
        else { return nil }
        let step = wide.elements(of: Double.self)[0]
        return step.isFinite && step > 0 ? step : nil
      case .reshape, .flatten, .squeeze, .unsqueeze, .transpose, .unary(.identity), .slice:
        return node.operands[0].flatMap(step)
      default: return nil
      }
    }
    return outputs.map(step)
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
