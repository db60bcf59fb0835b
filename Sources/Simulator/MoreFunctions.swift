// Functions that are no exponentials; like those, in f64 and rounded to f32 once.

/// The error function.
func errorFunction(_ value: Float) -> Float {
  let x = Double(value.magnitude)
  // From here on, it is 1 to the last place of an f32.
  if x > 4 { return value < 0 ? -1 : 1 }
  if value != value { return value }
  var result: Double
  if x < 2.5 {
    // 2/√π · e^(−x²) · Σ 2ⁿ·x²ⁿ⁺¹ / (1·3·5·…·(2n+1))
    var term = x
    result = x
    var odd = 3.0
    while term > result * 1e-12 {
      term *= 2 * x * x / odd
      result += term
      odd += 2
    }
    result *= 1.1283791670955126 * exponential(-x * x)
  } else {
    // 1 − e^(−x²)/√π divided by the continued fraction x + ½/(x + 1/(x + …))
    result = x
    for numerator in stride(from: 15.0, through: 0.5, by: -0.5) { result = x + numerator / result }
    result = 1 - 0.5641895835477563 * exponential(-x * x) / result
  }
  return Float(value < 0 ? -result : result)
}

/// The sine of `value` and a number of quarter turns; one of them makes it the cosine.
func sine(_ value: Float, quarterTurns: Int) -> Float {
  guard value.isFinite else { return .nan }
  var angle = Double(value)
  var quadrant = quarterTurns
  if value.magnitude > 0.7853982 {
    // The digits of 2/π that make neither multiples of 4 quarter turns nor less than 2⁻¹⁰⁰ of one.
    let offset = Int(value.exponent) - 23 + 62
    let (word, shift) = (offset / 64, UInt64(offset % 64))
    func digits(_ index: Int) -> UInt64 {
      shift == 0
        ? twoOverPi[index] : twoOverPi[index] << shift | twoOverPi[index + 1] >> (64 - shift)
    }
    let window = UInt128(digits(word)) << 64 | UInt128(digits(word + 1))
    let product = window &* UInt128(value.significandBitPattern | 1 << 23)
    // Two bits of quarter turns, and a fraction, which counts from the nearest one.
    let turns = Int(product >> 126) + Int(product >> 125 & 1)
    let rest = Int128(truncatingIfNeeded: product << 2)
    angle = Double(rest) * 0x1p-128 * 1.5707963267948966
    if value < 0 { angle = -angle }
    quadrant += value < 0 ? -turns : turns
  }
  let s = angle * angle
  var sum: Double
  if quadrant & 1 == 0 {
    sum = 1.0 / 6_227_020_800
    sum = sum * s - 1.0 / 39_916_800
    sum = sum * s + 1.0 / 362_880
    sum = sum * s - 1.0 / 5_040
    sum = sum * s + 1.0 / 120
    sum = sum * s - 1.0 / 6
    sum = angle + angle * s * sum
  } else {
    sum = 1.0 / 479_001_600
    sum = sum * s - 1.0 / 3_628_800
    sum = sum * s + 1.0 / 40_320
    sum = sum * s - 1.0 / 720
    sum = sum * s + 1.0 / 24
    sum = sum * s - 0.5
    sum = 1 + s * sum
  }
  return Float(quadrant & 2 == 0 ? sum : -sum)
}

/// Sixty-four zeros and the binary digits of 2/π behind the point.
private let twoOverPi: [UInt64] = [
  0x0, 0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041, 0xfe5163abdebbc561,
]

/// The inverse of the tangent.
func arctangent(_ value: Float) -> Float {
  if value == 0 || value != value { return value }
  let magnitude = Double(value.magnitude)
  var t = magnitude > 1 ? 1 / magnitude : magnitude
  // Half of the angle, twice.
  t = t / (1 + (1 + t * t).squareRoot())
  t = t / (1 + (1 + t * t).squareRoot())
  let s = t * t
  var sum = -1.0 / 15
  sum = sum * s + 1.0 / 13
  sum = sum * s - 1.0 / 11
  sum = sum * s + 1.0 / 9
  sum = sum * s - 1.0 / 7
  sum = sum * s + 1.0 / 5
  sum = sum * s - 1.0 / 3
  let angle = 4 * (t + t * s * sum)
  let result = magnitude > 1 ? 1.5707963267948966 - angle : angle
  return Float(value < 0 ? -result : result)
}

/// `x` to the power of `y`, with the special cases of IEEE 754.
func power(_ x: Float, _ y: Float) -> Float {
  if y == 0 || x == 1 { return 1 }
  if x != x || y != y { return .nan }
  if y.isInfinite { return x == -1 ? 1 : (x.magnitude > 1) == (y > 0) ? .infinity : 0 }
  let isWhole = y == y.rounded(.towardZero)
  let isOdd = isWhole && y.magnitude < 0x1p24 && Int(y) & 1 == 1
  let sign: Float = x.sign == .minus && isOdd ? -1 : 1
  if x == 0 || x.isInfinite { return (x == 0) == (y > 0) ? 0 * sign : .infinity * sign }
  if x < 0 && !isWhole { return .nan }
  let exponent = Double(y) * logarithm(Double(x.magnitude))
  return sign * Float(exponential(exponent))
}

/// `x` − `y` · ⌊x / y⌋, with the sign of `y`.
func flooredRemainder(_ x: Float, _ y: Float) -> Float {
  let rest = x.truncatingRemainder(dividingBy: y)
  if rest == 0 { return Float(signOf: y, magnitudeOf: rest) }
  return (rest < 0) != (y < 0) ? rest + y : rest
}

/// `x` to the power of `n`, modulo 2⁶⁴; a negative power is 0 but for those of 1 and −1.
func power(_ x: Int64, _ n: Int64, isUnsigned: Bool) throws(RunFault) -> Int64 {
  if !isUnsigned && n < 0 {
    guard x != 0 else { throw RunFault("an integer is divided by 0") }
    return x == 1 ? 1 : x == -1 ? (n & 1 == 0 ? 1 : -1) : 0
  }
  var (result, square, rest) = (Int64(1), x, UInt64(bitPattern: n))
  while rest > 0 {
    if rest & 1 == 1 { result = result &* square }
    square = square &* square
    rest >>= 1
  }
  return result
}
