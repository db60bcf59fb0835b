import Basics
import IR

/// A function of each element of one operand.
func unary(_ function: UnaryFunction, _ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  if function == .identity { return x }
  try requireElements(of: x, .unary(function))
  switch x.type {
  case .f32: return try unary(Float.self, function, x)
  case .f64: return try unary(Double.self, function, x)
  case .i8: return try unary(Int8.self, function, x)
  case .i16: return try unary(Int16.self, function, x)
  case .i32: return try unary(Int32.self, function, x)
  case .i64: return try unary(Int64.self, function, x)
  case .u8: return try unary(UInt8.self, function, x)
  case .u16: return try unary(UInt16.self, function, x)
  case .u32: return try unary(UInt32.self, function, x)
  case .u64: return try unary(UInt64.self, function, x)
  case .bool: return try mapElements(x) { (x: Bool8) in Bool8(!x.value) }
  default: throw Fault.unsupported(x.type, supported: ElementType.floating)
  }
}

private func unary<T: Real>(_: T.Type, _ function: UnaryFunction, _ x: Tensor) throws -> Tensor {
  switch function {
  case .relu: return try rectified(x, of: T.self)
  case .hardSwish:
    let (sixth, half) = (T(1) / 6, T(1) / 2)
    return try mapElements(x) { (x: T) in
      x * T.larger(T.smaller(sixth * x + half, 1), 0)
    }
  case .leakyRelu(let alpha):
    let slope = T(alpha)
    return try mapElements(x) { (x: T) in x < 0 ? slope * x : x }
  case .hardSigmoid(let alpha, let beta):
    let (slope, offset) = (T(alpha), T(beta))
    return try mapElements(x) { (x: T) in T.larger(T.smaller(slope * x + offset, 1), 0) }
  case .isNaN: return try mapElements(x) { (x: T) in Bool8(x != x) }
  case .isInfinite(let negative, let positive):
    return try mapElements(x) { (x: T) in
      Bool8(positive && x == T.infinity || negative && x == -T.infinity)
    }
  default:
    if let compound = function.compound { return try compound(x, of: T.self) }
    guard let function = function.inDoublePrecision else {
      throw Fault.unsupported(T.elementType, supported: Op.unary(function).elements)
    }
    return try mapElements(x, cost: 64) { (x: T) in T(rounding: function(x.wide)) }
  }
}

private func unary<T: Arithmetic & FixedWidthInteger>(
  _: T.Type, _ function: UnaryFunction, _ x: Tensor
) throws -> Tensor {
  switch function {
  case .relu: try mapElements(x) { (x: T) in max(x, 0) }
  case .abs: try mapElements(x) { (x: T) in x < 0 ? 0 &- x : x }
  case .negate: try mapElements(x) { (x: T) in 0 &- x }
  case .sign: try mapElements(x) { (x: T) in x.signum() }
  case .bitwiseNot: try mapElements(x) { (x: T) in ~x }
  case .shrink(let bias, let lambda): try shrink(T.self, x, Double(bias), Double(lambda))
  default: throw Fault.unsupported(T.elementType, supported: Op.unary(function).elements)
  }
}

/// Shrink of integers, whose bias is a number that need not be whole: a result loses its fraction.
private func shrink<T: Arithmetic & FixedWidthInteger>(
  _: T.Type, _ x: Tensor, _ bias: Double, _ lambda: Double
) throws -> Tensor {
  try mapElements(x) { (x: T) -> T in
    let value = Double(x)
    guard value < -lambda || value > lambda else { return 0 }
    return bias == 0 ? x : truncated(value < 0 ? value + bias : value - bias, to: T.self)
  }
}

extension Op {
  /// The element types of the first operand.
  fileprivate var elements: [ElementType] { signature.operands[0].elements }
}

extension UnaryFunction {
  /// The function in double precision, after which a result is rounded to its own; `nil` for those
  /// that are none of numbers, those that are computed in the precision of the element, and `compound` ones.
  fileprivate var inDoublePrecision: ((Double) -> Double)? {
    switch self {
    case .identity, .relu, .hardSwish, .leakyRelu, .hardSigmoid, .isNaN, .isInfinite, .not,
      .bitwiseNot, .sigmoid, .tanh, .exp, .erf, .swish, .gelu:
      nil
    case .abs: { $0.magnitude }
    case .negate: { -$0 }
    case .sign: { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 == 0 ? 0 : $0 }
    case .reciprocal: { 1 / $0 }
    case .sqrt: { $0.squareRoot() }
    case .log: Elementary.log
    case .floor: { $0.rounded(.down) }
    case .ceil: { $0.rounded(.up) }
    case .round: { $0.rounded(.toNearestOrEven) }
    case .sin: Elementary.sin
    case .cos: Elementary.cos
    case .tan: Elementary.tan
    case .asin: Elementary.asin
    case .acos: Elementary.acos
    case .atan: Elementary.atan
    case .sinh: Elementary.sinh
    case .cosh: Elementary.cosh
    case .asinh: Elementary.asinh
    case .acosh: Elementary.acosh
    case .atanh: Elementary.atanh
    case .softplus: Elementary.softplus
    case .softsign: { $0 / (1 + $0.magnitude) }
    case .mish: { $0 == -.infinity ? 0 : $0 * Elementary.tanh(Elementary.softplus($0)) }
    case .elu(let alpha): { $0 < 0 ? Double(alpha) * Elementary.expm1($0) : $0 }
    case .selu(let alpha, let gamma):
      { Double(gamma) * ($0 > 0 ? $0 : Double(alpha) * Elementary.expm1($0)) }
    case .celu(let alpha):
      { $0 < 0 ? min(0, Double(alpha) * Elementary.expm1($0 / Double(alpha))) : $0 }
    case .thresholdedRelu(let alpha): { $0 > Double(alpha) ? $0 : 0 }
    case .shrink(let bias, let lambda):
      { $0 < -Double(lambda) ? $0 + Double(bias) : $0 > Double(lambda) ? $0 - Double(bias) : 0 }
    }
  }
}
