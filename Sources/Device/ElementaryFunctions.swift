/// Elementary functions without branches, so that loops over them become vector code.
///
/// They are made of additions, multiplications, divisions and operations on bits, and so the same on
/// every processor, which those of the C library are not. Relative errors are below 10⁻¹⁵.
enum Elementary {
  /// ln 2, split so that the product of an exponent and the first part is exact.
  private static let ln2High = 0x1.62e42feep-1
  private static let ln2Low = 0x1.a39ef35793c76p-33
  /// Adding this rounds a number of small magnitude to an integer, which then lies in the low bits.
  private static let rounder = 0x1.8p52

  /// The natural logarithm of a positive normal number.
  @inline(__always)
  static func log(_ x: Double) -> Double {
    // x = 2ᵏ · m with m in √½ ..< √2, and ln m = 2 artanh s = 2 (s + s³/3 + s⁵/5 + …).
    let rootOfHalf: UInt64 = 0x3FE6_A09E_667F_3BCD
    let bits = x.bitPattern &- rootOfHalf
    let exponent = Double(Int32(truncatingIfNeeded: Int64(bitPattern: bits) >> 52))
    let m = Double(bitPattern: (bits & 0x000F_FFFF_FFFF_FFFF) &+ rootOfHalf)
    let s = (m - 1) / (m + 1)
    let z = s * s
    var series = 1.0 / 23
    series = series * z + 1.0 / 21
    series = series * z + 1.0 / 19
    series = series * z + 1.0 / 17
    series = series * z + 1.0 / 15
    series = series * z + 1.0 / 13
    series = series * z + 1.0 / 11
    series = series * z + 1.0 / 9
    series = series * z + 1.0 / 7
    series = series * z + 1.0 / 5
    series = series * z + 1.0 / 3
    return exponent * ln2High + (2 * s + (2 * s * z * series + exponent * ln2Low))
  }

  /// eˣ, with x cut to ±700.
  @inline(__always)
  static func exp(_ x: Double) -> Double {
    let x = min(max(x, -700), 700)
    let rounded = x * 0x1.71547652b82fep0 + rounder
    let exponent = rounded - rounder
    let r = (x - exponent * ln2High) - exponent * ln2Low
    var series = 1.0 / 6_227_020_800
    series = series * r + 1.0 / 479_001_600
    series = series * r + 1.0 / 39_916_800
    series = series * r + 1.0 / 3_628_800
    series = series * r + 1.0 / 362_880
    series = series * r + 1.0 / 40_320
    series = series * r + 1.0 / 5_040
    series = series * r + 1.0 / 720
    series = series * r + 1.0 / 120
    series = series * r + 1.0 / 24
    series = series * r + 1.0 / 6
    series = series * r + 0.5
    let mantissa = 1 + (r + r * r * series)
    return Double(bitPattern: mantissa.bitPattern &+ rounded.bitPattern << 52)
  }

  /// The cosine and the sine of x, with |x| up to π/4.
  @inline(__always)
  static func cosineAndSine(_ x: Double) -> (Double, Double) {
    let z = x * x
    var cosine = 1.0 / 20_922_789_888_000
    cosine = cosine * z - 1.0 / 87_178_291_200
    cosine = cosine * z + 1.0 / 479_001_600
    cosine = cosine * z - 1.0 / 3_628_800
    cosine = cosine * z + 1.0 / 40_320
    cosine = cosine * z - 1.0 / 720
    cosine = cosine * z + 1.0 / 24
    cosine = cosine * z - 0.5
    cosine = cosine * z + 1
    var sine = 1.0 / 355_687_428_096_000
    sine = sine * z - 1.0 / 1_307_674_368_000
    sine = sine * z + 1.0 / 6_227_020_800
    sine = sine * z - 1.0 / 39_916_800
    sine = sine * z + 1.0 / 362_880
    sine = sine * z - 1.0 / 5_040
    sine = sine * z + 1.0 / 120
    sine = sine * z - 1.0 / 6
    return (cosine, x + x * z * sine)
  }
}
