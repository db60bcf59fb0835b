import Basics
import IR
import Reference

/// The first result of `op` on `operands`.
func result(of op: Op, _ operands: Tensor?...) throws -> Tensor {
  try results(of: op, operands)[0]
}

/// The results of `op` on `operands`.
func results(of op: Op, _ operands: [Tensor?], count: Int = 1) throws -> [Tensor] {
  let node = Node(
    name: "the node", op: op, operands: operands.indices.map { ValueID($0) },
    results: (0..<count).map { ValueID(operands.count + $0) })
  return try evaluate(node, operands: operands)
}

/// The message of the only diagnostic that `op` throws; `nil` if it does not.
func fault(of op: Op, _ operands: Tensor?...) throws -> String? {
  do {
    _ = try results(of: op, operands)
    return nil
  } catch let diagnostics as Diagnostics {
    guard diagnostics.items.count == 1, diagnostics.items[0].node == "the node",
      diagnostics.items[0].op == op.onnxName
    else { return nil }
    return diagnostics.items[0].message
  }
}

/// A tensor of f32.
func f32(_ elements: [Float], _ shape: [Int]) -> Tensor { Tensor(elements, shape: shape) }

/// A vector of f32.
func f32(_ elements: Float...) -> Tensor { Tensor(elements, shape: [elements.count]) }

/// A vector of i64.
func i64(_ elements: Int64...) -> Tensor { Tensor(elements, shape: [elements.count]) }

/// 0, 1, 2, … in a shape.
func counting(_ shape: [Int]) -> Tensor {
  f32((0..<shape.reduce(1, *)).map { Float($0) }, shape)
}

/// Numbers between −1 and 1 in a shape, the same for the same seed.
func noise(_ shape: [Int], seed: UInt64) -> Tensor {
  var state = seed
  let elements = (0..<shape.reduce(1, *)).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(Int64(bitPattern: state) >> 40) / 0x1p23
  }
  return f32(elements, shape)
}

extension Tensor {
  /// The elements as f32.
  var floats: [Float] { elements(of: Float.self) }
  /// The elements as i64.
  var integers: [Int64] { elements(of: Int64.self) }
}
