import Basics
import IR

/// The result of an operator that samples images or is about their regions.
func evaluate(_ sampling: Sampling, _ operands: Operands) throws -> Tensor {
  switch sampling {
  case .grid(let parameters): try gridSample(parameters, operands)
  case .affineGrid(let alignCorners): try affineGrid(alignCorners: alignCorners, operands)
  case .regionAlign(let parameters): try regionAlign(parameters, operands)
  case .regionMaximum(let rows, let columns, let scale):
    try regionMaximum(rows: rows, columns: columns, scale: scale, operands)
  case .suppression(let centered, let isPadded):
    try suppression(centered: centered, isPadded: isPadded, operands)
  case .unpool(let window): try unpool(window, operands)
  case .fromColumns(let strides, let dilations, let pads):
    try fromColumns(strides, dilations, pads, operands)
  }
}

/// Elements at their positions in an image that is 0 elsewhere.
private func unpool(_ window: Window, _ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  let positions = try operands.requiredIntegers(1, "positions")
  let rank = window.kernel.count
  guard case .explicit(let begin, let end) = window.padding, x.shape.count == rank + 2,
    positions.count == x.count
  else { throw Fault("\(positions.count) positions do not fit x of shape \(text(x.shape))") }
  var inferred = Array(x.shape[..<2])
  for axis in 0..<rank {
    let numbers = [window.strides[axis], window.kernel[axis], begin[axis], end[axis]]
    guard numbers.allSatisfy({ 0...largestTensor ~= $0 }) else {
      throw Fault("the windows of dimension \(axis + 2) are out of range")
    }
    let steps = (x.shape[axis + 2] - 1).multipliedReportingOverflow(by: numbers[0])
    guard !steps.overflow, steps.partialValue.magnitude <= largestTensor else {
      throw Fault("the windows of dimension \(axis + 2) are out of range")
    }
    inferred.append(steps.partialValue + numbers[1] - numbers[2] - numbers[3])
  }
  let count = try elementCount(inferred, of: x.type)
  guard let outside = positions.first(where: { $0 < 0 || $0 >= count }) else {
    let size = x.type.byteCount
    let whole = try Tensor(filling: inferred, type: x.type) { result in
      x.bytes.withUnsafeBytes { x in
        for (index, position) in positions.enumerated() {
          (result.baseAddress! + position * size).copyMemory(
            from: x.baseAddress! + index * size, byteCount: size)
        }
      }
    }
    guard let shape = try operands.integers(2, "shape") else { return whole }
    guard shape.count == rank + 2, shape.allSatisfy({ 0...largestTensor ~= $0 }) else {
      throw Fault("the shape \(shape) is out of range")
    }
    // What the windows do not reach is 0, what they reach beyond the shape is cut off.
    let excess = zip(shape, inferred).map { Int64($0 - $1) }
    let pads = Tensor(excess.map { _ in 0 } + excess, shape: [2 * excess.count])
    return try pad(.constant, Operands([whole, pads]))
  }
  throw Fault("position \(outside) is out of range for \(text(inferred))")
}

/// Images whose windows the columns of x are; what overlaps is added.
private func fromColumns(
  _ strides: [Int]?, _ dilations: [Int]?, _ pads: [Int]?, _ operands: Operands
) throws -> Tensor {
  let x = try operands.required(0, "x")
  let size = try operands.requiredIntegers(1, "size")
  let block = try operands.requiredIntegers(2, "block")
  let rank = size.count
  let ones = [Int](repeating: 1, count: rank)
  let pads = pads ?? [Int](repeating: 0, count: 2 * rank)
  let window = Window(
    kernel: block, strides: strides ?? ones, dilations: dilations ?? ones,
    padding: .explicit(begin: Array(pads.prefix(rank)), end: Array(pads.dropFirst(rank))))
  let lengths = [block.count, window.strides.count, window.dilations.count]
  guard rank >= 1, lengths.allSatisfy({ $0 == rank }), pads.count == 2 * rank else {
    throw Fault("sizes, block, strides, dilations and pads differ in length")
  }
  guard (size + block).allSatisfy({ 1...largestTensor ~= $0 }) else {
    throw Fault("the sizes \(size) or blocks \(block) are out of range")
  }
  let counts = try (0..<rank).map { try window.resolved(dimension: $0, size: size[$0]).output }
  let (taps, windows) = (try elementCount(block, of: .u8), try elementCount(counts, of: .u8))
  guard x.shape.count == 3, x.shape[1] % taps == 0, x.shape[2] == windows else {
    throw Fault("x of shape \(text(x.shape)) does not have \(windows) columns of \(taps)")
  }
  let result = [x.shape[0], x.shape[1] / taps] + size
  switch x.type {
  case .f32: return try fromColumns(Float.self, window, x, result, counts, pads)
  case .f64: return try fromColumns(Double.self, window, x, result, counts, pads)
  default: throw Fault.unsupported(x.type, supported: ElementType.floating)
  }
}

private func fromColumns<T: Real>(
  _: T.Type, _ window: Window, _ x: Tensor, _ shape: [Int], _ counts: [Int], _ pads: [Int]
) throws -> Tensor {
  let size = Array(shape[2...])
  let (taps, windows) = (product(window.kernel[...]), product(counts[...]))
  let (strides, image) = (denseStrides(size), product(size[...]))
  return try Tensor(filling: shape, of: T.self) { result in
    x.withElements(of: T.self) { x in
      for plane in 0..<shape[0] * shape[1] {
        forEachIndex(window.kernel) { tap, row in
          forEachIndex(counts) { place, column in
            var offset = plane * image
            for axis in size.indices {
              let position =
                place[axis] * window.strides[axis] + tap[axis] * window.dilations[axis]
                - pads[axis]
              guard 0..<size[axis] ~= position else { return }
              offset += position * strides[axis]
            }
            result[offset] += x[(plane * taps + row) * windows + column]
          }
        }
      }
    }
  }
}
