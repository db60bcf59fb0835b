extension Elementary {
  /// `x` to the power of `y`, with the special cases of IEEE 754: 1 where y is 0 or x is 1, NaN for
  /// a fraction of a negative number.
  static func power(_ x: Double, _ y: Double) -> Double {
    if y == 0 || x == 1 { return 1 }
    if x != x || y != y { return .nan }
    if y.isInfinite { return x == -1 ? 1 : (x.magnitude > 1) == (y > 0) ? .infinity : 0 }
    let isInteger = y == y.rounded(.towardZero)
    let isOdd = isInteger && y.magnitude < 0x1p53 && Int64(y) & 1 == 1
    let sign: Double = x.sign == .minus && isOdd ? -1 : 1
    if x == 0 || x.isInfinite { return (x == 0) == (y > 0) ? 0 * sign : .infinity * sign }
    if x < 0 && !isInteger { return .nan }
    let logarithm = doubleLog(x.magnitude)
    let estimate = y * logarithm.high
    if estimate.magnitude > 800 { return estimate > 0 ? .infinity * sign : 0 * sign }
    let exponent = exactProduct(y, logarithm.high)
    let result = exp(exponent.high)
    return sign * (result.isFinite ? result + result * (exponent.low + y * logarithm.low) : result)
  }

  /// The natural logarithm of a positive number as a sum of two, since its error counts y times.
  private static func doubleLog(_ x: Double) -> (high: Double, low: Double) {
    let (exponent, mantissa) = decomposed(x)
    // ln m = 2·artanh s = 2s + 2s·(s²/3 + s⁴/5 + …), with s = (m − 1) / (m + 1).
    let divisor = mantissa + 1
    let divisorLow = mantissa - (divisor - 1)
    let s = (mantissa - 1) / divisor
    let back = exactProduct(s, divisor)
    let sLow = (((mantissa - 1) - back.high) - back.low - s * divisorLow) / divisor
    var square = exactProduct(s, s)
    square.low += 2 * s * sLow
    var series = 1.0 / 23
    for odd in stride(from: 21.0, through: 5, by: -2) { series = series * square.high + 1 / odd }
    var third = exactProduct(square.high, 0x1.5555555555555p-2)
    third.low += square.high * 0x1.5555555555555p-56 + square.low * 0x1.5555555555555p-2
    let rest = third.low + square.high * square.high * series
    let factor = third.high + rest
    var product = exactProduct(2 * s, factor)
    product.low += 2 * s * (rest - (factor - third.high)) + 2 * sLow * factor
    let sum = 2 * s + product.high
    let sumLow = (2 * s - sum) + product.high + product.low + 2 * sLow
    // Of the exponent and the logarithm of the mantissa, either may be larger.
    let whole = exponent * ln2High
    let high = whole + sum
    let share = high - whole
    let low = (whole - (high - share)) + (sum - share) + (sumLow + exponent * ln2Low)
    let total = high + low
    return (total, low - (total - high))
  }

  /// a · b as a sum of two, exact unless a factor is above 2⁹⁹⁵ (T. Dekker, "A floating-point
  /// technique for extending the available precision", 1971).
  static func exactProduct(_ a: Double, _ b: Double) -> (high: Double, low: Double) {
    func split(_ x: Double) -> (Double, Double) {
      let scaled = 134_217_729 * x
      let high = scaled - (scaled - x)
      return (high, x - high)
    }
    let product = a * b
    let (aHigh, aLow) = split(a)
    let (bHigh, bLow) = split(b)
    return (product, ((aHigh * bHigh - product) + aHigh * bLow + aLow * bHigh) + aLow * bLow)
  }
}
