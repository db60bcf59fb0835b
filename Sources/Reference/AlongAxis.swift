import Basics
import IR

/// A tensor as vectors along some neighbouring dimensions.
struct AxisVectors {
  /// The number of elements of a vector.
  let length: Int
  /// The distance between neighbours of a vector.
  let stride: Int
  /// The number of vectors.
  let count: Int

  /// The vectors of a tensor of `shape` along `axis`, or along all dimensions from it on.
  init(_ shape: [Int], axis: Int, flattens: Bool = false) {
    let first = shape.prefix(axis)
    let others = flattens ? [] : shape.dropFirst(axis + 1)
    length = flattens ? product(shape[axis...]) : axis < shape.count ? shape[axis] : 1
    stride = product(others)
    count = product(first) * stride
  }

  /// The position of the first element of a vector.
  func start(_ vector: Int) -> Int { vector / stride * stride * length + vector % stride }
}

/// The position along an axis of the greatest or least element; NaN counts as more than all.
func extremum(_ parameters: Extremum, _ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  try requireElements(of: x, .extremum(parameters))
  let axis = try normalized(axis: parameters.axis, rank: x.shape.count)
  var shape = x.shape
  guard shape[axis] > 0 else { throw Fault("axis \(axis) of \(text(shape)) has no element") }
  shape[axis] = 1
  let vectors = AxisVectors(x.shape, axis: axis)
  let result = try positions(parameters, x, vectors, shape)
  if !parameters.keepsDimension { shape.remove(at: axis) }
  return result.reshaped(shape)
}

private func positions(
  _ parameters: Extremum, _ x: Tensor, _ vectors: AxisVectors, _ shape: [Int]
) throws -> Tensor {
  switch x.type {
  case .f32: try positions(Float.self, parameters, x, vectors, shape)
  case .f64: try positions(Double.self, parameters, x, vectors, shape)
  case .i8: try positions(Int8.self, parameters, x, vectors, shape)
  case .i16: try positions(Int16.self, parameters, x, vectors, shape)
  case .i32: try positions(Int32.self, parameters, x, vectors, shape)
  case .i64: try positions(Int64.self, parameters, x, vectors, shape)
  case .u8: try positions(UInt8.self, parameters, x, vectors, shape)
  case .u16: try positions(UInt16.self, parameters, x, vectors, shape)
  case .u32: try positions(UInt32.self, parameters, x, vectors, shape)
  case .u64: try positions(UInt64.self, parameters, x, vectors, shape)
  default: throw Fault.unsupported(x.type, supported: ElementType.numeric)
  }
}

private func positions<T: Arithmetic>(
  _: T.Type, _ parameters: Extremum, _ x: Tensor, _ vectors: AxisVectors, _ shape: [Int]
) throws -> Tensor {
  try Tensor(filling: shape, of: Int64.self) { y in
    x.withElements(of: T.self) { x in
      inParallel(vectors.count, cost: 2 * vectors.length) { range in
        for vector in range {
          y[vector] = Int64(
            position(parameters, x, at: vectors.start(vector), vectors.length, vectors.stride))
        }
      }
    }
  }
}

/// The position of the extreme one of `length` elements that lie `stride` apart.
private func position<T: Arithmetic>(
  _ parameters: Extremum, _ x: UnsafeBufferPointer<T>, at start: Int, _ length: Int, _ stride: Int
) -> Int {
  var best = 0
  var value = x[start]
  for index in 1..<max(length, 1) {
    let next = x[start + index * stride]
    let isBetter = parameters.kind == .max ? next > value : next < value
    let isNaN = next != next
    let isEqual = next == value || isNaN && value != value
    if isBetter || isNaN && value == value || isEqual && parameters.takesLast {
      best = index
      value = next
    }
  }
  return best
}

/// The sums, or products, of the elements up to each one along an axis.
func cumulative(_ parameters: Cumulative, _ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  let given = try operands.requiredIntegers(1, "axis")
  guard given.count == 1 else { throw Fault("axis has \(given.count) elements") }
  let vectors = AxisVectors(x.shape, axis: try normalized(axis: given[0], rank: x.shape.count))
  switch x.type {
  case .f32: return try cumulative(Float.self, parameters, x, vectors)
  case .f64: return try cumulative(Double.self, parameters, x, vectors)
  case .i32: return try cumulative(Int32.self, parameters, x, vectors)
  case .i64: return try cumulative(Int64.self, parameters, x, vectors)
  case .u32: return try cumulative(UInt32.self, parameters, x, vectors)
  case .u64: return try cumulative(UInt64.self, parameters, x, vectors)
  default: throw Fault.unsupported(x.type, supported: ElementType.products)
  }
}

private func cumulative<T: Arithmetic>(
  _: T.Type, _ parameters: Cumulative, _ x: Tensor, _ vectors: AxisVectors
) throws -> Tensor {
  try Tensor(filling: x.shape, of: T.self) { y in
    x.withElements(of: T.self) { x in
      for vector in 0..<vectors.count {
        let start = vectors.start(vector)
        var result = parameters.kind == .sum ? T.count(0) : T.count(1)
        for step in 0..<vectors.length {
          let position = parameters.reverse ? vectors.length - 1 - step : step
          let index = start + position * vectors.stride
          if parameters.exclusive { y[index] = result }
          result =
            parameters.kind == .sum ? T.sum(result, x[index]) : T.product(result, x[index])
          if !parameters.exclusive { y[index] = result }
        }
      }
    }
  }
}
