import Basics
import IR

/// min(max(x, minimum), maximum); NaN stays, and the maximum wins where the bounds cross.
func clip(_ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  let minimum = try operands.optional(1, "minimum", of: x.type)
  let maximum = try operands.optional(2, "maximum", of: x.type)
  for bound in [minimum, maximum] {
    if let bound, bound.count != 1 { throw Fault("a bound has shape \(text(bound.shape))") }
  }
  switch x.type {
  case .f32: return try clip(Float.self, x, minimum, maximum)
  case .f64: return try clip(Double.self, x, minimum, maximum)
  case .i8: return try clip(Int8.self, x, minimum, maximum)
  case .i16: return try clip(Int16.self, x, minimum, maximum)
  case .i32: return try clip(Int32.self, x, minimum, maximum)
  case .i64: return try clip(Int64.self, x, minimum, maximum)
  case .u8: return try clip(UInt8.self, x, minimum, maximum)
  case .u16: return try clip(UInt16.self, x, minimum, maximum)
  case .u32: return try clip(UInt32.self, x, minimum, maximum)
  case .u64: return try clip(UInt64.self, x, minimum, maximum)
  default: throw Fault.unsupported(x.type, supported: ElementType.numeric)
  }
}

private func clip<T: Arithmetic>(
  _: T.Type, _ x: Tensor, _ minimum: Tensor?, _ maximum: Tensor?
) throws -> Tensor {
  let low = minimum?.elements(of: T.self)[0]
  let high = maximum?.elements(of: T.self)[0]
  if T.self == Float.self, let low = low as? Float, let high = high as? Float {
    return try clipped(x, low, high)
  }
  switch (low, high) {
  case (let low?, let high?):
    return try mapElements(x) { (x: T) in T.smaller(T.larger(x, low), high) }
  case (let low?, nil): return try mapElements(x) { (x: T) in T.larger(x, low) }
  case (nil, let high?): return try mapElements(x) { (x: T) in T.smaller(x, high) }
  case (nil, nil): return x
  }
}
