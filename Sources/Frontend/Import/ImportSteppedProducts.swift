import Basics
import IR

/// Sums and averages of quantized numbers in ONNX Runtime's own domain.
extension OperatorImport {
  /// QGemm, QLinearAveragePool and QLinearGlobalAveragePool.
  static let steppedProducts = [
    OperatorImport("QGemm") { gemm(&$0) },
    OperatorImport("QLinearAveragePool") { averagePool(&$0) },
    OperatorImport("QLinearGlobalAveragePool") { globalAveragePool(&$0) },
  ]

  /// Operands are A, its scale and zero point, B, its scales and zero points, [C], [scale and zero
  /// point of the result], which is in f32 without them. C is in steps of the product.
  private static func gemm(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(6...9)
    node.expectOneResult()
    let alpha = node.float("alpha", default: 1)
    let turns = ["transA", "transB"].map { node.integer($0, default: 0) != 0 }
    if node.isGiven(7) != node.isGiven(8) {
      node.fault("has only one of scale and zero point of its result")
    }
    var steps = ImportedSteps()
    _ = node.rank(of: 3, in: 2...2)
    let a = steps.integers(of: &node, 0, zeroPoint: 2, .one, isTransposed: turns[0])
    let b = steps.integers(of: &node, 3, zeroPoint: 5, .columns, isTransposed: turns[1])
    let product = steps.add(.matMul(MatMul()), [a, b, .none], name: "product")
    var sums = steps.cast(product, to: .f32, name: "sums")
    if node.isGiven(6) {
      sums = steps.binary(.add, sums, steps.cast(.given(6), to: .f32, name: "6.cast"))
    }
    var scale = steps.single(1, of: &node)
    if alpha != 1 { scale = steps.binary(.mul, .made("alpha", Tensor(scalar: alpha)), scale) }
    var factor = steps.binary(.mul, scale, steps.scale(of: &node, 4, .columns), name: "scale")
    guard node.isGiven(7) else {
      return steps.ending(in: steps.binary(.mul, sums, factor, name: ""))
    }
    factor = steps.binary(.div, factor, steps.single(7, of: &node), name: "factor")
    let scaled = steps.binary(.mul, sums, factor, name: "scaled")
    return steps.rounded(scaled, to: node.steppedElement(of: 8), zeroPoint: .given(8))
  }

  private static func averagePool(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(4...5, optional: [2])
    node.expectOneResult()
    let window = node.window(kernel: node.requiredIntegers("kernel_shape"), dilated: false)
    let pool = Pool(
      kind: .average, window: window, ceil: node.flag("ceil_mode"),
      includesPadding: node.flag("count_include_pad"))
    let rank = node.rank(of: 0, in: 3...5)
    let order = node.flag("channels_last") ? ChannelOrder(rank: rank) : nil
    var steps = ImportedSteps()
    var x = steps.dequantized(&node, 0)
    if let order { x = steps.transpose(x, order.toSecond) }
    var mean = steps.add(.pool(pool), [x], name: "pool")
    if let order { mean = steps.transpose(mean, order.toLast) }
    let scaled = steps.binary(.div, mean, steps.single(3, of: &node))
    return steps.shiftedAndRounded(scaled, zeroPoint: 4, of: &node)
  }

  /// The sums of integers, which are exact, times scale / (scale · their number).
  private static func globalAveragePool(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(5...5)
    node.expectOneResult()
    let isLast = node.flag("channels_last")
    let rank = node.rank(of: 0, in: 3...64)
    let axes = isLast ? 1..<rank - 1 : 2..<rank
    var steps = ImportedSteps()
    let one = ImportedOperand.made("one", Tensor(scalar: Float(1)))
    let sums = steps.reduce(
      .sum, steps.dequantized(&node, 0, scale: one), axes: Array(axes))
    let sizes = Reduce(kind: .product, keepsDimensions: false)
    let count = steps.add(.reduce(sizes), [steps.shape(.given(0), axes)], name: "count")
    let step = steps.binary(.mul, steps.single(3, of: &node), steps.cast(count, to: .f32))
    let factor = steps.binary(.div, steps.single(1, of: &node), step, name: "factor")
    let scaled = steps.binary(.mul, sums, factor, name: "scaled")
    return steps.rounded(scaled, to: node.steppedElement(of: 0), zeroPoint: .given(4))
  }
}

/// How the dimensions of images whose channels are last are put in ONNX's order, and back.
struct ChannelOrder {
  /// Of channels last, those with channels second.
  let toSecond: [Int]
  /// Of channels second, those with channels last.
  let toLast: [Int]

  init(rank: Int) {
    toSecond = [0, rank - 1] + Array(1..<rank - 1)
    toLast = [0] + Array(2..<rank) + [1]
  }
}
