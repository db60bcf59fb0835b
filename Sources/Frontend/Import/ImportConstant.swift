import Basics
import IR

extension OperatorImport {
  /// Constant and ConstantOfShape.
  static let constants = [
    OperatorImport("Constant") { constant(&$0) },
    OperatorImport("ConstantOfShape", since: 9) { constantOfShape(&$0) },
  ]

  private static func constant(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(0...0)
    node.expectOneResult()
    var found: [Tensor] = []
    let isFaultless = node.faults.isEmpty
    if let tensor = node.tensor("value") { found.append(tensor) }
    if node.opset >= 11, let tensor = node.sparseTensor("sparse_value") { found.append(tensor) }
    if node.opset >= 12 {
      for name in ["value_string", "value_strings"] where node.has(name) {
        node.ignore(name)
        node.fault("attribute \(name) holds strings, which are not supported")
      }
      if let value = node.float("value_float") { found.append(Tensor(scalar: value)) }
      if let values = node.floats("value_floats") {
        found.append(Tensor(values, shape: [values.count]))
      }
      if node.has("value_int") {
        found.append(Tensor(scalar: Int64(node.integer("value_int"))))
      }
      if let values = node.integers("value_ints") {
        found.append(Tensor(values.map { Int64($0) }, shape: [values.count]))
      }
    }
    if found.count != 1 && node.hasAllAttributesRead && isFaultless == node.faults.isEmpty {
      node.fault("has \(found.count) values instead of one")
    }
    return .constant(found.first ?? Tensor(scalar: Float(0)))
  }

  private static func constantOfShape(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(1...1)
    node.expectOneResult()
    let value = node.tensor("value") ?? Tensor(scalar: Float(0))
    if value.count != 1 {
      node.fault("attribute value has \(value.count) elements instead of one")
    }
    let bits = value.bytes.withUnsafeBytes { bytes in
      bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
    return .operation(.constantOfShape(element: value.type, bits: bits), [.given(0)])
  }
}
