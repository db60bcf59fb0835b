import Basics
import IR

extension OperatorImport {
  /// Operators that only move or rename dimensions.
  static let layouts = [
    OperatorImport("Reshape") { node in
      node.expectOperands(2...2)
      node.expectOneResult()
      let allowZero = node.opset >= 14 ? node.flag("allowzero") : false
      return .operation(.reshape(allowZero: allowZero), [.given(0), .given(1)])
    },
    OperatorImport("Flatten") { node in
      node.expectOperands(1...1)
      node.expectOneResult()
      return .operation(.flatten(axis: node.integer("axis", default: 1)), [.given(0)])
    },
    OperatorImport("Transpose") { transpose(&$0) },
    OperatorImport("Squeeze") { node in
      node.expectOneResult()
      return node.withAxes(.squeeze, required: false)
    },
    OperatorImport("Unsqueeze") { node in
      node.expectOneResult()
      return node.withAxes(.unsqueeze, required: true)
    },
    OperatorImport("Shape") { node in
      node.expectOperands(1...1)
      node.expectOneResult()
      guard node.opset >= 15 else { return .operation(.shape(start: 0, end: nil), [.given(0)]) }
      let start = node.integer("start", default: 0)
      let end = node.has("end") ? node.integer("end") : nil
      return .operation(.shape(start: start, end: end), [.given(0)])
    },
    OperatorImport("Identity") { node in
      node.expectOperands(1...1)
      node.expectOneResult()
      return .operation(.unary(.identity), [.given(0)])
    },
  ]

  private static func transpose(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(1...1)
    node.expectOneResult()
    let rank = node.operands[0]?.type.shape?.count
    guard let permutation = node.integers("perm") else {
      if rank == nil {
        node.operandFault("has no perm, and the number of dimensions of its operand is not known")
      }
      return .operation(.transpose(permutation: (0..<(rank ?? 0)).reversed()), [.given(0)])
    }
    if permutation.sorted() != Array(permutation.indices) {
      node.fault("attribute perm is \(permutation), which is not a permutation")
    } else if let rank, rank != permutation.count {
      node.operandFault(
        "attribute perm has \(permutation.count) entries for \(rank) dimensions")
    }
    return .operation(.transpose(permutation: permutation), [.given(0)])
  }
}

extension NodeImport {
  /// An operator whose axes are an attribute before operator set 13.
  fileprivate mutating func withAxes(_ op: Op, required: Bool) -> ImportedNode {
    if opset >= 13 {
      expectOperands((required ? 2 : 1)...2)
      return .operation(op, [.given(0), .given(1)])
    }
    expectOperands(1...1)
    let axes = required ? requiredIntegers("axes") : integers("axes")
    return .operation(op, [.given(0), list("axes", axes)])
  }

  /// A constant list of 64-bit integers; nothing for `nil`.
  func list(_ name: String, _ values: [Int]?) -> ImportedOperand {
    values.map { .made(name, Tensor($0.map { Int64($0) }, shape: [$0.count])) } ?? .none
  }
}
