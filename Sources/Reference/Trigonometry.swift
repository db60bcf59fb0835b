// The trigonometric functions and their inverses, for the reasons that `Elementary` gives.

extension Elementary {
  /// The sine.
  static func sin(_ x: Double) -> Double {
    guard x.isFinite else { return .nan }
    let (quadrant, r) = reduced(x)
    let value = quadrant & 1 == 0 ? sinNear0(r) : cosNear0(r)
    return quadrant & 2 == 0 ? value : -value
  }

  /// The cosine.
  static func cos(_ x: Double) -> Double {
    guard x.isFinite else { return .nan }
    let (quadrant, r) = reduced(x)
    let value = quadrant & 1 == 0 ? cosNear0(r) : sinNear0(r)
    return (quadrant &+ 1) & 2 == 0 ? value : -value
  }

  /// The tangent.
  static func tan(_ x: Double) -> Double {
    guard x.isFinite else { return .nan }
    let (quadrant, r) = reduced(x)
    return quadrant & 1 == 0 ? sinNear0(r) / cosNear0(r) : -cosNear0(r) / sinNear0(r)
  }

  /// The inverse of the tangent.
  static func atan(_ x: Double) -> Double {
    if x != x || x == 0 { return x }
    let magnitude = x.magnitude
    let result = magnitude > 1 ? .pi / 2 - atanUpTo1(1 / magnitude) : atanUpTo1(magnitude)
    return x < 0 ? -result : result
  }

  /// The inverse of the sine; NaN outside of −1 … 1.
  static func asin(_ x: Double) -> Double {
    x.magnitude < 0x1p-27 ? x : atan(x / ((1 - x) * (1 + x)).squareRoot())
  }

  /// The inverse of the cosine; NaN outside of −1 … 1.
  static func acos(_ x: Double) -> Double {
    x == -1 ? .pi : 2 * atan(((1 - x) / (1 + x)).squareRoot())
  }

  /// atan x for 0 ≤ x ≤ 1, from that of the nearest quarter.
  private static func atanUpTo1(_ x: Double) -> Double {
    let quarter = Int(4 * x + 0.5)
    let center = Double(quarter) / 4
    let t = (x - center) / (1 + x * center)
    let square = t * t
    // Of the series t − t³/3 + t⁵/5 − …, whose |t| is at most 1/8.
    var series = -1.0 / 19
    series = series * square + 1.0 / 17
    series = series * square - 1.0 / 15
    series = series * square + 1.0 / 13
    series = series * square - 1.0 / 11
    series = series * square + 1.0 / 9
    series = series * square - 1.0 / 7
    series = series * square + 1.0 / 5
    series = series * square - 1.0 / 3
    return atanOfQuarters[quarter] + (t + t * square * series)
  }

  /// atan of 0, ¼, ½, ¾ and 1.
  private static let atanOfQuarters = [
    0, 0x1.f5b75f92c80ddp-3, 0x1.dac670561bb4fp-2, 0x1.4978fa3269ee1p-1, 0x1.921fb54442d18p-1,
  ]

  /// The number of quarter turns nearest to `x`, modulo 4, and the angle from there to `x`.
  ///
  /// x·2/π is computed as an integer product of the digits of x with those digits of 2/π that are
  /// neither multiples of 4 nor beyond the precision (M. Payne, R. Hanek, "Radian reduction for
  /// trigonometric functions", 1983).
  private static func reduced(_ x: Double) -> (quadrant: Int, angle: Double) {
    if x.magnitude <= .pi / 4 { return (0, x) }
    let mantissa = x.significandBitPattern | 1 << 52
    // The digits begin with a word of zeros; the first one taken has the weight 2 after the product.
    let offset = Int(x.exponent) - 52 + 62
    let word = offset / 64
    let shift = UInt64(offset % 64)
    var digits = SIMD4<UInt64>()
    for index in 0..<4 {
      let next = shift == 0 ? 0 : twoOverPi[word + index + 1] >> (64 - shift)
      digits[index] = twoOverPi[word + index] << shift | next
    }
    // The lowest 256 bits of the product: two of quarter turns, and a fraction.
    var product = SIMD4<UInt64>()
    var carry: UInt64 = 0
    for index in (0..<4).reversed() {
      let (high, low) = digits[index].multipliedFullWidth(by: mantissa)
      let (sum, overflow) = low.addingReportingOverflow(carry)
      product[index] = sum
      carry = high &+ (overflow ? 1 : 0)
    }
    var quadrant = Int(product[0] >> 62)
    var fraction = SIMD4<UInt64>()
    for index in 0..<4 {
      fraction[index] = product[index] << 2 | (index < 3 ? product[index + 1] >> 62 : 0)
    }
    let isNegative = fraction[0] >> 63 == 1
    if isNegative {
      quadrant += 1
      fraction = ~fraction
    }
    let top = fraction[0] != 0 ? 0 : fraction[1] != 0 ? 1 : 2
    let zeros = UInt64(fraction[top].leadingZeroBitCount)
    let head =
      zeros == 0 ? fraction[top] : fraction[top] << zeros | fraction[top + 1] >> (64 - zeros)
    let value = Double(
      sign: .plus, exponent: -64 * (top + 1) - Int(zeros), significand: Double(head))
    let angle = (isNegative ? -value : value) * (.pi / 2)
    return x < 0 ? (-quadrant & 3, -angle) : (quadrant & 3, angle)
  }

  /// Sixty-four zeros and the binary digits of 2/π behind the point.
  private static let twoOverPi: [UInt64] = [
    0x0000000000000000, 0xa2f9836e4e441529, 0xfc2757d1f534ddc0,
    0xdb6295993c439041, 0xfe5163abdebbc561, 0xb7246e3a424dd2e0,
    0x06492eea09d1921c, 0xfe1deb1cb129a73e, 0xe88235f52ebb4484,
    0xe99c7026b45f7e41, 0x3991d639835339f4, 0x9c845f8bbdf9283b,
    0x1ff897ffde05980f, 0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7,
    0x4f463f669e5fea2d, 0x7527bac7ebe5f17b, 0x3d0739f78a5292ea,
    0x6bfb5fb11f8d5d08, 0x56033046fc7b6bab, 0xf0cfbc209af4361d,
    0xa9e391615ee61b08, 0x6599855f14a06840,
  ]

  /// sin x for |x| up to π/4: the Taylor series, whose next term is below 10⁻¹⁸ relative to x.
  private static func sinNear0(_ x: Double) -> Double {
    let square = x * x
    var series = 1.0 / 355_687_428_096_000
    series = series * square - 1.0 / 1_307_674_368_000
    series = series * square + 1.0 / 6_227_020_800
    series = series * square - 1.0 / 39_916_800
    series = series * square + 1.0 / 362_880
    series = series * square - 1.0 / 5_040
    series = series * square + 1.0 / 120
    series = series * square - 1.0 / 6
    return x + x * square * series
  }

  /// cos x for |x| up to π/4: the Taylor series, whose next term is below 10⁻¹⁷.
  private static func cosNear0(_ x: Double) -> Double {
    let square = x * x
    var series = 1.0 / 20_922_789_888_000
    series = series * square - 1.0 / 87_178_291_200
    series = series * square + 1.0 / 479_001_600
    series = series * square - 1.0 / 3_628_800
    series = series * square + 1.0 / 40_320
    series = series * square - 1.0 / 720
    series = series * square + 1.0 / 24
    return 1 - (square / 2 - square * square * series)
  }
}
