import Basics
import IR

/// The results of an operator that takes, places, orders or repeats elements.
func evaluate(_ movement: Movement, _ operands: Operands) throws -> [Tensor] {
  switch movement {
  case .gatherElements(let axis): [try gatherElements(axis: axis, operands)]
  case .gatherND(let count): [try gatherND(batchDimensions: count, operands)]
  case .scatterElements(let axis, let reduction):
    [try scatterElements(axis: axis, reduction, operands)]
  case .scatterND(let reduction): [try scatterND(reduction, operands)]
  case .topK(let axis, let largest): try topK(axis: axis, largest: largest, operands)
  case .oneHot(let axis): [try oneHot(axis: axis, operands)]
  case .nonZero(let isPadded): [try nonZero(isPadded: isPadded, operands)]
  case .compress(let axis): [try compress(axis: axis, operands)]
  case .unique(let axis, let isSorted): try unique(axis: axis, isSorted: isSorted, operands)
  case .tile: [try tile(operands)]
  case .depthToSpace(let size, let order):
    [try depthToSpace(blockSize: size, order, operands)]
  case .spaceToDepth(let size, let order):
    [try spaceToDepth(blockSize: size, order, operands)]
  case .reverseSequence(let batchAxis, let timeAxis):
    [try reverseSequence(batchAxis: batchAxis, timeAxis: timeAxis, operands)]
  case .centerCropPad(let axes): [try centerCropPad(axes: axes, operands)]
  }
}

/// x repeated along each dimension.
private func tile(_ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  let repeats = try operands.requiredIntegers(1, "repeats")
  guard repeats.count == x.shape.count, repeats.allSatisfy({ 0...largestTensor ~= $0 }) else {
    throw Fault("the repeats \(repeats) do not fit the shape \(text(x.shape))")
  }
  // Each dimension of x follows one of its repetitions.
  var (box, strides): ([Int], [Int]) = ([], [])
  for (axis, stride) in denseStrides(x.shape).enumerated() {
    box += [repeats[axis], x.shape[axis]]
    strides += [0, stride]
  }
  _ = try elementCount(box, of: x.type)
  return try copiedBox(of: x, box, at: Placement(offset: 0, strides: strides))
    .reshaped(zip(x.shape, repeats).map { $0 * $1 })
}

/// Blocks of channels as squares of the image.
private func depthToSpace(
  blockSize size: Int, _ order: DepthOrder, _ operands: Operands
) throws -> Tensor {
  let x = try operands.required(0, "x")
  guard x.shape.count == 4, 1...(1 << 20) ~= size, x.shape[1] % (size * size) == 0 else {
    throw Fault("blocks of size \(size) do not fit the shape \(text(x.shape))")
  }
  let (batch, height, width) = (x.shape[0], x.shape[2], x.shape[3])
  let channels = x.shape[1] / (size * size)
  let parts: [Int]
  let permutation: [Int]
  switch order {
  case .depthColumnRow:
    (parts, permutation) = ([batch, size, size, channels, height, width], [0, 3, 4, 1, 5, 2])
  case .columnRowDepth:
    (parts, permutation) = ([batch, channels, size, size, height, width], [0, 1, 4, 2, 5, 3])
  }
  return try transpose(permutation: permutation, Operands([x.reshaped(parts)]))
    .reshaped([batch, channels, height * size, width * size])
}

/// Squares of the image as blocks of channels.
private func spaceToDepth(
  blockSize size: Int, _ order: DepthOrder, _ operands: Operands
) throws -> Tensor {
  let x = try operands.required(0, "x")
  guard x.shape.count == 4, 1...(1 << 20) ~= size, x.shape[2] % size == 0, x.shape[3] % size == 0
  else { throw Fault("blocks of size \(size) do not fit the shape \(text(x.shape))") }
  let (batch, channels) = (x.shape[0], x.shape[1])
  let (height, width) = (x.shape[2] / size, x.shape[3] / size)
  let parts = x.reshaped([batch, channels, height, size, width, size])
  let permutation = order == .depthColumnRow ? [0, 3, 5, 1, 2, 4] : [0, 1, 3, 5, 2, 4]
  return try transpose(permutation: permutation, Operands([parts]))
    .reshaped([batch, channels * size * size, height, width])
}

/// x with the first elements along the time axis reversed, as many as the batch's length says.
private func reverseSequence(
  batchAxis: Int, timeAxis: Int, _ operands: Operands
) throws -> Tensor {
  let x = try operands.required(0, "x")
  let lengths = try operands.requiredIntegers(1, "lengths")
  let axes = try normalized(axes: [batchAxis, timeAxis], rank: x.shape.count)
  let (batch, time) = (axes[0], axes[1])
  let size = x.shape[time]
  guard lengths.count == x.shape[batch], lengths.allSatisfy({ 0...size ~= $0 }) else {
    throw Fault("the lengths \(lengths) do not fit the shape \(text(x.shape))")
  }
  let strides = denseStrides(x.shape)
  return try takeFlat(x, x.shape) { index, offset in
    let length = lengths[index[batch]]
    let position = index[time]
    return position < length ? offset + (length - 1 - 2 * position) * strides[time] : offset
  }
}

/// x cut or padded with 0 on both sides; an odd element is cut or added at the end.
private func centerCropPad(axes: [Int]?, _ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  let sizes = try operands.requiredIntegers(1, "sizes")
  let axes = try normalized(axes: axes ?? Array(x.shape.indices), rank: x.shape.count)
  guard sizes.count == axes.count, sizes.allSatisfy({ 0...largestTensor ~= $0 }) else {
    throw Fault("the sizes \(sizes) do not fit the shape \(text(x.shape))")
  }
  var pads = [Int](repeating: 0, count: 2 * axes.count)
  for (position, axis) in axes.enumerated() {
    let excess = sizes[position] - x.shape[axis]
    // Floor division, so that what is cut before is half of it, rounded down.
    let before = excess < 0 ? -(-excess / 2) : excess / 2
    pads[position] = before
    pads[axes.count + position] = excess - before
  }
  let lists = [pads, axes].map { Tensor($0.map(Int64.init), shape: [$0.count]) }
  return try pad(.constant, Operands([x, lists[0], nil, lists[1]]))
}

/// The elements of `x` at the offsets that `source` says for each index of a result of `shape`;
/// `source` is given the index and its own offset in a tensor of the result's shape.
func takeFlat(
  _ x: Tensor, _ shape: [Int], _ source: (_ index: [Int], _ offset: Int) -> Int
) throws -> Tensor {
  let count = try elementCount(shape, of: x.type)
  _ = try elementCount(shape, of: .i64)
  var offsets: [Int] = []
  offsets.reserveCapacity(count)
  forEachIndex(shape) { index, offset in offsets.append(source(index, offset)) }
  return try take(x.reshaped([x.count]), axis: 0, offsets).reshaped(shape)
}

/// Calls `body` with every index of `shape` in row-major order, and its place in this order.
func forEachIndex(_ shape: [Int], _ body: (_ index: [Int], _ offset: Int) throws -> Void) rethrows {
  guard !shape.contains(0) else { return }
  var index = [Int](repeating: 0, count: shape.count)
  for offset in 0..<shape.reduce(1, *) {
    try body(index, offset)
    var axis = shape.count - 1
    while axis >= 0 {
      index[axis] += 1
      if index[axis] < shape[axis] { break }
      index[axis] = 0
      axis -= 1
    }
  }
}
