import Basics

/// a to the power of b, whose element types may differ; of the type of a.
///
/// Whole powers of integers are computed modulo 2ⁿ; negative ones lose their fraction. Others are computed
/// in double precision, and lose their fraction where a has integers. The integer 0 has no negative power.
func power(_ a: Tensor, _ b: Tensor) throws -> Tensor {
  switch (a.type, b.type) {
  case (.f32, .i64): return try longPower(Float.self, Int64.self, a, b)
  case (.f32, .u64): return try longPower(Float.self, UInt64.self, a, b)
  case (.f64, .i64): return try longPower(Double.self, Int64.self, a, b)
  case (.f64, .u64): return try longPower(Double.self, UInt64.self, a, b)
  case (.f32, _): return try realPower(Float.self, a, try cast(b, to: .f64))
  case (.f64, _): return try realPower(Double.self, a, try cast(b, to: .f64))
  case (.i32, _) where b.type.isFloatingPoint:
    return try truncatedPower(Int32.self, a, try cast(b, to: .f64))
  case (.i64, _) where b.type.isFloatingPoint:
    return try truncatedPower(Int64.self, a, try cast(b, to: .f64))
  case (.i32, .u64): return try mapPairs(a, b) { (x: Int32, y: UInt64) in wholePower(x, y) }
  case (.i64, .u64): return try mapPairs(a, b) { (x: Int64, y: UInt64) in wholePower(x, y) }
  case (.i32, _): return try signedPower(Int32.self, a, try cast(b, to: .i64))
  case (.i64, _): return try signedPower(Int64.self, a, try cast(b, to: .i64))
  default: throw Fault.unsupported(a.type, supported: [.f16, .f32, .f64, .i32, .i64])
  }
}

private func realPower<T: Real>(_: T.Type, _ a: Tensor, _ b: Tensor) throws -> Tensor {
  try mapPairs(a, b, cost: 64) { (x: T, y: Double) in
    T(rounding: Elementary.power(x.wide, y))
  }
}

/// The same of exponents of which double precision has not all bits: whether they are odd counts.
private func longPower<T: Real, U: FixedWidthInteger & Scalar>(
  _: T.Type, _: U.Type, _ a: Tensor, _ b: Tensor
) throws -> Tensor {
  try mapPairs(a, b, cost: 64) { (x: T, y: U) in
    let power = Elementary.power(x.wide.magnitude, Double(y))
    return T(rounding: x.wide.sign == .minus && y & 1 == 1 ? -power : power)
  }
}

private func truncatedPower<T: Arithmetic & FixedWidthInteger>(
  _: T.Type, _ a: Tensor, _ b: Tensor
) throws -> Tensor {
  try mapPairs(a, b, cost: 64) { (x: T, y: Double) in
    // A power of a whole number may be one itself, which an error in the last place would miss.
    y >= 0 && y < 64 && y == y.rounded(.down)
      ? wholePower(x, UInt64(y)) : truncated(Elementary.power(Double(x), y), to: T.self)
  }
}

private func signedPower<T: Arithmetic & FixedWidthInteger>(
  _: T.Type, _ a: Tensor, _ b: Tensor
) throws -> Tensor {
  let divides = try mapPairs(a, b) { (x: T, y: Int64) in Bool8(x == 0 && y < 0) }
  guard !divides.elements(of: Bool8.self).contains(true) else {
    throw Fault("the integer 0 is raised to a negative power")
  }
  return try mapPairs(a, b) { (x: T, y: Int64) in
    y >= 0 ? wholePower(x, UInt64(y)) : x == 1 || x == -1 ? wholePower(x, y.magnitude) : 0
  }
}

/// x to the power of n, modulo the size of x.
private func wholePower<T: FixedWidthInteger>(_ x: T, _ n: UInt64) -> T {
  var (result, square, rest) = (T(1), x, n)
  while rest > 0 {
    if rest & 1 == 1 { result = result &* square }
    square = square &* square
    rest >>= 1
  }
  return result
}
