import Basics

/// Gemm and MatMul.
extension Inference {
  func gemm(_ gemm: Gemm) throws(Diagnostics) -> ValueType {
    try require(0, rank: 2)
    try require(1, rank: 2)
    let a = shape(0).map { gemm.transposeA ? [$0[1], $0[0]] : $0 }
    let b = shape(1).map { gemm.transposeB ? [$0[1], $0[0]] : $0 }
    if let a, let b { try contract(a[1], b[0]) }
    let result = [a?[0] ?? unknown(0), b?[1] ?? unknown(1)]
    try requireBroadcast(2, to: result)
    return ValueType(type(0).element, result)
  }

  func matMul() throws(Diagnostics) -> ValueType {
    guard var a = shape(0), var b = shape(1) else { return ValueType(type(0).element, nil) }
    for (index, shape) in [a, b].enumerated() where shape.isEmpty {
      throw fault("takes \(operandName(index)) with at least 1 dimension, not a scalar")
    }
    let isRow = a.count == 1
    let isColumn = b.count == 1
    if isRow { a.insert(.fixed(1), at: 0) }
    if isColumn { b.append(.fixed(1)) }
    try contract(a[a.count - 1], b[b.count - 2])
    var result = try broadcast(a.dropLast(2), b.dropLast(2)) ?? []
    if !isRow { result.append(a[a.count - 2]) }
    if !isColumn { result.append(b[b.count - 1]) }
    if operand(2) != nil {
      try require(2, rank: 1)
      guard !isColumn else { throw fault("has a bias, but its result has no last dimension") }
      try require(2, axis: 0, toBe: b[b.count - 1], "the last dimension of the result")
    }
    return ValueType(type(0).element, result)
  }

  /// Checks the dimension over which products are summed.
  private func contract(_ a: Dimension, _ b: Dimension) throws(Diagnostics) {
    guard unified(a, b) != nil else {
      throw fault(
        "multiplies \(type(0)) and \(type(1)), whose inner dimensions \(a) and \(b) differ")
    }
  }
}
