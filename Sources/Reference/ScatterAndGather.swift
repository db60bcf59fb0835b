import Basics
import IR

/// The elements that indices of as many dimensions name along one axis.
func gatherElements(axis: Int, _ operands: Operands) throws -> Tensor {
  let data = try operands.required(0, "data")
  let offsets = try elementOffsets(axis: axis, data, operands)
  return try take(data.reshaped([data.count]), axis: 0, offsets.starts).reshaped(offsets.shape)
}

/// The parts of data whose first dimensions, behind the batch dimensions, the indices name.
func gatherND(batchDimensions: Int, _ operands: Operands) throws -> Tensor {
  let data = try operands.required(0, "data")
  let parts = try partOffsets(batchDimensions: batchDimensions, data, operands)
  let inner = data.shape[parts.rank...]
  _ = try elementCount(parts.shape + inner, of: data.type)
  let length = product(inner)
  let shape = parts.shape + inner
  guard length > 0 else { return try Tensor(filling: shape, type: data.type) { _ in } }
  return try take(
    data.reshaped([data.count / length, length]), axis: 0, parts.starts.map { $0 / length }
  ).reshaped(shape)
}

/// Data with the elements that the indices name along one axis replaced or combined.
func scatterElements(
  axis: Int, _ reduction: ScatterReduction, _ operands: Operands
) throws -> Tensor {
  let data = try operands.required(0, "data")
  let updates = try operands.required(2, "updates")
  let offsets = try elementOffsets(axis: axis, data, operands)
  guard updates.shape == offsets.shape else {
    throw Fault("the updates have shape \(text(updates.shape)), not \(text(offsets.shape))")
  }
  return try scatter(reduction, updates, into: data, at: offsets.starts, length: 1)
}

/// Data with the parts that the indices name replaced or combined.
func scatterND(_ reduction: ScatterReduction, _ operands: Operands) throws -> Tensor {
  let data = try operands.required(0, "data")
  let updates = try operands.required(2, "updates")
  let parts = try partOffsets(batchDimensions: 0, data, operands)
  let inner = data.shape[parts.rank...]
  guard updates.shape == parts.shape + inner else {
    throw Fault(
      "the updates have shape \(text(updates.shape)), not \(text(parts.shape + inner))")
  }
  return try scatter(reduction, updates, into: data, at: parts.starts, length: product(inner))
}

/// Where the elements lie that the second operand names along `axis` of `data`.
private func elementOffsets(
  axis: Int, _ data: Tensor, _ operands: Operands
) throws -> (shape: [Int], starts: [Int]) {
  let shape = try operands.required(1, "indices").shape
  let indices = try operands.requiredIntegers(1, "indices")
  let axis = try normalized(axis: axis, rank: data.shape.count)
  let fits =
    shape.count == data.shape.count
    && shape.indices.allSatisfy { $0 == axis || shape[$0] <= data.shape[$0] }
  guard fits else {
    throw Fault("indices of shape \(text(shape)) do not fit data of \(text(data.shape))")
  }
  let size = data.shape[axis]
  let strides = denseStrides(data.shape)
  var starts: [Int] = []
  starts.reserveCapacity(indices.count)
  try forEachIndex(shape) { index, offset in
    var start = try resolved(indices[offset], size) * strides[axis]
    for other in index.indices where other != axis { start += index[other] * strides[other] }
    starts.append(start)
  }
  return (shape, starts)
}

/// Where the parts of `data` begin that the last dimension of the second operand names, the shape
/// that these make, and how many dimensions of data are named.
private func partOffsets(
  batchDimensions: Int, _ data: Tensor, _ operands: Operands
) throws -> (shape: [Int], starts: [Int], rank: Int) {
  let shape = try operands.required(1, "indices").shape
  let indices = try operands.requiredIntegers(1, "indices")
  guard let depth = shape.last, batchDimensions >= 0, batchDimensions < shape.count,
    depth <= data.shape.count - batchDimensions,
    shape[..<batchDimensions] == data.shape[..<batchDimensions]
  else {
    throw Fault(
      "indices of shape \(text(shape)) with \(batchDimensions) batch dimensions do not fit data"
        + " of \(text(data.shape))")
  }
  let strides = denseStrides(data.shape)
  var starts: [Int] = []
  let outer = Array(shape.dropLast())
  _ = try elementCount(outer, of: .i64)
  try forEachIndex(outer) { index, offset in
    var start = 0
    for axis in 0..<batchDimensions { start += index[axis] * strides[axis] }
    for position in 0..<depth {
      let axis = batchDimensions + position
      start += try resolved(indices[offset * depth + position], data.shape[axis]) * strides[axis]
    }
    starts.append(start)
  }
  return (outer, starts, batchDimensions + depth)
}

/// `index` counted from the beginning.
private func resolved(_ index: Int, _ size: Int) throws -> Int {
  guard index >= -size, index < size else {
    throw Fault("index \(index) is out of range for a dimension of \(size) elements")
  }
  return index < 0 ? index + size : index
}

private func scatter(
  _ reduction: ScatterReduction, _ updates: Tensor, into data: Tensor, at starts: [Int],
  length: Int
) throws -> Tensor {
  guard data.type == updates.type else { throw Fault("data and updates differ in element type") }
  if reduction == .replace {
    let size = data.type.byteCount * length
    return try Tensor(filling: data.shape, type: data.type) { result in
      data.bytes.withUnsafeBytes { result.copyMemory(from: $0) }
      updates.bytes.withUnsafeBytes { updates in
        guard let source = updates.baseAddress, let target = result.baseAddress else { return }
        for (index, start) in starts.enumerated() {
          (target + start * data.type.byteCount).copyMemory(
            from: source + index * size, byteCount: size)
        }
      }
    }
  }
  switch data.type {
  case .f16, .bf16:
    let wide = try scatter(
      reduction, cast(updates, to: .f32), into: cast(data, to: .f32), at: starts, length: length)
    return try cast(wide, to: data.type)
  case .f32: return try combine(Float.self, reduction, updates, into: data, starts, length)
  case .f64: return try combine(Double.self, reduction, updates, into: data, starts, length)
  case .i8: return try combine(Int8.self, reduction, updates, into: data, starts, length)
  case .i16: return try combine(Int16.self, reduction, updates, into: data, starts, length)
  case .i32: return try combine(Int32.self, reduction, updates, into: data, starts, length)
  case .i64: return try combine(Int64.self, reduction, updates, into: data, starts, length)
  case .u8: return try combine(UInt8.self, reduction, updates, into: data, starts, length)
  case .u16: return try combine(UInt16.self, reduction, updates, into: data, starts, length)
  case .u32: return try combine(UInt32.self, reduction, updates, into: data, starts, length)
  case .u64: return try combine(UInt64.self, reduction, updates, into: data, starts, length)
  default: throw Fault.unsupported(data.type, supported: ElementType.numeric)
  }
}

private func combine<T: Arithmetic>(
  _: T.Type, _ reduction: ScatterReduction, _ updates: Tensor, into data: Tensor,
  _ starts: [Int], _ length: Int
) throws -> Tensor {
  try Tensor(filling: data.shape, of: T.self) { result in
    data.withElements(of: T.self) { data in
      for index in data.indices { result[index] = data[index] }
    }
    updates.withElements(of: T.self) { updates in
      for (number, start) in starts.enumerated() {
        for index in 0..<length {
          let (old, update) = (result[start + index], updates[number * length + index])
          result[start + index] =
            switch reduction {
            case .replace: update
            case .add: T.sum(old, update)
            case .mul: T.product(old, update)
            case .max: T.larger(old, update)
            case .min: T.smaller(old, update)
            }
        }
      }
    }
  }
}
