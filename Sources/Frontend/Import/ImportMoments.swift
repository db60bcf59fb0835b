import Basics
import IR

/// Normalizations by mean and variance.
extension OperatorImport {
  /// LayerNormalization, RMSNormalization, GroupNormalization, InstanceNormalization and
  /// MeanVarianceNormalization.
  static let momentNormalizations = [
    // ONNX Runtime's optimizer puts it into models of older operator sets, too.
    OperatorImport("LayerNormalization") { layerNormalization(&$0) },
    OperatorImport("RMSNormalization", since: 23) { rootMeanSquare(&$0) },
    OperatorImport("GroupNormalization", since: 18) { groupNormalization(&$0) },
    OperatorImport("InstanceNormalization") { instanceNormalization(&$0) },
    OperatorImport("MeanVarianceNormalization", since: 9) { meanVariance(&$0) },
  ]

  private static func layerNormalization(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(2...3)
    node.expectResults(upTo: 3)
    let axes = node.trailingAxes()
    let epsilon = node.float("epsilon", default: 1e-5)
    node.expectSingleStash()
    let (own, sums) = node.precision()
    var steps = ImportedSteps()
    let x = steps.cast(.given(0), from: own, to: sums.element)
    let moments = steps.normalized(x, axes: axes, epsilon: epsilon, sums)
    let normalized = steps.cast(moments.result, from: sums.element, to: own)
    let result = steps.scaled(
      normalized, by: .given(1), plus: node.isGiven(2) ? .given(2) : nil)
    return .steps(steps, results: [result, moments.mean, moments.inverseDeviation])
  }

  /// By the root of the mean of squares; with `hasInverse`, the reciprocal of that may be asked for, too.
  static func rootMeanSquare(
    _ node: inout NodeImport, hasInverse: Bool = false
  ) -> ImportedNode {
    node.expectOperands(2...2)
    if hasInverse { node.expectResults(upTo: 2) } else { node.expectOneResult() }
    let axes = node.trailingAxes()
    let epsilon = node.float("epsilon", default: 1e-5)
    node.expectSingleStash()
    let (own, sums) = node.precision()
    var steps = ImportedSteps()
    let x = steps.cast(.given(0), from: own, to: sums.element)
    let root = steps.rootMeanSquare(x, axes: axes, epsilon: epsilon, sums)
    let normalized = steps.cast(steps.binary(.div, x, root), from: sums.element, to: own)
    let result = steps.scaled(normalized, by: .given(1), plus: nil)
    guard node.isUsed.count > 1, node.isUsed[1] else { return .steps(steps, results: [result]) }
    let inverse = steps.unary(.reciprocal, root)
    return .steps(steps, results: [result, inverse])
  }

  /// Channels in groups, each of which is normalized; before operator set 21 there is one gain a group.
  private static func groupNormalization(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(3...3)
    node.expectOneResult()
    let groups = node.integer("num_groups")
    if groups < 1 && node.faults.isEmpty { node.fault("attribute num_groups is \(groups)") }
    let epsilon = node.float("epsilon", default: 1e-5)
    if node.opset >= 21 { node.expectSingleStash() }
    let rank = node.rank(of: 0, in: 3...64)
    let (own, sums) = node.precision()
    var steps = ImportedSteps()
    let grouped = steps.reshape(.given(0), [0, groups, -1])
    let x = steps.cast(grouped, from: own, to: sums.element)
    let moments = steps.normalized(x, axes: [2], epsilon: epsilon, sums)
    var result = steps.cast(moments.result, from: sums.element, to: own)
    let shape = steps.shape(.given(0))
    if node.opset < 21 {
      let gain = steps.unsqueeze(.given(1), axes: [1])
      result = steps.scaled(
        result, by: gain, plus: steps.unsqueeze(.given(2), axes: [1]), name: nil)
      result = steps.add(.reshape(allowZero: false), [result, shape], name: "")
    } else {
      result = steps.add(.reshape(allowZero: false), [result, shape], name: "reshape")
      result = steps.scaledByChannel(result, rank: rank)
    }
    return .steps(steps, results: [result])
  }

  private static func instanceNormalization(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(3...3)
    node.expectOneResult()
    let epsilon = node.float("epsilon", default: 1e-5)
    let rank = node.rank(of: 0, in: 3...64)
    let (own, sums) = node.precision()
    var steps = ImportedSteps()
    let x = steps.cast(.given(0), from: own, to: sums.element)
    let moments = steps.normalized(x, axes: Array(2..<rank), epsilon: epsilon, sums)
    let normalized = steps.cast(moments.result, from: sums.element, to: own)
    let result = steps.scaledByChannel(normalized, rank: rank)
    return .steps(steps, results: [result])
  }

  /// The specification adds 10⁻⁹ to the deviation, not to the variance.
  private static func meanVariance(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(1...1)
    node.expectOneResult()
    let axes = node.integers("axes") ?? [0, 2, 3]
    let (own, sums) = node.precision()
    var steps = ImportedSteps()
    let x = steps.cast(.given(0), from: own, to: sums.element)
    let mean = steps.reduce(.mean, x, axes: axes)
    let distance = steps.binary(.sub, x, mean)
    let variance = steps.reduce(.mean, steps.binary(.mul, distance, distance), axes: axes)
    let deviation = steps.binary(.add, steps.unary(.sqrt, variance), sums.number("least", 1e-9))
    let normalized = steps.binary(.div, distance, deviation, name: own == sums.element ? "" : nil)
    let last = steps.cast(normalized, from: sums.element, to: own, name: "")
    return .steps(steps, results: [last])
  }

  /// BatchNormalization that trains: by the moments of the batch, with those of all batches so far.
  static func trainingNormalization(
    _ node: inout NodeImport, epsilon: Float, momentum: Float
  ) -> ImportedNode {
    node.expectResults(upTo: 3)
    let rank = node.rank(of: 0, in: 2...64)
    let (own, sums) = node.precision()
    let statistics = node.operands[3]?.type.element ?? .f32
    let axes = [0] + Array(2..<rank)
    var steps = ImportedSteps()
    let x = steps.cast(.given(0), from: own, to: sums.element)
    let mean = steps.reduce(.mean, x, axes: axes)
    let distance = steps.binary(.sub, x, mean)
    let variance = steps.reduce(.mean, steps.binary(.mul, distance, distance), axes: axes)
    let lifted = steps.binary(.add, variance, sums.number("epsilon", epsilon))
    let quotient = steps.binary(.div, distance, steps.unary(.sqrt, lifted))
    let result = steps.scaledByChannel(
      steps.cast(quotient, from: sums.element, to: own), rank: rank)
    let running = [(3, mean), (4, variance)].map { index, current in
      let flat = steps.squeeze(current, axes: axes)
      let old = steps.cast(.given(index), from: statistics, to: sums.element)
      let kept = steps.binary(.mul, old, sums.number("momentum", momentum))
      let new = steps.binary(.mul, flat, sums.number("part", 1 - momentum))
      return steps.cast(steps.binary(.add, kept, new), from: sums.element, to: statistics)
    }
    return .steps(steps, results: [result] + running)
  }
}

extension NodeImport {
  /// The axes from attribute `axis` to the last.
  mutating func trailingAxes() -> [Int] {
    let axis = integer("axis", default: -1)
    guard axis >= 0 else {
      if axis < -64 { fault("attribute axis is \(axis)") }
      return Array(max(axis, -64)..<0)
    }
    let rank = rank(of: 0, in: 1...64)
    if axis >= rank { fault("attribute axis is \(axis), but operand 0 has \(rank) dimensions") }
    return Array(min(axis, rank - 1)..<rank)
  }

  /// Checks that sums are computed in single precision, as they are here.
  mutating func expectSingleStash() {
    let type = integer("stash_type", default: 1)
    if type != 1 {
      fault("attribute stash_type is \(type), which is not supported", supported: "1")
    }
  }
}

extension ImportedSteps {
  /// `x` with elements of another type, or `x` itself.
  mutating func cast(
    _ x: ImportedOperand, from: ElementType, to: ElementType, name: String? = nil
  ) -> ImportedOperand { from == to ? x : cast(x, to: to, name: name) }

  /// `x` less its mean over `axes`, divided by its deviation; with both.
  mutating func normalized(
    _ x: ImportedOperand, axes: [Int], epsilon: Float, _ sums: StepArithmetic
  ) -> (result: ImportedOperand, mean: ImportedOperand, inverseDeviation: ImportedOperand) {
    let mean = reduce(.mean, x, axes: axes)
    let distance = binary(.sub, x, mean)
    let variance = reduce(.mean, binary(.mul, distance, distance), axes: axes)
    let lifted = binary(.add, variance, sums.number("epsilon", epsilon))
    let inverse = unary(.reciprocal, unary(.sqrt, lifted))
    return (binary(.mul, distance, inverse), mean, inverse)
  }

  /// The root of the mean of squares of `x` over `axes`.
  mutating func rootMeanSquare(
    _ x: ImportedOperand, axes: [Int], epsilon: Float, _ sums: StepArithmetic
  ) -> ImportedOperand {
    let mean = reduce(.mean, binary(.mul, x, x), axes: axes)
    return unary(.sqrt, binary(.add, mean, sums.number("epsilon", epsilon)))
  }

  /// x · gain + offset; the last step of a node unless named otherwise.
  mutating func scaled(
    _ x: ImportedOperand, by gain: ImportedOperand, plus offset: ImportedOperand?,
    name: String? = ""
  ) -> ImportedOperand {
    guard let offset else { return binary(.mul, x, gain, name: name) }
    let product = binary(.mul, x, gain)
    return binary(.add, product, offset, name: name)
  }

  /// x · gain + offset with operands 1 and 2, one of each a channel.
  fileprivate mutating func scaledByChannel(_ x: ImportedOperand, rank: Int) -> ImportedOperand {
    let axes = Array(1..<rank - 1)
    guard !axes.isEmpty else { return scaled(x, by: .given(1), plus: .given(2)) }
    let gain = unsqueeze(.given(1), axes: axes)
    return scaled(x, by: gain, plus: unsqueeze(.given(2), axes: axes))
  }
}
