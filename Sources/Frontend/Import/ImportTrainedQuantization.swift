import Basics
import IR

/// The operators by which Brevitas and QONNX say how numbers were quantized in training, as the
/// package qonnx defines and executes them.
extension OperatorImport {
  /// Quant, which is also IntQuant, BipolarQuant and Trunc.
  static let trainedQuantization = [
    OperatorImport("BipolarQuant") { node in
      node.expectOperands(2...2)
      node.expectOneResult()
      var steps = ImportedSteps()
      let sign = steps.sign(.given(0))
      return steps.ending(in: steps.binary(.mul, sign, steps.f32(1, of: node), name: ""))
    },
    OperatorImport("IntQuant") { quant(&$0) },
    OperatorImport("Quant") { quant(&$0) },
    OperatorImport("Trunc") { trunc(&$0) },
  ]

  /// Operands are x, scale, zero point, number of bits. x / scale + zero point, clipped to that many
  /// bits and rounded, is turned back into a multiple of the scale.
  private static func quant(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(4...4)
    node.expectOneResult()
    let isSigned = node.flag("signed", default: true)
    let isNarrow = node.flag("narrow")
    let rounding = node.rounding("rounding_mode", default: "ROUND")
    let bits = node.bits(3)
    guard node.faults.isEmpty else { return .steps(ImportedSteps(), results: []) }
    let range = CodeRange(bits: bits, isSigned: isSigned, isNarrow: isNarrow)
    var steps = ImportedSteps()
    let (scale, zero) = (steps.f32(1, of: node), steps.f32(2, of: node))
    if bits == 1 && isSigned {
      let codes = steps.sign(steps.codes(scale: scale, zero: zero))
      return steps.restored(codes, zero: zero, scale: scale)
    }
    if let element = range.element, rounding == .halfEven, let scale = node.constantStep() {
      let codes = steps.add(
        .quantize(Quantize(to: element)), [.given(0), scale, .none], name: "quantize")
      let result = steps.add(
        .dequantize(Dequantize(to: .f32)), [codes, scale, .none], name: "")
      return .steps(steps, results: [result])
    }
    let clipped = steps.clip(steps.codes(scale: scale, zero: zero), to: range)
    return steps.restored(steps.rounded(clipped, rounding), zero: zero, scale: scale)
  }

  /// Operands are x, scale, zero point, number of bits, and then the number of bits that are left, or
  /// the scale of what is left and that number. In the second form what is left is clipped.
  private static func trunc(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(5...6)
    node.expectOneResult()
    let isScaled = node.operands.count == 6
    let rounding = node.rounding("rounding_mode", default: "FLOOR")
    let isSigned = isScaled ? node.flag("signed", default: true) : true
    let isNarrow = isScaled ? node.flag("narrow") : false
    let bits = (node.bits(3), node.bits(isScaled ? 5 : 4))
    guard node.faults.isEmpty else { return .steps(ImportedSteps(), results: []) }
    var steps = ImportedSteps()
    let (scale, zero) = (steps.f32(1, of: node), steps.f32(2, of: node))
    let codes = steps.unary(.round, steps.codes(scale: scale, zero: zero))
    guard isScaled else {
      var factor: Float = 1
      for _ in 0..<abs(bits.0 - bits.1) { factor *= bits.0 > bits.1 ? 2 : 0.5 }
      let left = steps.binary(.div, codes, .made("factor", Tensor(scalar: factor)))
      return steps.restored(steps.rounded(left, rounding), zero: zero, scale: scale)
    }
    guard let factor = node.powerOfTwo(4, over: 1) else {
      return .steps(ImportedSteps(), results: [])
    }
    let left = steps.clip(
      steps.binary(.div, codes, factor),
      to: CodeRange(bits: bits.1, isSigned: isSigned, isNarrow: isNarrow))
    return steps.restored(
      steps.rounded(left, rounding), zero: steps.binary(.div, zero, factor),
      scale: steps.f32(4, of: node))
  }
}

/// How a number becomes whole.
private enum CodeRounding: String, CaseIterable {
  case halfEven = "HALF_EVEN"
  case round = "ROUND"
  case ceil = "CEIL"
  case floor = "FLOOR"
  case up = "UP"
  case down = "DOWN"
  case halfUp = "HALF_UP"
  case halfDown = "HALF_DOWN"
}

/// The whole numbers of so many bits.
private struct CodeRange {
  let minimum: Float
  let maximum: Float
  /// The element type that holds these and no others, if there is one.
  let element: ElementType?

  init(bits: Int, isSigned: Bool, isNarrow: Bool) {
    let half = Float(sign: .plus, exponent: bits - 1, significand: 1)
    let narrowed: Float = isNarrow ? 1 : 0
    minimum = isSigned ? narrowed - half : 0
    maximum = isSigned ? half - 1 : 2 * half - 1 - narrowed
    element =
      switch (bits, isSigned, isNarrow) {
      case (8, true, false): .i8
      case (8, false, false): .u8
      case (4, true, false): .i4
      case (4, false, false): .u4
      case (2, true, false): .i2
      case (2, false, false): .u2
      default: nil
      }
  }
}

extension Tensor {
  /// The elements as f32, of the types in which steps, zero points and numbers of bits are written.
  fileprivate var wholeOrSingle: [Float]? {
    switch type {
    case .f32: elements(of: Float.self)
    case .f64: elements(of: Double.self).map(Float.init)
    case .i8: elements(of: Int8.self).map(Float.init)
    case .u8: elements(of: UInt8.self).map(Float.init)
    case .i16: elements(of: Int16.self).map(Float.init)
    case .i32: elements(of: Int32.self).map(Float.init)
    case .i64: elements(of: Int64.self).map(Float.init)
    default: nil
    }
  }
}

extension NodeImport {
  /// The numbers of a constant operand; `nil`, and a fault, if it is none.
  private mutating func numbers(_ index: Int) -> [Float]? {
    guard let operand = operands[index] else { return nil }
    if let numbers = operand.constant?.wholeOrSingle { return numbers }
    operandFault("operand \(index) must be a constant of type f32, f64 or an integer type")
    return nil
  }

  /// The number of bits that a constant operand is.
  fileprivate mutating func bits(_ index: Int) -> Int {
    guard let numbers = numbers(index) else { return 8 }
    if numbers.count == 1, let bits = Int(exactly: numbers[0]), 1...32 ~= bits { return bits }
    operandFault(
      "operand \(index) is \(numbers.prefix(4)), not a whole number of bits from 1 to 32")
    return 8
  }

  fileprivate mutating func rounding(_ name: String, default word: String) -> CodeRounding {
    let given = has(name) ? text(name) ?? word : word
    switch CodeRounding(rawValue: given.uppercased()) {
    case .round?: return .halfEven
    case let rounding?: return rounding
    case nil:
      fault(
        "attribute \(name) is \"\(given)\", which is not supported",
        supported: CodeRounding.allCases.map(\.rawValue).joined(separator: ", "))
      return .halfEven
    }
  }

  /// The scale of a Quant if it is one constant and its zero point is 0.
  fileprivate func constantStep() -> ImportedOperand? {
    guard let scale = operands[1]?.constant, let zero = operands[2]?.constant,
      operands[0]?.type.element == .f32, scale.count == 1,
      let rank = operands[0]?.type.shape?.count, scale.shape.count <= rank,
      zero.shape.count <= rank, zero.wholeOrSingle?.allSatisfy({ $0 == 0 }) == true,
      let step = scale.wholeOrSingle?[0], step.isNormal, step > 0
    else { return nil }
    return .made("step", Tensor(scalar: step))
  }

  /// The power of 2 next to the quotient of two constants.
  fileprivate mutating func powerOfTwo(_ index: Int, over divisor: Int) -> ImportedOperand? {
    guard let scales = numbers(index), let others = numbers(divisor) else { return nil }
    guard let shape = operands[scales.count >= others.count ? index : divisor]?.constant?.shape,
      scales.count == others.count || scales.count == 1 || others.count == 1
    else {
      operandFault("operands \(divisor) and \(index) have different numbers of scales")
      return nil
    }
    let factors = (0..<max(scales.count, others.count)).map { place -> Float in
      let quotient = scales[scales.count == 1 ? 0 : place] / others[others.count == 1 ? 0 : place]
      guard quotient.isNormal, quotient > 0 else { return .nan }
      // Half way between two powers lies the root of 2.
      let exponent = Int(quotient.exponent) + (quotient.significand > 1.414_213_5 ? 1 : 0)
      return Float(sign: .plus, exponent: exponent, significand: 1)
    }
    if factors.contains(where: \.isNaN) {
      operandFault("operands \(divisor) and \(index) are scales, but not above 0")
    }
    return .made("factor", Tensor(factors, shape: shape))
  }
}

extension ImportedSteps {
  /// 1 where `x` is not negative, else −1.
  fileprivate mutating func sign(_ x: ImportedOperand) -> ImportedOperand {
    let isPositive = binary(.greaterOrEqual, x, .made("zero", Tensor(scalar: Float(0))))
    return add(
      .select,
      [
        isPositive, .made("one", Tensor(scalar: Float(1))),
        .made("minus", Tensor(scalar: Float(-1))),
      ], name: "sign")
  }

  /// Operand `index` of `node` in f32: converters to QONNX also write whole numbers as integers.
  fileprivate mutating func f32(_ index: Int, of node: NodeImport) -> ImportedOperand {
    cast(.given(index), from: node.operands[index]?.type.element ?? .f32, to: .f32)
  }

  /// Operand 0 in steps of `scale`, shifted by `zero`.
  fileprivate mutating func codes(
    scale: ImportedOperand, zero: ImportedOperand
  ) -> ImportedOperand { binary(.add, binary(.div, .given(0), scale), zero) }

  fileprivate mutating func clip(_ x: ImportedOperand, to range: CodeRange) -> ImportedOperand {
    add(
      .clip,
      [
        x, .made("min", Tensor(scalar: range.minimum)),
        .made("max", Tensor(scalar: range.maximum)),
      ], name: "clip")
  }

  fileprivate mutating func rounded(
    _ x: ImportedOperand, _ rounding: CodeRounding
  ) -> ImportedOperand {
    let half = ImportedOperand.made("half", Tensor(scalar: Float(0.5)))
    switch rounding {
    case .halfEven, .round: return unary(.round, x)
    case .ceil: return unary(.ceil, x)
    case .floor: return unary(.floor, x)
    case .up: return signed(x) { $0.unary(.ceil, $1) }
    case .down: return signed(x) { $0.unary(.floor, $1) }
    case .halfUp: return signed(x) { $0.unary(.floor, $0.binary(.add, $1, half)) }
    case .halfDown: return signed(x) { $0.unary(.ceil, $0.binary(.sub, $1, half)) }
    }
  }

  /// What `body` makes of the magnitude of `x`, with the sign of `x`.
  private mutating func signed(
    _ x: ImportedOperand, _ body: (inout ImportedSteps, ImportedOperand) -> ImportedOperand
  ) -> ImportedOperand {
    let magnitude = unary(.abs, x)
    return binary(.mul, unary(.sign, x), body(&self, magnitude))
  }

  /// (codes − zero) · scale: the result.
  fileprivate mutating func restored(
    _ codes: ImportedOperand, zero: ImportedOperand, scale: ImportedOperand
  ) -> ImportedNode {
    let result = binary(.mul, binary(.sub, codes, zero), scale, name: "")
    return .steps(self, results: [result])
  }
}
