import Basics
import IR

/// x, pads, [value], [axes] → x with elements added, or cut off where a pad is negative.
///
/// Cutting comes first: the modes reflect, edge and wrap continue what is left.
func pad(_ mode: PadMode, _ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  let pads = try operands.requiredIntegers(1, "pads")
  let value = try operands.optional(2, "value", of: x.type)
  let axes = try normalized(
    axes: try operands.integers(3, "axes") ?? Array(x.shape.indices), rank: x.shape.count)
  guard pads.count == 2 * axes.count else {
    throw Fault("there are \(pads.count) pads for \(axes.count) axes")
  }
  if let value, value.count != 1 { throw Fault("the value has shape \(text(value.shape))") }
  var extents = x.shape.map { Extent(size: $0, begin: 0, end: 0) }
  for (index, axis) in axes.enumerated() {
    let extent = Extent(size: x.shape[axis], begin: pads[index], end: pads[axes.count + index])
    guard pads[index].magnitude <= largestTensor, extent.end.magnitude <= largestTensor,
      extent.result >= 0
    else {
      throw Fault(
        "pads \(extent.begin) and \(extent.end) do not fit dimension \(axis) of \(text(x.shape))")
    }
    extents[axis] = extent
  }
  if mode == .constant { return try padConstant(x, value, extents) }
  let shape = extents.map(\.result)
  guard try elementCount(shape, of: x.type) > 0 else {
    return try Tensor(filling: shape, type: x.type) { _ in }
  }
  var result = x
  for (axis, extent) in extents.enumerated() where extent.begin != 0 || extent.end != 0 {
    // Each position has an index of 64 bits while the axis is padded.
    _ = try elementCount([extent.result], of: .i64)
    guard extent.kept > 0 else {
      throw Fault("dimension \(axis) has no elements to pad with")
    }
    result = try take(result, axis: axis, (0..<extent.result).map { extent.source(of: $0, mode) })
  }
  return result
}

/// How one dimension is padded.
private struct Extent {
  /// The size of the operand.
  var size: Int
  /// What is added before; cut off, if negative.
  var begin: Int
  /// What is added after; cut off, if negative.
  var end: Int

  /// The size of the result.
  var result: Int { size + begin + end }
  /// The number of elements cut off at the beginning.
  var cut: Int { max(0, -begin) }
  /// The number of elements that are not cut off.
  var kept: Int { max(0, size - cut - max(0, -end)) }

  /// The position in the operand that position `index` of the result repeats.
  func source(of index: Int, _ mode: PadMode) -> Int {
    let position = index - max(begin, 0)
    switch mode {
    case .constant, .edge: return cut + min(max(position, 0), kept - 1)
    case .wrap: return cut + remainder(position, kept)
    case .reflect:
      let period = max(2 * (kept - 1), 1)
      let phase = remainder(position, period)
      return cut + min(phase, period - phase, kept - 1)
    }
  }

  private func remainder(_ a: Int, _ b: Int) -> Int {
    let rest = a % b
    return rest < 0 ? rest + b : rest
  }
}

private func padConstant(_ x: Tensor, _ value: Tensor?, _ extents: [Extent]) throws -> Tensor {
  let shape = extents.map(\.result)
  let (from, to) = (denseStrides(x.shape), denseStrides(shape))
  let source = zip(extents, from).map { $0.cut * $1 }.reduce(0, +)
  let destination = zip(extents, to).map { max($0.begin, 0) * $1 }.reduce(0, +)
  return try Tensor(filling: shape, type: x.type) { result in
    fill(result, type: x.type, bits: value.map(bits(of:)) ?? 0)
    x.bytes.withUnsafeBytes { bytes in
      copyBox(
        extents.map(\.kept), elementSize: x.type.byteCount,
        from: bytes, at: Placement(offset: source, strides: from),
        to: result, at: Placement(offset: destination, strides: to))
    }
  }
}
