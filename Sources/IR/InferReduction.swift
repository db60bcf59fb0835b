import Basics

/// Operators along axes, and those about matrices and ranges.
extension Inference {
  func softmax(_ softmax: Softmax) throws(Diagnostics) -> ValueType {
    if let shape = shape(0) { _ = try resolve(axis: softmax.axis, rank: shape.count) }
    return type(0)
  }

  func reduce(_ reduce: Reduce) throws(Diagnostics) -> ValueType {
    let element = type(0).element
    if isAbsent(1) && reduce.emptyIsIdentity { return type(0) }
    let length = try vectorLength(1)
    guard let shape = shape(0) else { return ValueType(element, nil) }
    let axes: [Int]
    if isAbsent(1) {
      axes = Array(shape.indices)
    } else if let given = integers(1) {
      axes = try resolve(axes: given, rank: shape.count)
    } else if reduce.keepsDimensions {
      return ValueType(element, shape.indices.map { unknown($0) })
    } else if let length, length <= shape.count {
      return ValueType(element, (0..<shape.count - length).map { unknown($0) })
    } else {
      return ValueType(element, nil)
    }
    var result = shape
    for axis in axes { result[axis] = .fixed(1) }
    if !reduce.keepsDimensions {
      for axis in axes.sorted(by: >) { result.remove(at: axis) }
    }
    return ValueType(element, result)
  }

  func extremum(_ extremum: Extremum) throws(Diagnostics) -> ValueType {
    guard var shape = shape(0) else { return ValueType(.i64, nil) }
    let axis = try resolve(axis: extremum.axis, rank: shape.count)
    if shape[axis] == .fixed(0) {
      throw fault("looks for an element along axis \(axis) of \(type(0)), which has none")
    }
    if extremum.keepsDimension { shape[axis] = .fixed(1) } else { shape.remove(at: axis) }
    return ValueType(.i64, shape)
  }

  func cumulative() throws(Diagnostics) -> ValueType {
    try requireScalar(1)
    if let shape = shape(0), let axis = integers(1)?.first {
      _ = try resolve(axis: axis, rank: shape.count)
    }
    return type(0)
  }

  func determinant() throws(Diagnostics) -> ValueType {
    guard let shape = shape(0) else { return type(0) }
    try requireMatrices(shape)
    guard unified(shape[shape.count - 2], shape[shape.count - 1]) != nil else {
      throw fault("takes square matrices, not \(type(0))")
    }
    return ValueType(type(0).element, Array(shape.dropLast(2)))
  }

  func triangle() throws(Diagnostics) -> ValueType {
    try requireScalar(1)
    if let shape = shape(0) { try requireMatrices(shape) }
    return type(0)
  }

  func identityMatrix(_ element: ElementType) throws(Diagnostics) -> ValueType {
    let allowed = node.op.signature.operands[0].elements
    guard allowed.contains(element) else {
      throw fault("makes elements of type \(element), which have no 1")
    }
    try require(0, rank: 2)
    return ValueType(element, shape(0))
  }

  /// The length is ⌈(limit − start) / step⌉, and at least 0.
  func range() throws(Diagnostics) -> ValueType {
    let element = type(0).element
    for index in 0...2 { try requireScalar(index) }
    if element.isFloatingPoint {
      let values = (0...2).compactMap { operand($0).flatMap(graph.tensor)?.onlyNumber }
      guard values.count == 3 else { return ValueType(element, [unknown(0)]) }
      if values[2] == 0 { throw fault("has a step of 0") }
      let count = Int(exactly: max(((values[1] - values[0]) / values[2]).rounded(.up), 0))
      guard let count else { throw fault("has a number of elements that is out of range") }
      return ValueType(element, fixed: [count])
    }
    if integers(2) == [0] { throw fault("has a step of 0") }
    if elements(0) == [.fixed(0)], integers(2) == [1], let limit = elements(1)?.first {
      return ValueType(element, [limit.value.map { .fixed(max($0, 0)) } ?? limit])
    }
    guard let start = integers(0)?.first, let limit = integers(1)?.first,
      let step = integers(2)?.first
    else { return ValueType(element, [unknown(0)]) }
    guard let distance = limit.subtracting(start), step != .min else {
      throw fault("has a number of elements that is out of range")
    }
    let isEmpty = distance == 0 || (distance < 0) != (step < 0)
    let steps = distance.magnitude / step.magnitude + (distance % step == 0 ? 0 : 1)
    return ValueType(element, fixed: [isEmpty ? 0 : Int(steps)])
  }

  private func requireMatrices(_ shape: [Dimension]) throws(Diagnostics) {
    if shape.count < 2 { throw fault("takes matrices, not \(type(0))") }
  }

  /// Checks that the operand at `index`, if it is given, is a scalar or has one element.
  func requireScalar(_ index: Int) throws(Diagnostics) {
    guard let shape = shape(index), !shape.isEmpty, unified(shape[0], .fixed(1)) == nil else {
      return
    }
    throw fault("takes \(operandName(index)) that is a scalar, not \(type(index))")
  }
}

extension Tensor {
  /// The number that a tensor of one floating-point element holds; `nil` for others.
  fileprivate var onlyNumber: Double? {
    guard count == 1 else { return nil }
    switch type {
    case .f16: return Double(elements(of: Float16.self)[0])
    case .f32: return Double(elements(of: Float.self)[0])
    case .f64: return elements(of: Double.self)[0]
    case .bf16: return Double(decoded.elements(of: Float.self)[0])
    default: return nil
    }
  }
}
