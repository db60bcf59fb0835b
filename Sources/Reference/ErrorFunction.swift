extension Elementary {
  /// The error function 2/√π · ∫₀ˣ e^(−t²) dt.
  static func erf(_ x: Double) -> Double {
    if x != x { return x }
    let y = x.magnitude
    if y > 6 { return x < 0 ? -1 : 1 }
    let result = y < 2 ? erfSeries(y) : 1 - erfcFraction(y)
    return x.sign == .minus ? -result : result
  }

  /// 2/√π · e^(−x²) · Σ 2ⁿ·x²ⁿ⁺¹ / (1·3·5·…·(2n+1)), whose terms are all positive.
  private static func erfSeries(_ x: Double) -> Double {
    let square = 2 * x * x
    var term = x
    var sum = x
    for factor in odds {
      term *= square / factor
      sum += term
      if term < sum * 0x1p-55 { break }
    }
    return 0x1.20dd750429b6dp0 * expOfSquare(x) * sum
  }

  /// e^(−x²), for which the rounding error of x² would be too much.
  private static func expOfSquare(_ x: Double) -> Double {
    let square = exactProduct(x, x)
    return exp(-square.high) * (1 - square.low)
  }

  /// 3, 5, 7, …
  private static let odds = Array(stride(from: 3.0, through: 121, by: 2))

  /// 1 − erf x, from x = 2 on: e^(−x²)/√π divided by the continued fraction x + ½/(x + 1/(x + …)).
  private static func erfcFraction(_ x: Double) -> Double {
    var fraction = x
    for numerator in stride(from: 30.0, through: 0.5, by: -0.5) {
      fraction = x + numerator / fraction
    }
    return 0x1.20dd750429b6dp-1 * expOfSquare(x) / fraction
  }
}
