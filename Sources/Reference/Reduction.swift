import Basics
import IR

/// x reduced over the axes that the second operand names, or over all.
func reduce(_ parameters: Reduce, _ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  try requireElements(of: x, .reduce(parameters))
  let given = try operands.integers(1, "axes") ?? []
  let isAll = given.isEmpty && !parameters.emptyIsIdentity
  let axes = try normalized(axes: isAll ? Array(x.shape.indices) : given, rank: x.shape.count)
  let kept = x.shape.indices.map { axes.contains($0) ? 1 : x.shape[$0] }
  let result = try reduce(parameters.kind, x, to: kept)
  if parameters.keepsDimensions { return result }
  return result.reshaped(x.shape.indices.filter { !axes.contains($0) }.map { x.shape[$0] })
}

private func reduce(_ kind: ReduceKind, _ x: Tensor, to kept: [Int]) throws -> Tensor {
  switch x.type {
  case .f32: return try reduce(Float.self, kind, x, to: kept)
  case .f64: return try reduce(Double.self, kind, x, to: kept)
  case .i8: return try reduceIntegers(Int8.self, kind, x, to: kept)
  case .i32: return try reduceIntegers(Int32.self, kind, x, to: kept)
  case .i64: return try reduceIntegers(Int64.self, kind, x, to: kept)
  case .u8: return try reduceIntegers(UInt8.self, kind, x, to: kept)
  case .u32: return try reduceIntegers(UInt32.self, kind, x, to: kept)
  case .u64: return try reduceIntegers(UInt64.self, kind, x, to: kept)
  case .bool:
    let isMaximum = kind == .max
    return try accumulated(x, to: kept, from: Bool8(!isMaximum)) { (result, x: Bool8) in
      Bool8(isMaximum ? result.value || x.value : result.value && x.value)
    }
  default: throw Fault.unsupported(x.type, supported: ElementType.products)
  }
}

private func reduce<T: Real>(
  _: T.Type, _ kind: ReduceKind, _ x: Tensor, to kept: [Int]
) throws -> Tensor {
  switch kind {
  case .sum, .max, .min, .product, .l1, .sumSquare:
    return try reduceNumbers(T.self, kind, x, to: kept)
  case .mean:
    let sum = try reduceNumbers(T.self, .sum, x, to: kept)
    // The mean of nothing is NaN.
    let count = T(x.count) / T(sum.count)
    return try mapElements(sum) { (sum: T) in sum / count }
  case .l2:
    let squares = try reduceNumbers(T.self, .sumSquare, x, to: kept)
    return try mapElements(squares) { (sum: T) in sum.squareRoot() }
  case .logSum:
    let sum = try reduceNumbers(T.self, .sum, x, to: kept)
    return try mapElements(sum, cost: 64) { (sum: T) in T(rounding: Elementary.log(sum.wide)) }
  case .logSumExp: return try logSumExp(T.self, x, to: kept)
  }
}

/// m + ln Σ eˣ⁻ᵐ with the greatest element m, so that no power is out of range.
private func logSumExp<T: Real>(_: T.Type, _ x: Tensor, to kept: [Int]) throws -> Tensor {
  let largest = try reduceNumbers(T.self, .max, x, to: kept)
  // What is infinite, or NaN, is subtracted by the function alone.
  let shift = try mapElements(largest) { (m: T) in m.isFinite ? m : 0 }
  let powers = try mapPairs(x, shift, cost: 64) { (x: T, m: T) in
    T(rounding: Elementary.exp((x - m).wide))
  }
  let sum = try reduceNumbers(T.self, .sum, powers, to: kept)
  return try mapPairs(sum, shift, cost: 64) { (sum: T, m: T) in
    m + T(rounding: Elementary.log(sum.wide))
  }
}

private func reduceIntegers<T: Arithmetic & FixedWidthInteger>(
  _: T.Type, _ kind: ReduceKind, _ x: Tensor, to kept: [Int]
) throws -> Tensor {
  switch kind {
  case .sum, .max, .min, .product, .l1, .sumSquare:
    return try reduceNumbers(T.self, kind, x, to: kept)
  case .mean:
    let sum = try reduceNumbers(T.self, .sum, x, to: kept)
    guard x.count > 0 || sum.count == 0 else {
      throw Fault("integers of shape \(text(x.shape)) have no mean")
    }
    let count = T.count(x.count / max(sum.count, 1))
    return try mapElements(sum) { (sum: T) in T.quotient(sum, count) }
  case .l2, .logSum, .logSumExp:
    // Computed in double precision, and without the fraction of the result.
    return try cast(reduce(Double.self, kind, cast(x, to: .f64), to: kept), to: x.type)
  }
}

private func reduceNumbers<T: Arithmetic>(
  _: T.Type, _ kind: ReduceKind, _ x: Tensor, to kept: [Int]
) throws -> Tensor {
  switch kind {
  case .max: try accumulated(x, to: kept, from: T.lowest) { (y, x: T) in T.larger(y, x) }
  case .min: try accumulated(x, to: kept, from: T.highest) { (y, x: T) in T.smaller(y, x) }
  case .product: try accumulated(x, to: kept, from: T.count(1)) { (y, x: T) in T.product(y, x) }
  case .l1:
    try accumulated(x, to: kept, from: 0) { (y, x: T) in
      T.sum(y, x < 0 ? T.difference(0, x) : x)
    }
  case .sumSquare:
    try accumulated(x, to: kept, from: 0) { (y, x: T) in T.sum(y, T.product(x, x)) }
  case .sum, .mean, .l2, .logSum, .logSumExp:
    try accumulated(x, to: kept, from: 0) { (y, x: T) in T.sum(y, x) }
  }
}

/// `operation` on `initial` and, in their order, the elements of x over the dimensions of which
/// `shape` keeps 1.
@inline(__always)
private func accumulated<T: Scalar>(
  _ x: Tensor, to shape: [Int], from initial: T, _ operation: (T, T) -> T
) throws -> Tensor {
  try Tensor(filling: shape, of: T.self) { results in
    results.update(repeating: initial)
    if x.count == 0 { return }
    let strides = PairedStrides(
      shape: x.shape, a: denseStrides(x.shape), b: broadcastStrides(shape, to: x.shape))
    x.withElements(of: T.self) { x in
      strides.forEachRow(in: 0..<strides.rowCount) { _, offset, position in
        let (row, target) = (x.baseAddress! + offset, results.baseAddress! + position)
        if strides.rowStrideB == 0 {
          var result = target[0]
          for index in 0..<strides.rowLength { result = operation(result, row[index]) }
          target[0] = result
        } else {
          for index in 0..<strides.rowLength {
            target[index] = operation(target[index], row[index])
          }
        }
      }
    }
  }
}
