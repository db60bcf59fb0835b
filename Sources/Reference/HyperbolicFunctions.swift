// The hyperbolic functions, their inverses and what is made of exponentials, for the reasons that
// `Elementary` gives.

extension Elementary {
  /// ln(1 + x), exact to the last places near 0 as well.
  static func log1p(_ x: Double) -> Double {
    let sum = 1 + x
    if sum == 1 || x == .infinity { return x }
    // What is lost of x in the sum changes the logarithm as it does x (W. Kahan).
    return log(sum) * (x / (sum - 1))
  }

  /// The hyperbolic sine.
  static func sinh(_ x: Double) -> Double {
    if x.magnitude > 20 { return x < 0 ? -halfOfExp(-x) : halfOfExp(x) }
    let power = expm1(x.magnitude)
    let result = (power + power / (power + 1)) / 2
    return x.sign == .minus ? -result : result
  }

  /// The hyperbolic cosine.
  static func cosh(_ x: Double) -> Double {
    if x.magnitude > 20 { return halfOfExp(x.magnitude) }
    let power = exp(x.magnitude)
    return (power + 1 / power) / 2
  }

  /// eˣ / 2, also where eˣ is too large.
  private static func halfOfExp(_ x: Double) -> Double {
    if x == .infinity { return x }
    let root = exp(x / 2)
    return root / 2 * root
  }

  /// The inverse of the hyperbolic sine.
  static func asinh(_ x: Double) -> Double {
    let y = x.magnitude
    if y < 0x1p-27 || x != x { return x }
    let result =
      y > 0x1p27 ? log(y) + ln2 : log1p(y + y * y / (1 + (y * y + 1).squareRoot()))
    return x < 0 ? -result : result
  }

  /// The inverse of the hyperbolic cosine; NaN below 1.
  static func acosh(_ x: Double) -> Double {
    if x > 0x1p27 { return log(x) + ln2 }
    // Far below, t + √(2·t + t²) is 0 as at 1.
    if x < 1 { return .nan }
    let t = x - 1
    return log1p(t + (2 * t + t * t).squareRoot())
  }

  /// The inverse of the hyperbolic tangent; NaN outside of −1 … 1.
  static func atanh(_ x: Double) -> Double {
    let y = x.magnitude
    if y < 0x1p-27 { return x }
    let result = log1p(2 * y / (1 - y)) / 2
    return x < 0 ? -result : result
  }

  /// ln(eˣ + 1).
  static func softplus(_ x: Double) -> Double { max(x, 0) + log1p(exp(-x.magnitude)) }

  private static let ln2 = 0x1.62e42fefa39efp-1
}
