import Basics

/// Where the elements of a box lie in a memory: from `offset` on, `strides` apart, in elements.
struct Placement {
  var offset: Int
  var strides: [Int]
}

/// Copies a box of `shape` of elements of `size` bytes between two memories.
func copyBox(
  _ shape: [Int], elementSize size: Int,
  from source: UnsafeRawBufferPointer, at from: Placement,
  to destination: UnsafeMutableRawBufferPointer, at to: Placement
) {
  guard !shape.contains(0), let origin = source.baseAddress, let target = destination.baseAddress
  else { return }
  let strides = PairedStrides(shape: shape, a: from.strides, b: to.strides)
  let length = strides.rowLength
  inParallel(strides.rowCount, cost: length) { rows in
    strides.forEachRow(in: rows) { _, a, b in
      let read = origin + (from.offset + a) * size
      let write = target + (to.offset + b) * size
      if strides.rowStrideA == 1 && strides.rowStrideB == 1 {
        write.copyMemory(from: read, byteCount: length * size)
        return
      }
      let steps = (strides.rowStrideA, strides.rowStrideB)
      switch size {
      case 1: copyRow(UInt8.self, length, from: read, to: write, steps)
      case 2: copyRow(UInt16.self, length, from: read, to: write, steps)
      case 4: copyRow(UInt32.self, length, from: read, to: write, steps)
      default: copyRow(UInt64.self, length, from: read, to: write, steps)
      }
    }
  }
}

private func copyRow<T: BitwiseCopyable>(
  _: T.Type, _ count: Int, from source: UnsafeRawPointer, to destination: UnsafeMutableRawPointer,
  _ steps: (Int, Int)
) {
  let size = MemoryLayout<T>.size
  for index in 0..<count {
    let element = source.loadUnaligned(fromByteOffset: index * steps.0 * size, as: T.self)
    destination.storeBytes(of: element, toByteOffset: index * steps.1 * size, as: T.self)
  }
}

/// The box of `x` of `shape` that lies there as `from` says, as a tensor.
func copiedBox(of x: Tensor, _ shape: [Int], at from: Placement) throws -> Tensor {
  try Tensor(filling: shape, type: x.type) { result in
    x.bytes.withUnsafeBytes { source in
      copyBox(
        shape, elementSize: x.type.byteCount, from: source, at: from,
        to: result, at: Placement(offset: 0, strides: denseStrides(shape)))
    }
  }
}

/// The elements of `x` at the positions `indices` of `axis`; they must be in range.
func take(_ x: Tensor, axis: Int, _ indices: [Int]) throws -> Tensor {
  let outer = product(x.shape[..<axis])
  let inner = product(x.shape[(axis + 1)...]) * x.type.byteCount
  let pitch = x.shape[axis] * inner
  var shape = x.shape
  shape[axis] = indices.count
  return try Tensor(filling: shape, type: x.type) { result in
    x.bytes.withUnsafeBytes { source in
      guard let origin = source.baseAddress, let target = result.baseAddress else { return }
      inParallel(outer, cost: indices.count * (inner + 16) / 16) { range in
        for block in range {
          let read = origin + block * pitch
          let write = target + block * indices.count * inner
          switch inner {
          case 1: takeElements(UInt8.self, indices, from: read, to: write)
          case 2: takeElements(UInt16.self, indices, from: read, to: write)
          case 4: takeElements(UInt32.self, indices, from: read, to: write)
          case 8: takeElements(UInt64.self, indices, from: read, to: write)
          default:
            for (position, index) in indices.enumerated() {
              (write + position * inner).copyMemory(from: read + index * inner, byteCount: inner)
            }
          }
        }
      }
    }
  }
}

private func takeElements<T: BitwiseCopyable>(
  _: T.Type, _ indices: [Int], from source: UnsafeRawPointer,
  to destination: UnsafeMutableRawPointer
) {
  let size = MemoryLayout<T>.size
  for (position, index) in indices.enumerated() {
    let element = source.loadUnaligned(fromByteOffset: index * size, as: T.self)
    destination.storeBytes(of: element, toByteOffset: position * size, as: T.self)
  }
}
