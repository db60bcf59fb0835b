import Basics
import IR

/// What ONNX Runtime's quantizer writes where no product is: functions of integers that stand for
/// scale · (q − zero point). Operands that are quantized have their scale and zero point behind them.
///
/// Where the results of ONNX Runtime's kernels round x / scale + zero point in place of x / scale,
/// so does what they become here, so that ties go the same way.
extension OperatorImport {
  /// QLinearAdd, QLinearMul, QLinearConcat and QLinearWhere.
  static let steppedArithmetic = [
    OperatorImport("QLinearAdd") { node in
      node.expectOperands(7...8, optional: [2, 5])
      node.expectOneResult()
      var steps = ImportedSteps()
      let scale = steps.single(6, of: &node)
      let terms = [0, 3].map { index in
        let ratio = steps.binary(.div, steps.single(index + 1, of: &node), scale)
        return steps.dequantized(&node, index, scale: ratio)
      }
      let sum = steps.binary(.add, terms[0], terms[1])
      return steps.shiftedAndRounded(sum, zeroPoint: 7, of: &node)
    },
    OperatorImport("QLinearMul") { node in
      node.expectOperands(7...8, optional: [2, 5])
      node.expectOneResult()
      var steps = ImportedSteps()
      let one = ImportedOperand.made("one", Tensor(scalar: Float(1)))
      let factors = [0, 3].map { steps.dequantized(&node, $0, scale: one) }
      let product = steps.binary(.mul, factors[0], factors[1])
      let scales = [1, 4, 6].map { steps.single($0, of: &node) }
      let ratio = steps.binary(.div, steps.binary(.mul, scales[0], scales[1]), scales[2])
      let scaled = steps.binary(.mul, product, ratio)
      return steps.shiftedAndRounded(scaled, zeroPoint: 7, of: &node)
    },
    OperatorImport("QLinearConcat") { concatenation(&$0) },
    OperatorImport("QLinearWhere") { node in
      node.expectOperands(9...9)
      node.expectOneResult()
      var steps = ImportedSteps()
      let parts = [1, 4].map { steps.dequantized(&node, $0) }
      let chosen = steps.add(.select, [.given(0), parts[0], parts[1]], name: "select")
      return steps.quantized(chosen, scale: 7, element: node.steppedElement(of: 1))
    },
  ]

  /// QLinearSigmoid, QLinearLeakyRelu and QLinearSoftmax.
  static let steppedFunctions = [
    OperatorImport("QLinearSigmoid") { function(&$0, .sigmoid) },
    OperatorImport("QLinearLeakyRelu") { node in
      function(&node, .leakyRelu(alpha: node.float("alpha", default: 0.01)))
    },
    OperatorImport("QLinearSoftmax") { softmax(&$0) },
  ]

  private static func function(
    _ node: inout NodeImport, _ function: UnaryFunction
  ) -> ImportedNode {
    node.expectOperands(4...5, optional: [2])
    node.expectOneResult()
    var steps = ImportedSteps()
    let result = steps.unary(function, steps.dequantized(&node, 0))
    return steps.quantized(result, scale: 3, element: node.steppedElement(of: 0))
  }

  /// The first two operands are scale and zero point of the result; three more are one part each.
  private static func concatenation(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(5...(.max))
    node.expectOneResult()
    let count = (node.operands.count - 2) / 3
    if node.operands.count % 3 != 2 {
      node.fault("has \(node.operands.count) operands instead of 2 and 3 for each part")
    }
    let axis = node.integer("axis")
    guard node.faults.isEmpty else { return .steps(ImportedSteps(), results: []) }
    var steps = ImportedSteps()
    let element = node.steppedElement(of: 2)
    let parts = (0..<count).map { part -> ImportedOperand in
      let index = 2 + 3 * part
      if node.isSame(index + 1, 0), node.isSame(index + 2, 1) { return .given(index) }
      return steps.add(
        .quantize(Quantize(to: element)),
        [steps.dequantized(&node, index), .given(0), .given(1)], name: "quantize")
    }
    return steps.ending(in: steps.concat(parts, axis: axis, name: ""))
  }

  /// The number of steps in 1 is whole, as ONNX Runtime takes it.
  private static func softmax(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(5...5, optional: [2])
    node.expectOneResult()
    let flattens = node.integer("opset") < 13
    let axis = node.integer("axis", default: -1)
    var steps = ImportedSteps()
    let parts = steps.add(
      .softmax(Softmax(.softmax, axis: axis, flattens: flattens)),
      [steps.dequantized(&node, 0)], name: "softmax")
    let count = steps.unary(.floor, steps.unary(.reciprocal, steps.single(3, of: &node)))
    let scaled = steps.binary(.mul, parts, count)
    return steps.rounded(scaled, to: node.steppedElement(of: 0), zeroPoint: .given(4))
  }
}

extension NodeImport {
  /// The element type of an operand that is quantized to 8 bits.
  mutating func steppedElement(of index: Int) -> ElementType {
    guard let element = operands[index]?.type.element else {
      return .u8
    }
    if element != .u8 && element != .i8 {
      operandFault("takes operand \(index) with elements of type u8 or i8, not \(element)")
      return .u8
    }
    return element
  }

  /// Whether two operands are constants of one value.
  fileprivate func isSame(_ first: Int, _ second: Int) -> Bool {
    guard isGiven(first), isGiven(second), let one = operands[first]?.constant,
      let other = operands[second]?.constant
    else { return false }
    return one.type == other.type && one.count == 1 && other.count == 1
      && one.bytes.withUnsafeBytes { one in other.bytes.withUnsafeBytes { one.elementsEqual($0) } }
  }
}

extension ImportedSteps {
  /// Operand `index`, which is a number, without dimensions.
  mutating func single(_ index: Int, of node: inout NodeImport) -> ImportedOperand {
    guard let shape = node.operands[index]?.type.shape else {
      return .given(index)
    }
    if shape.isEmpty { return .given(index) }
    if shape != [.fixed(1)] {
      node.operandFault("takes operand \(index) of one element, not of several")
    }
    return reshape(.given(index), [])
  }

  /// Operand `index`, scale · (q − zero point), with the scale and zero point behind it; of another
  /// scale if one is given.
  mutating func dequantized(
    _ node: inout NodeImport, _ index: Int, scale: ImportedOperand? = nil
  ) -> ImportedOperand {
    _ = node.steppedElement(of: index)
    let own = single(index + 1, of: &node)
    let zero = node.isGiven(index + 2) ? single(index + 2, of: &node) : .none
    return add(
      .dequantize(Dequantize(to: .f32)), [.given(index), scale ?? own, zero], name: "dequantize")
  }

  /// `x` in steps of operand `scale`, rounded and shifted by the zero point behind it: the result.
  mutating func quantized(
    _ x: ImportedOperand, scale: Int, element: ElementType
  ) -> ImportedNode {
    let result = add(
      .quantize(Quantize(to: element)), [x, .given(scale), .given(scale + 1)], name: "")
    return .steps(self, results: [result])
  }

  /// `x`, a number of steps, shifted by operand `zeroPoint` and rounded then: the result.
  mutating func shiftedAndRounded(
    _ x: ImportedOperand, zeroPoint: Int, of node: inout NodeImport
  ) -> ImportedNode {
    let element = node.steppedElement(of: 0)
    var sum = x
    if node.isGiven(zeroPoint) {
      sum = binary(.add, x, cast(single(zeroPoint, of: &node), to: .f32))
    }
    return rounded(sum, to: element, zeroPoint: .none)
  }
}
