import Basics
import IR

/// How far the results of a node, computed in single precision and in steps, may be from those of the
/// reference.
///
/// A tolerance is made of three parts, which are added: units in the last place of the result in its own
/// type; a relative change of the floating-point operands, of which the results of a function may be those;
/// and a part of the largest magnitude that goes into a sum.
public struct Agreement: Hashable, Sendable {
  /// Steps between neighbouring numbers of the result's type.
  public var units = 0.0
  /// The same of f16 and shorter types: one is enough for any error in single precision, but for states that
  /// are rounded again and again.
  public var halfUnits = 1.0
  /// The relative change of an operand, in units of 2⁻²⁴.
  public var argumentUnits = 0.0
  /// The part of what is summed up, in units of 2⁻²⁴.
  public var sumUnits = 0.0
  /// Whether the sign of a zero counts, as of elements that are only moved.
  public var tellsZerosApart = false
}

extension Agreement {
  /// The agreement of an operator. Where nothing is said the host has the same steps as the reference, and
  /// its results are the same.
  public init(_ op: Op) {
    self.init()
    switch op {
    case .unary(let function): self = Agreement(function)
    case .binary(.pow): units = 1
    case .softmax(let softmax):
      switch softmax.kind {
      case .softmax: units = 8
      case .logSoftmax: (units, sumUnits) = (1, 8)
      case .hardmax: break
      }
    case .reduce(let reduce):
      switch reduce.kind {
      case .l2, .logSum: units = 1
      case .logSumExp: (units, sumUnits) = (2, 4)
      case .sum, .mean, .max, .min, .product, .l1, .sumSquare: break
      }
    case .pool(let pool): self = Agreement(pool.kind)
    case .globalPool(let kind): self = Agreement(kind)
    case .conv, .gemm, .matMul, .einsum, .fourier: (units, sumUnits) = (1, 32)
    case .sampling: (units, sumUnits) = (1, 64)
    case .resize: (units, sumUnits) = (1, 16)
    // Gates without bounds make large states that cancel.
    case .recurrent: (units, halfUnits, argumentUnits, sumUnits) = (16, 16, 32, 256)
    // An integer becomes an f32 before.
    case .cast(to: .bf16, saturates: _, rounding: _): units = 1
    case .concat, .split, .slice, .pad, .reshape, .flatten, .transpose, .squeeze, .unsqueeze,
      .gather,
      .select, .expand, .triangle:
      tellsZerosApart = true
    case .movement(.scatterElements(_, let reduction)), .movement(.scatterND(let reduction)):
      tellsZerosApart = reduction == .replace
    case .movement: tellsZerosApart = true
    case .cast, .quantize, .dequantize, .batchNormalization, .binary, .clip, .extremum, .cumulative,
      .determinant, .identityMatrix,
      .range, .shape, .constantOfShape, .control:
      break
    }
  }

  private init(_ function: UnaryFunction) {
    self.init()
    switch function {
    case .identity: tellsZerosApart = true
    case .sigmoid, .tanh, .exp, .log, .erf, .sin, .cos, .atan: units = 1
    // A factor may underflow.
    case .swish, .mish: (units, argumentUnits, sumUnits) = (6, 4, 0x1p-125)
    case .tan, .asin, .acos, .sinh, .cosh, .asinh, .acosh, .atanh, .softplus, .softsign, .elu,
      .selu, .celu, .gelu(tanh: true):
      (units, argumentUnits) = (6, 4)
    // 1 + erf cancels far below 0.
    case .gelu(tanh: false): (units, argumentUnits, sumUnits) = (2, 4, 2)
    case .relu, .hardSwish, .abs, .negate, .sign, .reciprocal, .sqrt, .floor, .ceil, .round, .not,
      .bitwiseNot, .isNaN, .isInfinite, .leakyRelu, .hardSigmoid, .thresholdedRelu, .shrink:
      break
    }
  }

  private init(_ kind: PoolKind) {
    self.init()
    if case .norm(let power) = kind, power > 2 { (units, argumentUnits) = (4, 8 + 128) }
  }

  /// Whether every result is that of the reference to the bit, but for the sign of zeros and the bits of
  /// NaN.
  var isExact: Bool { units == 0 && argumentUnits == 0 && sumUnits == 0 }
}

/// Where `actual`, the results of `node` of these operands as the host of a chip computes them, is beyond the
/// tolerance of the operator: which element of which result it is, and what it should be; `nil` if nothing
/// is. Results that are `nil` are not asked for.
///
/// Throws `Diagnostics` as `evaluate` does.
public func departure(
  of actual: [Tensor?], from node: Node, operands: [Tensor?]
) throws -> String? {
  var agreement = Agreement(node.op)
  if case .resize(let resize) = node.op {
    agreement.sumUnits *= try growth(of: resize, Operands(operands))
  }
  let expected = try evaluate(node, operands: operands)
  guard actual.count == expected.count else {
    return "there are \(actual.count) results instead of \(expected.count)"
  }
  var neighbours: [[Tensor]] = []
  if agreement.argumentUnits > 0 {
    for move in node.op.moves {
      let moved = try operands.enumerated().map { number, operand in
        try operand?.moved(move, number: number, by: agreement.argumentUnits * 0x1p-24)
      }
      neighbours.append(try evaluate(node, operands: moved))
    }
  }
  // Sums of integers are exact.
  let isRounded = expected.contains { $0.type.isFloatingPoint }
  let magnitudes = agreement.sumUnits > 0 && isRounded ? try summands(of: node, operands) : []
  for (index, (result, wanted)) in zip(actual, expected).enumerated() {
    guard let result else { continue }
    let found =
      try wanted.type.isFloatingPoint && !agreement.isExact
      ? agreement.departure(
        of: result, from: wanted, neighbours: neighbours.map { $0[index] },
        magnitudes: index < magnitudes.count ? magnitudes[index] : [])
      : exactDeparture(of: result, from: wanted, tellsZerosApart: agreement.tellsZerosApart)
    if let found { return expected.count == 1 ? found : "result \(index): \(found)" }
  }
  return nil
}

/// What is summed up for each element of each result: results of magnitudes, or the largest magnitude of
/// an operand, which none of the products and sums exceeds.
private func summands(of node: Node, _ operands: [Tensor?]) throws -> [[Double]] {
  var node = node
  switch node.op {
  case .conv(var convolution):
    convolution.relu = false
    node.op = .conv(convolution)
  case .gemm(var gemm):
    (gemm.alpha, gemm.beta, gemm.relu) = (gemm.alpha.magnitude, gemm.beta.magnitude, false)
    node.op = .gemm(gemm)
  case .matMul: node.op = .matMul(MatMul())
  case .einsum: break
  case .unary:
    // Of a function, the operand itself.
    return [operands[0].map { doubles($0).map { $0.magnitude } } ?? []]
  case .recurrent:
    return node.results.map { _ in [] }
  default:
    let numbers = operands.compactMap { $0 }.filter(\.type.isFloatingPoint).flatMap { doubles($0) }
    let finite = numbers.map(\.magnitude).filter(\.isFinite)
    let bound = node.op.sumsUp ? finite.reduce(0, +) : finite.max() ?? 0
    return node.results.map { _ in [max(bound, 1)] }
  }
  return try evaluate(node, operands: operands.map { try $0?.magnitudes() }).map { doubles($0) }
}

extension Op {
  /// Whether a result is a sum over many elements, each times at most 1.
  fileprivate var sumsUp: Bool { if case .fourier = self { true } else { false } }

  /// How operands are moved to see what rounding does to a result. Where states may cancel, that differs from
  /// what all elements change together.
  fileprivate var moves: [RoundingMove] {
    if case .recurrent = self { RoundingMove.several } else { [.down, .up] }
  }
}

extension Agreement {
  /// Where a floating-point result is beyond the tolerance.
  fileprivate func departure(
    of actual: Tensor, from expected: Tensor, neighbours: [Tensor], magnitudes: [Double]
  ) throws -> String? {
    guard actual.type == expected.type, actual.shape == expected.shape else {
      return exactDeparture(of: actual, from: expected, tellsZerosApart: false)
    }
    let (a, b) = (doubles(actual), doubles(expected))
    let around = neighbours.map { doubles($0) }
    let type = expected.type
    let isHalf = type != .f32 && type != .f64
    let count = isHalf ? halfUnits : units
    for index in b.indices {
      if a[index] == b[index] || a[index].isNaN && b[index].isNaN { continue }
      var (low, high) = (b[index], b[index])
      for other in around where !other[index].isNaN {
        (low, high) = (min(low, other[index]), max(high, other[index]))
      }
      let magnitude =
        magnitudes.isEmpty ? 1 : magnitudes[magnitudes.count == 1 ? 0 : index].magnitude
      let margin = sumUnits * 0x1p-24 * (magnitude.isFinite ? magnitude : 0)
      low = type.moved(low - margin, by: -count)
      high = type.moved(high + margin, by: count)
      if !(low <= a[index] && a[index] <= high) {
        return elementMismatch(index, a[index], b[index], expected.shape)
      }
    }
    return nil
  }
}

extension ElementType {
  /// `value`, or infinity beyond the largest number, moved by units in the last place.
  fileprivate func moved(_ value: Double, by units: Double) -> Double {
    guard value.isFinite else {
      // What is infinite may just have been too large.
      let isAway = value.isNaN || units == 0 || (value < 0) == (units < 0)
      return isAway ? value : value > 0 ? greatestNumber : -greatestNumber
    }
    let exponent = max(value == 0 ? .min : Int(value.exponent), leastExponent)
    let step = Double(sign: .plus, exponent: exponent - fractionBits, significand: 1)
    let result = value + units * step
    return result.magnitude >= greatestNumber
      ? (result > 0
        ? (units > 0 ? .infinity : greatestNumber) : units < 0 ? -.infinity : -greatestNumber)
      : result
  }

  private var fractionBits: Int {
    switch self {
    case .f16: 10
    case .bf16: 7
    default: 23
    }
  }

  private var leastExponent: Int { self == .f16 ? -14 : -126 }

  private var greatestNumber: Double {
    switch self {
    case .f16: 65504
    case .bf16: 0x1.fep127
    default: Double(Float.greatestFiniteMagnitude)
    }
  }
}

extension Tensor {
  /// The elements moved by up to `part` of themselves, in f32 or f64; others than floating-point numbers as they are.
  fileprivate func moved(_ move: RoundingMove, number: Int, by part: Double) throws -> Tensor {
    try changed { $0 * (1 + move.direction(number, $1) * part) }
  }

  /// The magnitudes of floating-point elements, in f32 or f64; others as they are.
  fileprivate func magnitudes() throws -> Tensor {
    try changed { element, _ in element.magnitude }
  }

  /// What `function` makes of each floating-point element and its number.
  private func changed(_ function: (Double, Int) -> Double) throws -> Tensor {
    guard type.isFloatingPoint else { return self }
    let elements = doubles(self).enumerated().map { function($1, $0) }
    let wide = Tensor(elements, shape: shape)
    return type == .f64 ? wide : try cast(wide, to: .f32)
  }
}

/// The first element that is another one.
private func exactDeparture(
  of actual: Tensor, from expected: Tensor, tellsZerosApart: Bool
) -> String? {
  if let mismatch = exactMismatch(actual, expected) { return mismatch }
  guard expected.type.isFloatingPoint else { return nil }
  let (a, b) = (doubles(actual), doubles(expected))
  let index = b.indices.first { index in
    let isSame = a[index] == b[index] || a[index].isNaN && b[index].isNaN
    return !isSame || tellsZerosApart && a[index] == 0 && a[index].sign != b[index].sign
  }
  return index.map { elementMismatch($0, a[$0], b[$0], expected.shape) }
}
