import Basics
import IR

/// The shape that two operands broadcast to, as numpy does; throws a fault if they do not.
func broadcastShape(_ a: [Int], _ b: [Int]) throws -> [Int] {
  let rank = max(a.count, b.count)
  let left = [Int](repeating: 1, count: rank - a.count) + a
  let right = [Int](repeating: 1, count: rank - b.count) + b
  return try zip(left, right).map { x, y in
    if x == y || y == 1 { return x }
    guard x == 1 else { throw Fault("shapes \(text(a)) and \(text(b)) do not broadcast") }
    return y
  }
}

/// Whether `shape` broadcasts to `result` as it is.
func broadcasts(_ shape: [Int], to result: [Int]) -> Bool {
  shape.count <= result.count
    && zip(shape.reversed(), result.reversed()).allSatisfy { $0 == $1 || $0 == 1 }
}

/// The strides of a dense tensor of `shape` seen as one of `result`, to which it broadcasts.
func broadcastStrides(_ shape: [Int], to result: [Int]) -> [Int] {
  let missing = [Int](repeating: 0, count: result.count - shape.count)
  return missing + zip(shape, denseStrides(shape)).map { $0 == 1 ? 0 : $1 }
}

/// `operation` of each element of `x`.
@inline(__always)
func mapElements<T: Scalar, R: Scalar>(
  _ x: Tensor, cost: Int = 4, _ operation: (T) -> R
) throws -> Tensor {
  try Tensor(filling: x.shape, of: R.self) { result in
    x.withElements(of: T.self) { x in
      inParallel(x.count, cost: cost) { range in
        for index in range { result[index] = operation(x[index]) }
      }
    }
  }
}

/// `operation` of each pair of elements of `a` and `b`, which broadcast to each other.
@inline(__always)
func mapPairs<T: Scalar>(_ a: Tensor, _ b: Tensor, _ operation: (T, T) -> T) throws -> Tensor {
  let shape = try broadcastShape(a.shape, b.shape)
  return try Tensor(filling: shape, of: T.self) { result in
    let strides = PairedStrides(
      shape: shape, a: broadcastStrides(a.shape, to: shape), b: broadcastStrides(b.shape, to: shape)
    )
    let length = strides.rowLength
    let (stepA, stepB) = (strides.rowStrideA, strides.rowStrideB)
    a.withElements(of: T.self) { a in
      b.withElements(of: T.self) { b in
        inParallel(strides.rowCount, cost: 4 * length) { rows in
          strides.forEachRow(in: rows) { row, offsetA, offsetB in
            // A result with elements has operands with elements.
            let (a, b) = (a.baseAddress! + offsetA, b.baseAddress! + offsetB)
            let y = result.baseAddress! + row * length
            if stepA == 1 && stepB == 1 {
              for i in 0..<length { y[i] = operation(a[i], b[i]) }
            } else if stepA == 1 && stepB == 0 {
              let value = b[0]
              for i in 0..<length { y[i] = operation(a[i], value) }
            } else {
              for i in 0..<length { y[i] = operation(a[i &* stepA], b[i &* stepB]) }
            }
          }
        }
      }
    }
  }
}

/// A function of two operands of one element type.
func binary(_ function: BinaryFunction, _ operands: Operands) throws -> Tensor {
  let a = try operands.required(0, "a")
  let b = try operands.required(1, "b")
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
  default: throw Fault.unsupported(a.type, supported: ElementType.numeric)
  }
}

private func binaryOfIntegers<T: Arithmetic>(
  _: T.Type, _ function: BinaryFunction, _ a: Tensor, _ b: Tensor
) throws -> Tensor {
  if function == .div, b.withElements(of: T.self, { $0.contains(0) }) {
    throw Fault("integers are divided by 0")
  }
  return try binary(T.self, function, a, b)
}

private func binary<T: Arithmetic>(
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
  }
}

/// A function of one operand.
func unary(_ function: UnaryFunction, _ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  if function == .identity { return x }
  switch x.type {
  case .f32: return try unary(Float.self, function, x)
  case .f64: return try unary(Double.self, function, x)
  case .i8 where function == .relu: return try mapElements(x) { (x: Int8) in max(x, 0) }
  case .i16 where function == .relu: return try mapElements(x) { (x: Int16) in max(x, 0) }
  case .i32 where function == .relu: return try mapElements(x) { (x: Int32) in max(x, 0) }
  case .i64 where function == .relu: return try mapElements(x) { (x: Int64) in max(x, 0) }
  default:
    let integers: [ElementType] = function == .relu ? [.i8, .i16, .i32, .i64] : []
    throw Fault.unsupported(x.type, supported: ElementType.floating + integers)
  }
}

private func unary<T: Real>(_: T.Type, _ function: UnaryFunction, _ x: Tensor) throws -> Tensor {
  switch function {
  case .identity: return x
  case .relu: return try mapElements(x) { (x: T) in x < 0 ? 0 : x }
  case .sigmoid:
    return try mapElements(x, cost: 64) { (x: T) in T(rounding: Elementary.sigmoid(x.wide)) }
  case .tanh:
    return try mapElements(x, cost: 64) { (x: T) in T(rounding: Elementary.tanh(x.wide)) }
  case .hardSwish:
    let (sixth, half) = (T(1) / 6, T(1) / 2)
    return try mapElements(x) { (x: T) in
      x * T.larger(T.smaller(sixth * x + half, 1), 0)
    }
  case .leakyRelu(let alpha):
    let slope = T(alpha)
    return try mapElements(x) { (x: T) in x < 0 ? slope * x : x }
  case .hardSigmoid(let alpha, let beta):
    let (slope, offset) = (T(alpha), T(beta))
    return try mapElements(x) { (x: T) in T.larger(T.smaller(slope * x + offset, 1), 0) }
  }
}

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
  switch (low, high) {
  case (let low?, let high?):
    return try mapElements(x) { (x: T) in T.smaller(T.larger(x, low), high) }
  case (let low?, nil): return try mapElements(x) { (x: T) in T.larger(x, low) }
  case (nil, let high?): return try mapElements(x) { (x: T) in T.smaller(x, high) }
  case (nil, nil): return x
  }
}
