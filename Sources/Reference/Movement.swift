import Basics
import IR

/// x₀, x₁, … side by side along `axis`.
func concat(axis: Int, _ operands: Operands) throws -> Tensor {
  let parts = try (0..<operands.count).map { try operands.required($0, "\($0)") }
  guard let first = parts.first else { throw Fault("there are no operands") }
  let axis = try normalized(axis: axis, rank: first.shape.count)
  var shape = first.shape
  shape[axis] = 0
  for part in parts {
    var others = part.shape
    guard part.type == first.type else { throw Fault("the operands differ in element type") }
    guard others.count == shape.count else { throw Fault("the operands differ in rank") }
    others[axis] = shape[axis]
    guard others == shape else {
      throw Fault("shapes \(text(first.shape)) and \(text(part.shape)) differ outside axis \(axis)")
    }
    shape[axis] += part.shape[axis]
  }
  return try Tensor(filling: shape, type: first.type) { result in
    let strides = denseStrides(shape)
    var offset = 0
    for part in parts {
      part.bytes.withUnsafeBytes { source in
        copyBox(
          part.shape, elementSize: first.type.byteCount,
          from: source, at: Placement(offset: 0, strides: denseStrides(part.shape)),
          to: result, at: Placement(offset: offset, strides: strides))
      }
      offset += part.shape[axis] * strides[axis]
    }
  }
}

/// x cut along `axis` into `count` parts, of the sizes given by the second operand or all equal but
/// the last.
func split(axis: Int, count: Int, _ operands: Operands) throws -> [Tensor] {
  let x = try operands.required(0, "x")
  let axis = try normalized(axis: axis, rank: x.shape.count)
  let total = x.shape[axis]
  let sizes: [Int]
  if let given = try operands.integers(1, "sizes") {
    sizes = given
  } else {
    let part = (total + count - 1) / count
    sizes = (0..<count).map { min(part, max(total - $0 * part, 0)) }
  }
  let sum = sizes.reduce(into: 0 as Int?) { sum, size in
    guard let before = sum, size >= 0 else { return sum = nil }
    let (after, overflow) = before.addingReportingOverflow(size)
    sum = overflow ? nil : after
  }
  guard sizes.count == count, sum == total else {
    throw Fault("dimension \(axis) of \(text(x.shape)) cannot be split into \(count): \(sizes)")
  }
  let strides = denseStrides(x.shape)
  var start = 0
  return try sizes.map { size in
    var shape = x.shape
    shape[axis] = size
    defer { start += size }
    return try copiedBox(
      of: x, shape, at: Placement(offset: start * strides[axis], strides: strides))
  }
}

/// Dimension i of the result is dimension `permutation[i]` of x.
func transpose(permutation: [Int], _ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  guard permutation.sorted() == Array(x.shape.indices) else {
    throw Fault("\(permutation) is not a permutation of the dimensions of \(text(x.shape))")
  }
  let strides = denseStrides(x.shape)
  return try copiedBox(
    of: x, permutation.map { x.shape[$0] },
    at: Placement(offset: 0, strides: permutation.map { strides[$0] }))
}

/// x at positions start, start + step, … before end of each axis that is named.
func slice(_ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  let starts = try operands.requiredIntegers(1, "starts")
  let ends = try operands.requiredIntegers(2, "ends")
  let given = try operands.integers(3, "axes") ?? Array(starts.indices)
  let steps = try operands.integers(4, "steps") ?? starts.map { _ in 1 }
  let counts = [starts.count, ends.count, given.count, steps.count]
  guard counts.allSatisfy({ $0 == starts.count }) else {
    throw Fault("starts, ends, axes and steps have \(counts) elements")
  }
  let axes = try normalized(axes: given, rank: x.shape.count)
  var shape = x.shape
  var placement = Placement(offset: 0, strides: denseStrides(x.shape))
  for (index, axis) in axes.enumerated() {
    guard
      let resolved = ResolvedSlice(
        size: x.shape[axis], start: starts[index], end: ends[index], step: steps[index])
    else { throw Fault("the step of axis \(axis) is 0") }
    shape[axis] = resolved.count
    if resolved.count > 0 { placement.offset += resolved.start * placement.strides[axis] }
    // Only a step that is taken is known to be less than the size.
    placement.strides[axis] *= resolved.count > 1 ? resolved.step : 1
  }
  return try copiedBox(of: x, shape, at: placement)
}

/// The elements of the first operand at the positions of `axis` that the second names.
func gather(axis: Int, _ operands: Operands) throws -> Tensor {
  let data = try operands.required(0, "data")
  let positions = try operands.required(1, "indices")
  let axis = try normalized(axis: axis, rank: data.shape.count)
  let size = data.shape[axis]
  let indices = try operands.requiredIntegers(1, "indices").map { index in
    guard index >= -size, index < size else {
      throw Fault("index \(index) is out of range for dimension \(axis) of \(text(data.shape))")
    }
    return index < 0 ? index + size : index
  }
  let shape = Array(data.shape[..<axis] + positions.shape + data.shape[(axis + 1)...])
  _ = try elementCount(shape, of: data.type)
  return try take(data, axis: axis, indices).reshaped(shape)
}
