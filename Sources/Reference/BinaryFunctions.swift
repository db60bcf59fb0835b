import Basics
import IR

/// A function of each pair of elements of two operands that broadcast to each other.
func binary(_ function: BinaryFunction, _ operands: Operands) throws -> Tensor {
  let a = try operands.required(0, "a")
  let b = try operands.required(1, "b")
  try requireElements(of: a, .binary(function))
  if function == .pow { return try power(a, b) }
  guard a.type == b.type else {
    throw Fault("element types \(a.type.rawValue) and \(b.type.rawValue) differ")
  }
  if function == .prelu && !broadcasts(b.shape, to: a.shape) {
    throw Fault("slopes of shape \(text(b.shape)) do not broadcast to \(text(a.shape))")
  }
  switch a.type {
  case .f32: return try binary(Float.self, function, a, b)
  case .f64: return try binary(Double.self, function, a, b)
  case .i8: return try binaryOfIntegers(Int8.self, function, a, b)
  case .i16: return try binaryOfIntegers(Int16.self, function, a, b)
  case .i32: return try binaryOfIntegers(Int32.self, function, a, b)
  case .i64: return try binaryOfIntegers(Int64.self, function, a, b)
  case .u8: return try binaryOfIntegers(UInt8.self, function, a, b)
  case .u16: return try binaryOfIntegers(UInt16.self, function, a, b)
  case .u32: return try binaryOfIntegers(UInt32.self, function, a, b)
  case .u64: return try binaryOfIntegers(UInt64.self, function, a, b)
  case .bool: return try binaryOfTruthValues(function, a, b)
  default: throw Fault.unsupported(a.type, supported: ElementType.numeric)
  }
}

private func binaryOfTruthValues(
  _ function: BinaryFunction, _ a: Tensor, _ b: Tensor
) throws -> Tensor {
  switch function {
  case .and: try mapPairs(a, b) { (x: Bool8, y: Bool8) in Bool8(x.value && y.value) }
  case .or: try mapPairs(a, b) { (x: Bool8, y: Bool8) in Bool8(x.value || y.value) }
  case .xor: try mapPairs(a, b) { (x: Bool8, y: Bool8) in Bool8(x.value != y.value) }
  case .equal: try mapPairs(a, b) { (x: Bool8, y: Bool8) in Bool8(x.value == y.value) }
  default: throw Fault.unsupported(.bool, supported: ElementType.numeric)
  }
}

private func binaryOfIntegers<T: Arithmetic & FixedWidthInteger>(
  _: T.Type, _ function: BinaryFunction, _ a: Tensor, _ b: Tensor
) throws -> Tensor {
  let divides = function == .div || function == .mod || function == .fmod
  if divides, b.withElements(of: T.self, { $0.contains(0) }) {
    throw Fault("integers are divided by 0")
  }
  switch function {
  case .mod:
    return try mapPairs(a, b) { (x: T, y: T) in
      let rest = x.remainderReportingOverflow(dividingBy: y).partialValue
      return rest != 0 && (rest < 0) != (y < 0) ? rest &+ y : rest
    }
  case .fmod:
    return try mapPairs(a, b) { (x: T, y: T) in
      x.remainderReportingOverflow(dividingBy: y).partialValue
    }
  case .bitwiseAnd: return try mapPairs(a, b) { (x: T, y: T) in x & y }
  case .bitwiseOr: return try mapPairs(a, b) { (x: T, y: T) in x | y }
  case .bitwiseXor: return try mapPairs(a, b) { (x: T, y: T) in x ^ y }
  case .shiftLeft:
    return try mapPairs(a, b) { (x: T, y: T) in y < 0 || y >= T.bitWidth ? 0 : x &<< y }
  case .shiftRight:
    return try mapPairs(a, b) { (x: T, y: T) in
      y < 0 || y >= T.bitWidth ? (x < 0 ? ~0 : 0) : x &>> y
    }
  default: return try binaryOfNumbers(T.self, function, a, b)
  }
}

private func binary<T: Real>(
  _: T.Type, _ function: BinaryFunction, _ a: Tensor, _ b: Tensor
) throws -> Tensor {
  switch function {
  case .fmod: try mapPairs(a, b) { (x: T, y: T) in x.truncatingRemainder(dividingBy: y) }
  case .mod:
    try mapPairs(a, b) { (x: T, y: T) in
      let rest = x.truncatingRemainder(dividingBy: y)
      if rest == 0 { return T(signOf: y, magnitudeOf: rest) }
      return (rest < 0) != (y < 0) ? rest + y : rest
    }
  case .add: try mapPairs(.add, a, b, of: T.self)
  case .sub: try mapPairs(.subtract, a, b, of: T.self)
  case .mul: try mapPairs(.multiply, a, b, of: T.self)
  case .div: try mapPairs(.divide, a, b, of: T.self)
  default: try binaryOfNumbers(T.self, function, a, b)
  }
}

private func binaryOfNumbers<T: Arithmetic>(
  _: T.Type, _ function: BinaryFunction, _ a: Tensor, _ b: Tensor
) throws -> Tensor {
  switch function {
  case .add: try mapPairs(a, b) { (x: T, y: T) in T.sum(x, y) }
  case .sub: try mapPairs(a, b) { (x: T, y: T) in T.difference(x, y) }
  case .mul: try mapPairs(a, b) { (x: T, y: T) in T.product(x, y) }
  case .div: try mapPairs(a, b) { (x: T, y: T) in T.quotient(x, y) }
  case .max: try mapPairs(a, b) { (x: T, y: T) in T.larger(x, y) }
  case .min: try mapPairs(a, b) { (x: T, y: T) in T.smaller(x, y) }
  case .prelu: try mapPairs(a, b) { (x: T, slope: T) in x < 0 ? T.product(x, slope) : x }
  case .equal: try mapPairs(a, b) { (x: T, y: T) in Bool8(x == y) }
  case .less: try mapPairs(a, b) { (x: T, y: T) in Bool8(x < y) }
  case .lessOrEqual: try mapPairs(a, b) { (x: T, y: T) in Bool8(x <= y) }
  case .greater: try mapPairs(a, b) { (x: T, y: T) in Bool8(x > y) }
  case .greaterOrEqual: try mapPairs(a, b) { (x: T, y: T) in Bool8(x >= y) }
  case .pow, .mod, .fmod, .and, .or, .xor, .bitwiseAnd, .bitwiseOr, .bitwiseXor, .shiftLeft,
    .shiftRight:
    throw Fault.unsupported(
      T.elementType, supported: Op.binary(function).signature.operands[0].elements)
  }
}
