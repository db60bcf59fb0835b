import Basics
import IR

/// x under the shape given by the second operand: 0 copies a size of x unless `allowZero`, and one
/// −1 takes what is left.
func reshape(allowZero: Bool, _ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  let wanted = try operands.requiredIntegers(1, "shape")
  func mismatch() -> Fault { Fault("shape \(text(x.shape)) cannot become \(text(wanted))") }
  var shape = wanted
  var open: Int?
  for (axis, size) in wanted.enumerated() {
    if size == 0 && !allowZero {
      guard axis < x.shape.count else { throw mismatch() }
      shape[axis] = x.shape[axis]
    } else if size == -1 {
      guard open == nil else { throw mismatch() }
      open = axis
      shape[axis] = 1
    } else if size < 0 {
      throw mismatch()
    }
  }
  if let open {
    let known = try elementCount(shape, of: x.type)
    guard known > 0, x.count % known == 0 else { throw mismatch() }
    shape[open] = x.count / known
  }
  guard try elementCount(shape, of: x.type) == x.count else { throw mismatch() }
  return x.reshaped(shape)
}

/// x as a matrix; the dimensions before `axis` make its rows.
func flatten(axis: Int, _ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  let rank = x.shape.count
  let split = axis == rank ? rank : try normalized(axis: axis, rank: rank)
  return x.reshaped([product(x.shape[..<split]), product(x.shape[split...])])
}

/// x without the dimensions of size 1 that are named, or without any.
func squeeze(_ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  guard let given = try operands.integers(1, "axes"), !given.isEmpty else {
    return x.reshaped(x.shape.filter { $0 != 1 })
  }
  let axes = try normalized(axes: given, rank: x.shape.count)
  for axis in axes where x.shape[axis] != 1 {
    throw Fault("dimension \(axis) of \(text(x.shape)) is not of size 1")
  }
  return x.reshaped(x.shape.indices.filter { !axes.contains($0) }.map { x.shape[$0] })
}

/// x with dimensions of size 1 at the named places of the result.
func unsqueeze(_ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  let given = try operands.requiredIntegers(1, "axes")
  let rank = x.shape.count + given.count
  let axes = try normalized(axes: given, rank: rank)
  var sizes = x.shape.makeIterator()
  return x.reshaped((0..<rank).map { axes.contains($0) ? 1 : sizes.next() ?? 1 })
}

/// The dimensions `start ..< end` of x, negative bounds counting from the end, clamped to those
/// that are there.
func shape(start: Int, end: Int?, _ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  let rank = x.shape.count
  func bound(_ position: Int) -> Int {
    min(max(position < 0 ? position + rank : position, 0), rank)
  }
  let first = bound(start)
  let sizes = x.shape[first..<max(first, bound(end ?? rank))]
  return Tensor(sizes.map(Int64.init), shape: [sizes.count])
}

/// A tensor whose shape is the operand and whose elements all have the bit pattern `bits`.
func constantOfShape(
  element: ElementType, bits: UInt64, _ operands: Operands
) throws -> Tensor {
  let shape = try operands.requiredIntegers(0, "shape")
  return try Tensor(filling: shape, type: element) { fill($0, type: element, bits: bits) }
}

/// Fills `bytes` with elements of `type` that have the bit pattern `bits`.
func fill(_ bytes: UnsafeMutableRawBufferPointer, type: ElementType, bits: UInt64) {
  switch type.byteCount {
  case 1: fill(bytes, UInt8(truncatingIfNeeded: bits))
  case 2: fill(bytes, UInt16(truncatingIfNeeded: bits))
  case 4: fill(bytes, UInt32(truncatingIfNeeded: bits))
  default: fill(bytes, bits)
  }
}

private func fill<T: BitwiseCopyable>(_ bytes: UnsafeMutableRawBufferPointer, _ value: T) {
  bytes.bindMemory(to: T.self).update(repeating: value)
}

/// The bit pattern of the only element of `scalar`.
func bits(of scalar: Tensor) -> UInt64 {
  scalar.bytes.withUnsafeBytes { bytes in
    bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
