import Basics

/// QuantizeLinear and DequantizeLinear.
extension Inference {
  /// The type of a result of `element`, after checking the scales and zero points.
  func quantization(
    to element: ElementType, _ allowed: [ElementType], axis: Int, blockSize: Int
  ) throws(Diagnostics) -> ValueType {
    guard allowed.contains(element) else {
      var diagnostics = fault("gives elements of type \(element)")
      diagnostics.items[0].supported = allowed.map(\.rawValue).joined(separator: ", ")
      throw diagnostics
    }
    guard blockSize >= 0 else { throw fault("has blocks of \(blockSize) elements") }
    for index in 1...2 { try checkScale(index, axis: axis, blockSize: blockSize) }
    if case .quantize = node.op, operand(2) != nil, type(2).element != element {
      throw fault("gives elements of type \(element), but has \(operandName(2)) of \(type(2))")
    }
    return ValueType(element, shape(0))
  }

  private func checkScale(_ index: Int, axis: Int, blockSize: Int) throws(Diagnostics) {
    guard let own = shape(index), let shape = shape(0), own.contains(where: { $0 != .fixed(1) })
    else { return }
    let axis = try resolve(axis: axis, rank: shape.count)
    guard blockSize > 0 else {
      try require(index, rank: 1)
      return try require(index, axis: 0, toBe: shape[axis], "dimension \(axis) of the input")
    }
    try require(index, rank: shape.count)
    for dimension in shape.indices {
      var expected = shape[dimension]
      if dimension == axis {
        guard let size = expected.value else { continue }
        expected = .fixed(size / blockSize + (size % blockSize == 0 ? 0 : 1))
      }
      try require(index, axis: dimension, toBe: expected, "the number of its blocks")
    }
  }
}
