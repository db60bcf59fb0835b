import Basics
import IR

extension OperatorImport {
  /// Normalizations by a norm: LRN and LpNormalization.
  static let normNormalizations = [
    OperatorImport("LRN") { localResponse(&$0) },
    OperatorImport("LpNormalization") { byNorm(&$0) },
  ]

  /// x / (bias + alpha · the mean square over neighbouring channels)^beta; the mean is a pooling
  /// over channels that counts what lies beyond the first and the last.
  private static func localResponse(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(1...1)
    node.expectOneResult()
    let size = node.integer("size")
    if node.faults.isEmpty && !(1...1 << 20).contains(size) {
      node.fault("attribute size is \(size)")
    }
    let alpha = node.float("alpha", default: 1e-4)
    let beta = node.float("beta", default: 0.75)
    let bias = node.float("bias", default: 1)
    _ = node.rank(of: 0, in: 2...64)
    let (own, sums) = node.precision()
    var steps = ImportedSteps()
    let x = steps.cast(.given(0), from: own, to: sums.element)
    let square = steps.unsqueeze(steps.binary(.mul, x, x), axes: [1])
    let window = Window(
      kernel: [size, 1], strides: [1, 1], dilations: [1, 1],
      padding: .explicit(begin: [(size - 1) / 2, 0], end: [size / 2, 0]))
    let pool = Pool(kind: .average, window: window, includesPadding: true)
    let mean = steps.add(.pool(pool), [steps.reshape(square, [0, 0, 0, -1])], name: "pool")
    let lifted = steps.binary(
      .add, steps.binary(.mul, mean, sums.number("alpha", alpha)), sums.number("bias", bias))
    let power = steps.binary(.pow, lifted, sums.number("beta", beta))
    let shape = steps.shape(.given(0))
    let divisor = steps.add(.reshape(allowZero: false), [power, shape], name: "reshape")
    let result = steps.binary(.div, x, divisor, name: own == sums.element ? "" : nil)
    let last = steps.cast(result, from: sums.element, to: own, name: "")
    return .steps(steps, results: [last])
  }

  /// x divided by its norm along an axis; 0 where that is 0.
  private static func byNorm(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(1...1)
    node.expectOneResult()
    let axis = node.integer("axis", default: -1)
    let order = node.integer("p", default: 2)
    if order != 1 && order != 2 {
      node.fault("attribute p is \(order), which is not supported", supported: "1 or 2")
    }
    let (own, sums) = node.precision()
    var steps = ImportedSteps()
    let x = steps.cast(.given(0), from: own, to: sums.element)
    let norm = steps.reduce(order == 1 ? .l1 : .l2, x, axes: [axis])
    let zero = sums.number("zero", 0)
    let isZero = steps.binary(.equal, norm, zero)
    let quotient = steps.binary(.div, x, norm)
    let name = own == sums.element ? "" : "select"
    let result = steps.add(.select, [isZero, zero, quotient], name: name)
    let last = steps.cast(result, from: sums.element, to: own, name: "")
    return .steps(steps, results: [last])
  }
}
