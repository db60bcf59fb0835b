import Basics

/// The largest tensor that is evaluated, in bytes: beyond it, a faulty model would end the process.
let largestTensor = 1 << 33

/// The number of elements of `shape`; throws a fault if a size is negative or the tensor is larger
/// than `largestTensor`, not counting sizes of 0, so that no product of sizes overflows.
func elementCount(_ shape: [Int], of type: ElementType) throws -> Int {
  var count = 1
  for size in shape {
    guard size >= 0 else { throw Fault("the result would have a negative size: \(text(shape))") }
    let (product, overflow) = count.multipliedReportingOverflow(by: max(size, 1))
    guard !overflow, product <= largestTensor / type.byteCount else {
      throw Fault(
        "\(text(shape)) elements of \(type.rawValue) are too large",
        supported: "tensors of at most \(largestTensor) bytes")
    }
    count = product
  }
  return shape.contains(0) ? 0 : count
}

extension Tensor {
  /// Creates a tensor whose elements, zero at first, are written by `fill`; an empty one needs no
  /// filling. Throws a fault if it would be too large.
  init<T: Scalar>(
    filling shape: [Int], of _: T.Type, _ fill: (UnsafeMutableBufferPointer<T>) throws -> Void
  ) throws {
    try self.init(filling: shape, type: T.elementType) { try fill($0.bindMemory(to: T.self)) }
  }

  /// Creates a tensor whose bytes, zero at first, are written by `fill`.
  init(
    filling shape: [Int], type: ElementType, _ fill: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws {
    let count = try elementCount(shape, of: type)
    let bytes = try Bytes(count: count * type.byteCount) { if count > 0 { try fill($0) } }
    self.init(type: type, shape: shape, bytes: bytes)
  }
}

/// The distance between neighbours in each dimension of a dense tensor, in elements.
func denseStrides(_ shape: [Int]) -> [Int] {
  var strides = [Int](repeating: 1, count: shape.count)
  for axis in shape.indices.dropLast().reversed() {
    strides[axis] = strides[axis + 1] * shape[axis + 1]
  }
  return strides
}

/// The number of elements of some dimensions of a tensor that exists.
func product(_ sizes: ArraySlice<Int>) -> Int { sizes.reduce(1, *) }
