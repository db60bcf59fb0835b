/// Elementary functions in double precision, made of additions, multiplications and divisions only.
///
/// The C library picks an implementation by the CPU, and its results differ in the last bit; these
/// are the same everywhere. Their error is a few units in the last place of a double, so that a
/// result rounded to f32 is off by less than one unit there.
enum Elementary {
  /// ln 2, split so that the product of an exponent and the first part is exact.
  static let ln2High = 0x1.62e42feep-1
  static let ln2Low = 0x1.a39ef35793c76p-33
  private static let log2e = 0x1.71547652b82fep0
  /// Adding and subtracting this rounds a number of small magnitude to an integer, ties to even.
  private static let rounder = 0x1.8p52

  /// eˣ.
  static func exp(_ x: Double) -> Double {
    if x != x { return x }
    if x > 709.8 { return .infinity }
    if x < -745.2 { return 0 }
    let exponent = (x * log2e + rounder) - rounder
    let remainder = (x - exponent * ln2High) - exponent * ln2Low
    let mantissa = 1 + expm1Near0(remainder)
    // Two factors reach the subnormal numbers and the largest ones, which no single power of 2 does.
    let integer = Int64(exponent)
    let half = integer >> 1
    return mantissa * powerOf2(half) * powerOf2(integer - half)
  }

  /// eˣ − 1, exact to the last places near 0 as well.
  static func expm1(_ x: Double) -> Double {
    x > -0.35 && x < 0.35 ? expm1Near0(x) : exp(x) - 1
  }

  /// The natural logarithm.
  static func log(_ x: Double) -> Double {
    if x != x || x == .infinity { return x }
    if x < 0 { return .nan }
    if x == 0 { return -.infinity }
    let (exponent, mantissa) = decomposed(x)
    // ln m = 2·artanh s = 2(s + s³/3 + s⁵/5 + …), with |s| below 0.1716.
    let s = (mantissa - 1) / (mantissa + 1)
    let square = s * s
    var series = 1.0 / 23
    for odd in stride(from: 21.0, through: 3, by: -2) { series = series * square + 1 / odd }
    return exponent * ln2High + (2 * s + (2 * s * square * series + exponent * ln2Low))
  }

  /// The k and m of x = 2ᵏ·m with m in √½ ..< √2, for a positive x.
  static func decomposed(_ x: Double) -> (exponent: Double, mantissa: Double) {
    let scaled = x < .leastNormalMagnitude ? x * 0x1p54 : x
    let bits = scaled.bitPattern &- 0x3fe6_a09e_667f_3bcd
    let exponent = Double(Int64(bitPattern: bits) >> 52) - (x < .leastNormalMagnitude ? 54 : 0)
    let mantissa = Double(bitPattern: (bits & 0x000f_ffff_ffff_ffff) &+ 0x3fe6_a09e_667f_3bcd)
    return (exponent, mantissa)
  }

  /// The hyperbolic tangent.
  static func tanh(_ x: Double) -> Double {
    if x != x { return x }
    let magnitude = x.magnitude
    if magnitude > 20 { return x < 0 ? -1 : 1 }
    let power = expm1(2 * magnitude)
    let result = power / (power + 2)
    return x.sign == .minus ? -result : result
  }

  /// 1 / (1 + e⁻ˣ).
  static func sigmoid(_ x: Double) -> Double {
    if x != x { return x }
    let power = exp(-x.magnitude)
    return x < 0 ? power / (1 + power) : 1 / (1 + power)
  }

  /// eˣ − 1 for |x| up to 0.35: the Taylor series, whose next term is below 10⁻¹⁷ relative to x.
  private static func expm1Near0(_ x: Double) -> Double {
    var series = 1.0 / 6_227_020_800
    series = series * x + 1.0 / 479_001_600
    series = series * x + 1.0 / 39_916_800
    series = series * x + 1.0 / 3_628_800
    series = series * x + 1.0 / 362_880
    series = series * x + 1.0 / 40_320
    series = series * x + 1.0 / 5_040
    series = series * x + 1.0 / 720
    series = series * x + 1.0 / 120
    series = series * x + 1.0 / 24
    series = series * x + 1.0 / 6
    series = series * x + 0.5
    return x + x * x * series
  }

  /// 2 to the power of `exponent`, which must be that of a normal number.
  private static func powerOf2(_ exponent: Int64) -> Double {
    Double(bitPattern: UInt64(bitPattern: exponent &+ 1023) << 52)
  }
}
