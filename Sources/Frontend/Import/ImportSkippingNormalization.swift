import Basics
import IR

/// Normalizations of transformers as ONNX Runtime's optimizer fuses them: of the sum of an input, of
/// what was skipped around a layer, and of a bias.
extension OperatorImport {
  /// SkipLayerNormalization and SkipSimplifiedLayerNormalization.
  static let skippingNormalizations = [
    OperatorImport("SkipLayerNormalization") { node in
      node.expectOperands(3...5)
      return skipping(&node, offset: 3, bias: 4)
    },
    OperatorImport("SkipSimplifiedLayerNormalization") { node in
      node.expectOperands(3...4)
      return skipping(&node, offset: nil, bias: 3)
    },
  ]

  /// EmbedLayerNormalization.
  static let embeddings = [OperatorImport("EmbedLayerNormalization") { embedding(&$0) }]

  /// SimplifiedLayerNormalization, which ONNX Runtime puts into ONNX's own domain.
  static let simplifiedNormalizations = [
    OperatorImport("SimplifiedLayerNormalization") { rootMeanSquare(&$0, hasInverse: true) }
  ]

  /// Operands are the input, what was skipped, the gain, and those at `offset` and `bias`, which may be
  /// left out; results are the normalized sum and, as the fourth, the sum. By its mean, too, where
  /// there may be an offset.
  private static func skipping(
    _ node: inout NodeImport, offset: Int?, bias: Int
  ) -> ImportedNode {
    node.expectResults(upTo: 4)
    for index in [1, 2] where index < node.isUsed.count && node.isUsed[index] {
      node.fault("result \(index) is used, which is not supported", supported: "results 0 and 3")
    }
    let epsilon = node.float("epsilon", default: 1e-12)
    let (own, sums) = node.precision()
    var steps = ImportedSteps()
    var sum = steps.binary(.add, .given(0), .given(1))
    if node.isGiven(bias) { sum = steps.binary(.add, sum, .given(bias)) }
    let x = steps.cast(sum, from: own, to: sums.element)
    var normalized: ImportedOperand
    if offset == nil {
      let root = steps.rootMeanSquare(x, axes: [-1], epsilon: epsilon, sums)
      normalized = steps.binary(.div, x, root)
    } else {
      normalized = steps.normalized(x, axes: [-1], epsilon: epsilon, sums).result
    }
    normalized = steps.cast(normalized, from: sums.element, to: own)
    let result = steps.scaled(
      normalized, by: .given(2),
      plus: offset.flatMap { node.isGiven($0) ? .given($0) : nil })
    return .steps(steps, results: [result, .none, .none, sum])
  }

  /// Operands are ids of words, [of segments], the embeddings of words, of positions, [of segments],
  /// gain, offset, [mask], [ids of positions]; results are the normalized sum of embeddings, [the
  /// number of words that the mask leaves], [the sum].
  private static func embedding(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(7...9, optional: [1, 4])
    node.expectResults(upTo: 3)
    node.ignore("mask_index_type")
    let epsilon = node.float("epsilon", default: 1e-12)
    if node.isGiven(1) != node.isGiven(4) {
      node.fault("has only one of ids of segments and their embedding")
    }
    let own = node.operands[2]?.type.element ?? .f32
    let sums = StepArithmetic(element: own == .f64 ? .f64 : .f32)
    var steps = ImportedSteps()
    let words = steps.add(.gather(axis: 0), [.given(2), .given(0)], name: "words")
    let positions =
      node.isGiven(8)
      ? steps.add(.gather(axis: 0), [.given(3), .given(8)], name: "positions")
      : steps.add(
        .slice,
        [.given(3), .list("starts", [0]), steps.shape(.given(0), 1..<2), .list("axes", [0])],
        name: "positions")
    var sum = steps.binary(.add, words, positions)
    if node.isGiven(1) {
      let segments = steps.add(.gather(axis: 0), [.given(4), .given(1)], name: "segments")
      sum = steps.binary(.add, sum, segments)
    }
    let x = steps.cast(sum, from: own, to: sums.element)
    let moments = steps.normalized(x, axes: [-1], epsilon: epsilon, sums)
    let normalized = steps.cast(moments.result, from: sums.element, to: own)
    let result = steps.scaled(normalized, by: .given(5), plus: .given(6))
    var count = ImportedOperand.none
    if node.isUsed.count > 1, node.isUsed[1] {
      let one = ImportedOperand.made("one", Tensor(scalar: Int32(1)))
      let words = node.isGiven(7) ? ImportedOperand.given(7) : .given(0)
      let isLeft = steps.cast(steps.binary(.equal, words, one), to: .i32, name: "left")
      let reduce = Reduce(kind: .sum, keepsDimensions: false)
      count = steps.add(.reduce(reduce), [isLeft, .list("axes", [1])], name: "count")
      if !node.isGiven(7) {
        count = steps.binary(.mul, count, .made("zero", Tensor(scalar: Int32(0))))
      }
    }
    return .steps(steps, results: [result, count, sum])
  }
}
