import Basics

/// Resize.
extension Inference {
  func resize(_ resize: Resize) throws(Diagnostics) -> ValueType {
    let element = type(0).element
    let hasScales = !isAbsent(2)
    guard hasScales != !isAbsent(3) else {
      throw fault("takes either scales or sizes, and has \(hasScales ? "both" : "none of them")")
    }
    let index = hasScales ? 2 : 3
    let length = try vectorLength(index)
    guard let shape = shape(0) else { return ValueType(element, nil) }
    let axes = try self.resolve(axes: resize.axes ?? Array(shape.indices), rank: shape.count)
    if let length, length != axes.count {
      throw fault("has \(length) \(hasScales ? "scales" : "sizes") for \(axes.count) axes")
    }
    if resize.coordinates == .cropAndResize {
      guard !isAbsent(1) else { throw fault("takes a region for tf_crop_and_resize") }
      if let length = try vectorLength(1), length != 2 * axes.count {
        throw fault("has a region of \(length) numbers for \(axes.count) axes")
      }
    }
    let sizes = try hasScales ? scaled(shape, axes) : sized(shape, axes, resize.aspect)
    var result = shape
    for (position, axis) in axes.enumerated() {
      result[axis] = sizes?[position] ?? unknown(axis)
    }
    return ValueType(element, result)
  }

  /// ⌊size · scale⌋ in single precision, as ONNX defines it.
  private func scaled(
    _ shape: [Dimension], _ axes: [Int]
  ) throws(Diagnostics) -> [Dimension]? {
    guard let id = operand(2), graph[id].type.count == axes.count,
      let tensor = graph.tensor(of: id), tensor.type == .f32, tensor.count == axes.count
    else { return nil }
    var result: [Dimension] = []
    for (axis, scale) in zip(axes, tensor.elements(of: Float.self)) {
      guard scale > 0, scale.isFinite else { throw fault("has scale \(scale) for axis \(axis)") }
      switch shape[axis] {
      case .fixed(let size):
        guard let size = Int(exactly: (Float(size) * scale).rounded(.down)) else {
          throw fault("has a size that is out of range along axis \(axis)")
        }
        result.append(.fixed(size))
      case .symbol: result.append(scale == 1 ? shape[axis] : unknown(axis))
      }
    }
    return result
  }

  /// The sizes given, or, where the aspect ratio is kept, ⌊size · s + ½⌋ with the smallest or
  /// largest s = given / size; computed with integers, so that no s is rounded.
  private func sized(
    _ shape: [Dimension], _ axes: [Int], _ aspect: Resize.Aspect
  ) throws(Diagnostics) -> [Dimension]? {
    guard let sizes = elements(3), sizes.count == axes.count else { return nil }
    for case .fixed(let size) in sizes where size < 0 { throw fault("has size \(size)") }
    if aspect == .stretch { return sizes }
    guard let wanted = integers(3) else { return nil }
    var scale: (numerator: Int, denominator: Int)?
    for (axis, wanted) in zip(axes, wanted) {
      guard let size = shape[axis].value else { return nil }
      guard size > 0 else { throw fault("keeps the aspect ratio of \(type(0)), which is empty") }
      guard let best = scale else {
        scale = (wanted, size)
        continue
      }
      guard let a = wanted.multiplied(by: best.denominator),
        let b = best.numerator.multiplied(by: size)
      else { throw fault("has sizes that are out of range") }
      if aspect == .notLarger ? a < b : a > b { scale = (wanted, size) }
    }
    guard let scale else { return [] }
    var result: [Dimension] = []
    for axis in axes {
      guard let size = shape[axis].value,
        let doubled = size.multiplied(by: scale.numerator)?.multiplied(by: 2)?
          .adding(scale.denominator),
        let divisor = scale.denominator.multiplied(by: 2)
      else { throw fault("has sizes that are out of range") }
      result.append(.fixed(doubled / divisor))
    }
    return result
  }
}
