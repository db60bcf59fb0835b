// Functions of `map` and `zip`, in f64 and rounded to f32 once, from series: their bits do not depend on
// the mathematical library, and the compiler turns loops over them into vector code.

/// eˣ; beyond ±120, where an f32 knows only 0 and infinity, that of ±120. NaN for NaN.
@inline(__always) func exponential(_ x: Double) -> Double {
  let cut = x > 120 ? 120 : (x < -120 ? -120 : x)
  // Adding 1.5 · 2⁵² leaves the nearest integer in the low bits.
  let shifted = cut * 1.4426950408889634 + 0x1.8p52
  let exponent = Int64(bitPattern: shifted.bitPattern) &- Int64(bitPattern: 0x1.8p52.bitPattern)
  let r = cut - (shifted - 0x1.8p52) * 0.6931471805599453
  // Taylor's series to r¹¹ / 11!, for |r| ≤ ln 2 / 2.
  var sum = 1.0 / 39_916_800
  sum = sum * r + 1.0 / 3_628_800
  sum = sum * r + 1.0 / 362_880
  sum = sum * r + 1.0 / 40_320
  sum = sum * r + 1.0 / 5_040
  sum = sum * r + 1.0 / 720
  sum = sum * r + 1.0 / 120
  sum = sum * r + 1.0 / 24
  sum = sum * r + 1.0 / 6
  sum = sum * r + 0.5
  sum = sum * r + 1
  sum = sum * r + 1
  return sum * Double(bitPattern: UInt64(bitPattern: (exponent &+ 1023) &<< 52))
}

/// ln x of an f32: NaN below 0, −∞ at 0.
@inline(__always) func logarithm(_ value: Float) -> Float {
  if !(value > 0) { return value == 0 ? -.infinity : .nan }
  return value == .infinity ? value : Float(logarithm(Double(value)))
}

/// ln x of a normal number above 0.
@inline(__always) func logarithm(_ value: Double) -> Double {
  let bits = value.bitPattern
  var exponent = Double(Int64(bits >> 52) &- 1023)
  var fraction = Double(bitPattern: bits & 0xF_FFFF_FFFF_FFFF | 0x3FF0_0000_0000_0000)
  if fraction > 1.4142135623730951 {
    fraction *= 0.5
    exponent += 1
  }
  // ln f = 2 artanh((f − 1) / (f + 1)), whose argument is at most 0.172.
  let t = (fraction - 1) / (fraction + 1)
  let s = t * t
  var sum = 1.0 / 17
  sum = sum * s + 1.0 / 15
  sum = sum * s + 1.0 / 13
  sum = sum * s + 1.0 / 11
  sum = sum * s + 1.0 / 9
  sum = sum * s + 1.0 / 7
  sum = sum * s + 1.0 / 5
  sum = sum * s + 1.0 / 3
  sum = sum * s + 1
  return exponent * 0.6931471805599453 + 2 * t * sum
}

/// tanh x.
@inline(__always) func hyperbolicTangent(_ value: Float) -> Float {
  let x = Double(value)
  let s = x * x
  // Near 0 the quotient below would cancel.
  let near = x * (1 + s * (-1.0 / 3 + s * (2.0 / 15 + s * (-17.0 / 315))))
  let far = 1 - 2 / (exponential(2 * x) + 1)
  return Float(s < 0.0004 ? near : far)
}

/// 1 / (1 + e⁻ˣ).
@inline(__always) func logistic(_ value: Float) -> Float {
  Float(1 / (1 + exponential(-Double(value))))
}
