import Basics

// Functions of elements that inference knows: sizes, of which a symbol is at least 0, and truth
// values, which are 0 and 1.

extension UnaryFunction {
  /// The function of one known element; `nil` where the result is not known or does not fit.
  func applied(to x: Dimension) -> Dimension? {
    switch (self, x) {
    case (.identity, _), (.abs, .symbol), (.relu, .symbol): x
    case (.abs, .fixed(let value)): value == .min ? nil : .fixed(Swift.abs(value))
    case (.negate, .fixed(let value)): 0.subtracting(value).map(Dimension.fixed)
    case (.relu, .fixed(let value)): .fixed(max(value, 0))
    case (.sign, .fixed(let value)): .fixed(value.signum())
    case (.not, .fixed(let value)): .fixed(1 - value)
    default: nil
    }
  }
}

extension BinaryFunction {
  /// The function of two known elements; `nil` where the result is not known or does not fit.
  func applied(to a: Dimension, _ b: Dimension) -> Dimension? {
    switch (self, a, b) {
    case (.add, let x, .fixed(0)), (.add, .fixed(0), let x), (.sub, let x, .fixed(0)),
      (.mul, let x, .fixed(1)), (.mul, .fixed(1), let x), (.div, let x, .fixed(1)):
      x
    case (_, .fixed(let x), .fixed(let y)): applied(to: x, y).map(Dimension.fixed)
    case (_, .symbol, .symbol) where a == b: appliedToEqual(a)
    case (_, .symbol, .fixed(let y)): y < 0 ? appliedToLess(a, isReversed: true) : nil
    case (_, .fixed(let x), .symbol): x < 0 ? appliedToLess(b, isReversed: false) : nil
    case (_, .symbol, .symbol): nil
    }
  }

  private func applied(to x: Int, _ y: Int) -> Int? {
    switch self {
    case .add: x.adding(y)
    case .sub: x.subtracting(y)
    case .mul: x.multiplied(by: y)
    case .div: y == 0 || (x == .min && y == -1) ? nil : x / y
    case .max: Swift.max(x, y)
    case .min: Swift.min(x, y)
    case .mod: y == 0 || y == -1 ? nil : (x % y) + ((x % y != 0 && (x < 0) != (y < 0)) ? y : 0)
    case .fmod: y == 0 || y == -1 ? nil : x % y
    case .equal: x == y ? 1 : 0
    case .less: x < y ? 1 : 0
    case .lessOrEqual: x <= y ? 1 : 0
    case .greater: x > y ? 1 : 0
    case .greaterOrEqual: x >= y ? 1 : 0
    case .and: x & y
    case .or: x | y
    case .xor: x ^ y
    case .bitwiseAnd: x & y
    case .bitwiseOr: x | y
    case .bitwiseXor: x ^ y
    case .prelu, .pow, .shiftLeft, .shiftRight: nil
    }
  }

  /// The function of a symbol with itself.
  private func appliedToEqual(_ x: Dimension) -> Dimension? {
    switch self {
    case .max, .min: x
    case .sub: .fixed(0)
    case .equal, .lessOrEqual, .greaterOrEqual: .fixed(1)
    case .less, .greater: .fixed(0)
    default: nil
    }
  }

  /// The function of a symbol `x` and a number below 0, which is less; `isReversed` where the symbol
  /// comes first.
  private func appliedToLess(_ x: Dimension, isReversed: Bool) -> Dimension? {
    switch self {
    case .max: x
    case .equal: .fixed(0)
    case .less, .lessOrEqual: .fixed(isReversed ? 0 : 1)
    case .greater, .greaterOrEqual: .fixed(isReversed ? 1 : 0)
    default: nil
    }
  }
}
