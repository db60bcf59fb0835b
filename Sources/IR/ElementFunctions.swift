/// A function of one element.
public enum UnaryFunction: Hashable, Sendable {
  case identity, relu, sigmoid, tanh, hardSwish
  /// Of integers, the absolute value and the negative of the least one are that one itself.
  case abs, negate
  /// −1, 0 or 1; NaN stays.
  case sign
  case reciprocal, sqrt, exp, log
  case floor, ceil
  /// To the nearest whole number, ties to even.
  case round
  case erf
  case sin, cos, tan, asin, acos, atan
  case sinh, cosh, asinh, acosh, atanh
  /// ln(eˣ + 1)
  case softplus
  /// x / (1 + |x|)
  case softsign
  /// x · tanh(softplus(x))
  case mish
  /// The other truth value.
  case not
  /// Each bit inverted.
  case bitwiseNot
  /// Whether x is NaN.
  case isNaN
  /// Whether x is one of the infinities that are named.
  case isInfinite(negative: Bool, positive: Bool)
  /// x < 0 ? alpha·x : x
  case leakyRelu(alpha: Float)
  /// max(0, min(1, alpha·x + beta))
  case hardSigmoid(alpha: Float, beta: Float)
  /// x < 0 ? alpha·(eˣ − 1) : x
  case elu(alpha: Float)
  /// gamma·(x > 0 ? x : alpha·(eˣ − 1))
  case selu(alpha: Float, gamma: Float)
  /// max(0, x) + min(0, alpha·(e^(x/alpha) − 1))
  case celu(alpha: Float)
  /// x > alpha ? x : 0
  case thresholdedRelu(alpha: Float)
  /// x < −lambda ? x + bias : x > lambda ? x − bias : 0
  case shrink(bias: Float, lambda: Float)
  /// x · sigmoid(alpha·x)
  case swish(alpha: Float)
  /// x/2 · (1 + erf(x/√2)), or with tanh x/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³)))
  case gelu(tanh: Bool)

  /// Each function once, with the parameters that are taken where none are given.
  public static let forms: [UnaryFunction] = [
    .identity, .relu, .sigmoid, .tanh, .hardSwish, .leakyRelu(alpha: 0.01),
    .hardSigmoid(alpha: 0.2, beta: 0.5), .abs, .negate, .sign, .reciprocal, .sqrt, .exp, .log,
    .floor, .ceil, .round, .erf, .sin, .cos, .tan, .asin, .acos, .atan, .sinh, .cosh, .asinh,
    .acosh, .atanh, .softplus, .softsign, .mish, .elu(alpha: 1),
    .selu(alpha: 1.673_263_2, gamma: 1.050_701), .celu(alpha: 1), .thresholdedRelu(alpha: 1),
    .shrink(bias: 0, lambda: 0.5), .swish(alpha: 1), .gelu(tanh: false), .not, .bitwiseNot,
    .isNaN, .isInfinite(negative: true, positive: true),
  ]

  /// Whether the result is a truth value about a number.
  public var isTest: Bool {
    switch self {
    case .isNaN, .isInfinite: true
    default: false
    }
  }
}

/// A function of two elements.
public enum BinaryFunction: String, Hashable, Sendable, CaseIterable {
  case add, sub, mul, div, max, min
  /// a < 0 ? a·b : a; b broadcasts to a.
  case prelu
  /// a to the power of b, whose element type may be another; the result is of the type of a.
  case pow
  /// a − b·⌊a / b⌋, which has the sign of b.
  case mod
  /// a − b·n, n being a / b without its fraction, which has the sign of a.
  case fmod
  case equal, less
  case lessOrEqual = "less_or_equal"
  case greater
  case greaterOrEqual = "greater_or_equal"
  /// Of truth values.
  case and, or, xor
  case bitwiseAnd = "bitwise_and"
  case bitwiseOr = "bitwise_or"
  case bitwiseXor = "bitwise_xor"
  /// a · 2ᵇ without what does not fit; 0 if b is negative or at least the number of bits.
  case shiftLeft = "shift_left"
  /// ⌊a / 2ᵇ⌋; 0, or −1 of a negative a, if b is negative or at least the number of bits.
  case shiftRight = "shift_right"

  /// Whether the result is a truth value about two elements.
  public var isComparison: Bool {
    switch self {
    case .equal, .less, .lessOrEqual, .greater, .greaterOrEqual: true
    default: false
    }
  }
}
