import Basics

/// Operators whose result has the shape of the input, or of the inputs broadcast to each other.
extension Inference {
  func binary(_ function: BinaryFunction) throws(Diagnostics) -> ValueType {
    if function == .prelu {
      if let shape = shape(0) { try requireBroadcast(1, to: shape) }
      return type(0)
    }
    return ValueType(
      function.isComparison ? .bool : type(0).element, try broadcast(shape(0), shape(1)))
  }

  func select() throws(Diagnostics) -> ValueType {
    guard type(1).element == type(2).element else {
      throw fault("chooses between elements of types \(type(1).element) and \(type(2).element)")
    }
    let chosen = try broadcast(shape(1), shape(2))
    return ValueType(type(1).element, try broadcast(shape(0), chosen))
  }

  func expand() throws(Diagnostics) -> ValueType {
    let element = type(0).element
    let length = try vectorLength(1)
    guard let target = elements(1) else {
      guard let shape = shape(0), let length else { return ValueType(element, nil) }
      return ValueType(element, unknownShape(max(length, shape.count)))
    }
    for case .fixed(let size) in target where size < 0 {
      throw fault("has a negative size in its shape \(text(target))")
    }
    return ValueType(element, try broadcast(shape(0), target))
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
    guard !shape.isEmpty else { throw fault("takes \(operandName(0)) that is not a scalar") }
    let channels = shape.count == 1 ? .fixed(1) : shape[1]
    for index in 1...4 {
      try require(index, axis: 0, toBe: channels, "the number of channels")
    }
    return type(0)
  }
}
