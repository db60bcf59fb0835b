import Basics

/// `x` converted to another element type.
///
/// Numbers round to nearest, ties to even; integers wrap; floating-point numbers that become
/// integers are truncated towards zero and saturate, NaN becoming 0, or wrap in a type shorter than
/// a byte (ONNX leaves all that undefined). A number is true if it is not 0, NaN included; true
/// becomes 1. What is beyond an 8-bit floating-point type becomes its largest number if `saturates`,
/// otherwise its infinity or NaN; `rounding` is that of f8e8m0.
func cast(
  _ x: Tensor, to type: ElementType, saturates: Bool = true,
  rounding: FloatFormat.PowerRounding = .up
) throws -> Tensor {
  if x.type == type { return x }
  if let format = type.format {
    return try encode(x, as: type, format, saturates && type != .bf16, rounding)
  }
  switch x.type {
  case .bf16, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1:
    return try cast(x.decoded, to: type)
  case .i4, .u4, .i2, .u2: return try cast(x.stored, to: type)
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
  case .i4, .u4, .i2, .u2:
    try wrap(x, to: type) { (x: T) in Int64(truncated(wide(x), to: Int32.self)) }
  case .bf16, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1:
    preconditionFailure("\(type) is encoded")
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
  case .i4, .u4, .i2, .u2: try wrap(x, to: type, wide)
  case .bf16, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1:
    preconditionFailure("\(type) is encoded")
  }
}

/// The lowest bits of each integer as an integer of `type`, which is shorter than a byte.
@inline(__always)
private func wrap<T: Scalar>(
  _ x: Tensor, to type: ElementType, _ integer: (T) -> Int64
) throws -> Tensor {
  let bytes = try mapElements(x) { (x: T) in
    type.extended(UInt8(truncatingIfNeeded: integer(x)))
  }
  return Tensor(type: type, shape: x.shape, bytes: bytes.bytes)
}

/// The codes of the numbers of `x` in a format that Swift has no type for.
private func encode(
  _ x: Tensor, as type: ElementType, _ format: FloatFormat, _ saturates: Bool,
  _ rounding: FloatFormat.PowerRounding
) throws -> Tensor {
  if x.type == .f32 && type == .bf16 {
    return try mapElements(x) { (x: Float) in FloatFormat.bfloat16(x) }.restored(as: type)
  }
  let wide = try cast(x, to: .f64)
  let codes =
    type.byteCount == 2
    ? try mapElements(wide, cost: 32) { (x: Double) in
      format.code(of: x, saturates: saturates, rounding: rounding)
    }
    : try mapElements(wide, cost: 32) { (x: Double) in
      UInt8(truncatingIfNeeded: format.code(of: x, saturates: saturates, rounding: rounding))
    }
  return codes.restored(as: type)
}

/// `x` truncated towards zero, saturated to the range of `T`; 0 for NaN.
func truncated<T: FixedWidthInteger>(_ x: Double, to _: T.Type) -> T {
  if x != x { return 0 }
  if x <= Double(T.min) { return T.min }
  if x >= Double(T.max) { return T.max }
  return T(x)
}
