import Basics
import IR

/// Products of ONNX Runtime's domain whose weights are short integers with scales.
extension OperatorImport {
  /// MatMulNBits.
  static let packedProducts = [OperatorImport("MatMulNBits") { packed(&$0) }]

  /// DynamicQuantizeMatMul and MatMulIntegerToFloat.
  static let scaledIntegerProducts = [
    OperatorImport("DynamicQuantizeMatMul") { node in
      node.expectOperands(3...5)
      node.expectOneResult()
      var steps = ImportedSteps()
      let (codes, scale, zeroPoint) = steps.dynamicallyQuantized(.given(0), name: "quantize")
      let a = steps.binary(
        .sub, steps.cast(codes, to: .i32), steps.cast(zeroPoint, to: .i32), name: "0.shift")
      let b = steps.integers(of: &node, 1, zeroPoint: 3, .columns)
      let scales = steps.binary(.mul, scale, steps.scale(of: &node, 2, .columns), name: "factor")
      return steps.scaledProduct(a, b, scales, bias: node.isGiven(4) ? 4 : nil)
    },
    OperatorImport("MatMulIntegerToFloat") { node in
      node.expectOperands(4...7)
      node.expectOneResult()
      var steps = ImportedSteps()
      let a = steps.integers(of: &node, 0, zeroPoint: 4, .one)
      let b = steps.integers(of: &node, 1, zeroPoint: 5, .columns)
      let scale = steps.single(2, of: &node)
      let scales = steps.binary(.mul, scale, steps.scale(of: &node, 3, .columns), name: "factor")
      return steps.scaledProduct(a, b, scales, bias: node.isGiven(6) ? 6 : nil)
    },
  ]

  /// Operands are a, weights, scales, [zero points], none, [bias]. Weights are N × blocks × bytes, in
  /// which the elements of a block lie one after the other, the first in the lowest bits.
  private static func packed(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(3...6)
    node.expectOneResult()
    // How exactly products may be computed; here they always are.
    node.ignore("accuracy_level")
    let (k, n) = (node.integer("K"), node.integer("N"))
    let bits = node.integer("bits", default: 4)
    let size = node.integer("block_size")
    if ![2, 4, 8].contains(bits) {
      node.fault("attribute bits is \(bits), which is not supported", supported: "2, 4, 8")
    }
    if node.integer("weight_prepacked", default: 0) != 0 {
      node.fault("has weights packed for one kind of processor", supported: "weight_prepacked 0")
    }
    if node.isGiven(4) {
      node.fault("has an operand g_idx, which is not supported", supported: "none")
    }
    let (own, _) = node.precision()
    guard node.faults.isEmpty else { return .steps(ImportedSteps(), results: []) }
    guard k > 0, n > 0, size > 0, k <= 1 << 31, n <= 1 << 31, size <= 1 << 31 else {
      node.fault("attributes K, N and block_size are \(k), \(n) and \(size)")
      return .steps(ImportedSteps(), results: [])
    }
    let blocks = (k - 1) / size + 1
    var steps = ImportedSteps()
    var weights = steps.cast(
      steps.unpacked(.given(1), bits: bits, shape: [n, blocks, size]), to: own)
    let scales = steps.reshape(.given(2), [n, blocks, 1])
    weights = steps.binary(
      .sub, weights, steps.zeroPoints(of: node, bits: bits, n: n, blocks: blocks, own))
    weights = steps.reshape(steps.binary(.mul, weights, scales), [n, blocks * size])
    weights = steps.slice(weights, axes: [1], starts: [0], ends: [k])
    let isBiased = node.isGiven(5)
    var result = steps.matMul(
      .given(0), steps.transpose(weights, [1, 0]), name: isBiased ? "product" : "")
    if isBiased { result = steps.binary(.add, result, .given(5), name: "") }
    return .steps(steps, results: [result])
  }
}

extension ImportedSteps {
  /// a · b, products of integers, times `scales`, plus operand `bias`: the result.
  fileprivate mutating func scaledProduct(
    _ a: ImportedOperand, _ b: ImportedOperand, _ scales: ImportedOperand, bias: Int?
  ) -> ImportedNode {
    let product = add(.matMul(MatMul()), [a, b, .none], name: "product")
    let sums = cast(product, to: .f32, name: "sums")
    let scaled = binary(.mul, sums, scales, name: bias == nil ? "" : "scaled")
    guard let bias else { return ending(in: scaled) }
    return ending(in: binary(.add, scaled, .given(bias), name: ""))
  }

  /// The numbers of `bits` bits in bytes, in another shape.
  fileprivate mutating func unpacked(
    _ bytes: ImportedOperand, bits: Int, shape: [Int]
  ) -> ImportedOperand {
    guard bits < 8 else { return reshape(bytes, shape) }
    let mask = ImportedOperand.made("mask", Tensor(scalar: UInt8(1 << bits - 1)))
    let parts = (0..<8 / bits).map { place -> ImportedOperand in
      let shift = ImportedOperand.made("shift", Tensor(scalar: UInt8(place * bits)))
      let shifted = place == 0 ? bytes : binary(.shiftRight, bytes, shift)
      return unsqueeze(binary(.bitwiseAnd, shifted, mask), axes: [-1])
    }
    return reshape(concat(parts, axis: -1), shape)
  }

  /// What stands for 0, N × blocks × 1: packed like the weights, or numbers, or the middle.
  fileprivate mutating func zeroPoints(
    of node: NodeImport, bits: Int, n: Int, blocks: Int, _ own: ElementType
  ) -> ImportedOperand {
    guard node.isGiven(3) else {
      return StepArithmetic(element: own).number("middle", Float(1 << (bits - 1)))
    }
    let element = node.operands[3]?.type.element ?? .u8
    guard element == .u8 else { return reshape(.given(3), [n, blocks, 1]) }
    let whole = (blocks * bits + 7) / 8 * (8 / bits)
    let numbers = unpacked(.given(3), bits: bits, shape: [n, whole])
    let needed = slice(numbers, axes: [1], starts: [0], ends: [blocks])
    return cast(reshape(needed, [n, blocks, 1]), to: own)
  }
}
