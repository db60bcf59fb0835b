import Basics

/// Operators whose result has the shape of the input, or of the inputs broadcast to each other, and
/// reductions.
extension Inference {
  func binary(_ function: BinaryFunction) throws(Diagnostics) -> ValueType {
    if function == .prelu {
      if let shape = shape(0) { try requireBroadcast(1, to: shape) }
      return type(0)
    }
    return ValueType(
      function.isComparison ? .bool : type(0).element, try broadcast(shape(0), shape(1)))
  }

  func clip() throws(Diagnostics) -> ValueType {
    for index in 1...2 {
      guard let shape = shape(index), !shape.isEmpty, shape != [.fixed(1)] else { continue }
      throw fault("takes \(operandName(index)) that is a scalar, not \(type(index))")
    }
    return type(0)
  }

  func batchNormalization() throws(Diagnostics) -> ValueType {
    for index in 1...4 { try require(index, rank: 1) }
    guard let shape = shape(0) else { return type(0) }
    guard !shape.isEmpty else { throw fault("takes \(operandName(0)) that is no scalar") }
    let channels = shape.count == 1 ? .fixed(1) : shape[1]
    for index in 1...4 {
      try require(index, axis: 0, toBe: channels, "the number of channels")
    }
    return type(0)
  }

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
}
