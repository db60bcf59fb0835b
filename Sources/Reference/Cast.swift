import Basics

/// `x` converted to another element type.
///
/// Numbers round to nearest, ties to even; integers wrap; floating-point numbers that become
/// integers are truncated towards zero and saturate, NaN becoming 0 (ONNX leaves both undefined).
/// A number is true if it is not 0, NaN included; true becomes 1.
func cast(_ x: Tensor, to type: ElementType) throws -> Tensor {
  if x.type == type { return x }
  switch x.type {
  case .f16: return try castFloating(x, to: type) { (x: Float16) in Double(x) }
  case .f32: return try castFloating(x, to: type) { (x: Float) in Double(x) }
  case .f64: return try castFloating(x, to: type) { (x: Double) in x }
  case .i8: return try castInteger(x, to: type) { (x: Int8) in Int64(x) }
  case .i16: return try castInteger(x, to: type) { (x: Int16) in Int64(x) }
  case .i32: return try castInteger(x, to: type) { (x: Int32) in Int64(x) }
  case .i64: return try castInteger(x, to: type) { (x: Int64) in x }
  case .u8: return try castInteger(x, to: type) { (x: UInt8) in Int64(x) }
  case .u16: return try castInteger(x, to: type) { (x: UInt16) in Int64(x) }
  case .u32: return try castInteger(x, to: type) { (x: UInt32) in Int64(x) }
  case .bool: return try castInteger(x, to: type) { (x: Bool8) in x.value ? 1 : 0 }
  case .u64:
    switch type {
    case .f16: return try mapElements(x) { (x: UInt64) in Float16(Double(x)) }
    case .f32: return try mapElements(x) { (x: UInt64) in Float(x) }
    case .f64: return try mapElements(x) { (x: UInt64) in Double(x) }
    default: return try castInteger(x, to: type) { (x: UInt64) in Int64(bitPattern: x) }
    }
  }
}

@inline(__always)
private func castFloating<T: Scalar>(
  _ x: Tensor, to type: ElementType, _ wide: (T) -> Double
) throws -> Tensor {
  switch type {
  case .f16: try mapElements(x) { (x: T) in Float16(wide(x)) }
  case .f32: try mapElements(x) { (x: T) in Float(wide(x)) }
  case .f64: try mapElements(x) { (x: T) in wide(x) }
  case .i8: try mapElements(x) { (x: T) in truncated(wide(x), to: Int8.self) }
  case .i16: try mapElements(x) { (x: T) in truncated(wide(x), to: Int16.self) }
  case .i32: try mapElements(x) { (x: T) in truncated(wide(x), to: Int32.self) }
  case .i64: try mapElements(x) { (x: T) in truncated(wide(x), to: Int64.self) }
  case .u8: try mapElements(x) { (x: T) in truncated(wide(x), to: UInt8.self) }
  case .u16: try mapElements(x) { (x: T) in truncated(wide(x), to: UInt16.self) }
  case .u32: try mapElements(x) { (x: T) in truncated(wide(x), to: UInt32.self) }
  case .u64: try mapElements(x) { (x: T) in truncated(wide(x), to: UInt64.self) }
  case .bool: try mapElements(x) { (x: T) in Bool8(wide(x) != 0) }
  }
}

@inline(__always)
private func castInteger<T: Scalar>(
  _ x: Tensor, to type: ElementType, _ wide: (T) -> Int64
) throws -> Tensor {
  switch type {
  case .f16: try mapElements(x) { (x: T) in Float16(Double(wide(x))) }
  case .f32: try mapElements(x) { (x: T) in Float(wide(x)) }
  case .f64: try mapElements(x) { (x: T) in Double(wide(x)) }
  case .i8: try mapElements(x) { (x: T) in Int8(truncatingIfNeeded: wide(x)) }
  case .i16: try mapElements(x) { (x: T) in Int16(truncatingIfNeeded: wide(x)) }
  case .i32: try mapElements(x) { (x: T) in Int32(truncatingIfNeeded: wide(x)) }
  case .i64: try mapElements(x) { (x: T) in wide(x) }
  case .u8: try mapElements(x) { (x: T) in UInt8(truncatingIfNeeded: wide(x)) }
  case .u16: try mapElements(x) { (x: T) in UInt16(truncatingIfNeeded: wide(x)) }
  case .u32: try mapElements(x) { (x: T) in UInt32(truncatingIfNeeded: wide(x)) }
  case .u64: try mapElements(x) { (x: T) in UInt64(truncatingIfNeeded: wide(x)) }
  case .bool: try mapElements(x) { (x: T) in Bool8(wide(x) != 0) }
  }
}

/// `x` truncated towards zero, saturated to the range of `T`; 0 for NaN.
func truncated<T: FixedWidthInteger>(_ x: Double, to _: T.Type) -> T {
  if x != x { return 0 }
  if x <= Double(T.min) { return T.min }
  if x >= Double(T.max) { return T.max }
  return T(x)
}
