import Basics

/// The f16 (IEEE 754 binary16) nearest to `value`, ties to even, as an f32.
///
/// Written with integer operations, which the compiler turns into vector code on every processor.
@inline(__always) func nearestHalf(_ value: Float) -> Float {
  let magnitude = Int32(bitPattern: value.bitPattern & 0x7FFF_FFFF)
  // Rounds away 13 bits of the fraction; a carry goes into the exponent, as it should.
  let normal = (magnitude &+ 0xFFF &+ (magnitude >> 13 & 1)) & ~0x1FFF
  // Below 2⁻¹⁴ an f16 counts in steps of 2⁻²⁴, which are those of an f32 in 0.5 ..< 1.
  let tiny = (Float(bitPattern: UInt32(bitPattern: magnitude)) + 0.5) - 0.5
  var result = magnitude < 0x3880_0000 ? Int32(bitPattern: tiny.bitPattern) : normal
  result = result >= 0x4780_0000 ? 0x7F80_0000 : result
  result = magnitude > 0x7F80_0000 ? magnitude : result
  return Float(bitPattern: UInt32(bitPattern: result) | value.bitPattern & 0x8000_0000)
}

/// The integer nearest to `value`, ties to even, for |value| up to 2²².
@inline(__always) func nearestInteger(_ value: Float) -> Float {
  (value + 0x1.8p23) - 0x1.8p23
}

/// `value` cut to −limit ... limit; a NaN becomes 0.
@inline(__always) func clipped(_ value: Float, to limit: Float) -> Float {
  let cut = value > limit ? limit : (value < -limit ? -limit : value)
  return cut == cut ? cut : 0
}

/// `value` without its fraction, cut to the range of the integer type `element`; a NaN becomes 0.
///
/// For `bool` it is 1 unless `value` is 0. An u64 is returned as its bit pattern. For a type shorter
/// than a byte, which wraps, it is the i32.
func saturated(_ value: Float, to element: ElementType) -> Int64 {
  if element == .bool { return value == 0 ? 0 : 1 }
  if element.isPacked { return saturated(value, to: .i32) }
  guard value == value else { return 0 }
  if element == .u64 {
    if value >= 0x1p64 { return -1 }
    return value <= 0 ? 0 : Int64(bitPattern: UInt64(value))
  }
  let range = element.integerRange ?? Int64.min...Int64.max
  // An upper bound that is no f32 rounds up, to a value just outside.
  if value >= Float(range.upperBound) { return range.upperBound }
  if value <= Float(range.lowerBound) { return range.lowerBound }
  return Int64(value)
}
