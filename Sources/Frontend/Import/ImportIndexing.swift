import IR

extension OperatorImport {
  /// Operators that take parts of tensors or put parts together.
  static let indexing = [
    OperatorImport("Concat") { node in
      node.expectOperands(1...Int.max)
      for index in node.operands.indices.dropFirst() where node.operands[index] == nil {
        node.fault("leaves out operand \(index), which it needs")
      }
      node.expectOneResult()
      return .operation(
        .concat(axis: node.integer("axis")), node.operands.indices.map(ImportedOperand.given))
    },
    OperatorImport("Split") { split(&$0) },
    OperatorImport("Slice") { slice(&$0) },
    OperatorImport("Pad") { pad(&$0) },
    OperatorImport("Gather") { node in
      node.expectOperands(2...2)
      node.expectOneResult()
      return .operation(.gather(axis: node.integer("axis", default: 0)), [.given(0), .given(1)])
    },
  ]

  /// Split, whose sizes are an attribute before operator set 13.
  private static func split(_ node: inout NodeImport) -> ImportedNode {
    if node.node.results.isEmpty { node.fault("has no result") }
    let axis = node.integer("axis", default: 0)
    guard node.opset >= 13 else {
      node.expectOperands(1...1)
      let sizes = node.integers("split")
      if let sizes, sizes.count != node.node.results.count {
        node.fault(
          "attribute split has \(sizes.count) entries for \(node.node.results.count) results")
      }
      return .operation(.split(axis: axis), [.given(0), node.list("split", sizes)])
    }
    node.expectOperands(1...2)
    if node.opset >= 18 && node.has("num_outputs") {
      let count = node.integer("num_outputs")
      if node.operands.count > 1 { node.fault("has both sizes and num_outputs") }
      if count != node.node.results.count {
        node.fault("attribute num_outputs is \(count) for \(node.node.results.count) results")
      }
    }
    return .operation(.split(axis: axis), [.given(0), .given(1)])
  }

  /// Slice, whose bounds are attributes before operator set 10.
  private static func slice(_ node: inout NodeImport) -> ImportedNode {
    node.expectOneResult()
    if node.opset >= 10 {
      node.expectOperands(3...5)
      return .operation(.slice, (0..<5).map(ImportedOperand.given))
    }
    node.expectOperands(1...1)
    let starts = node.requiredIntegers("starts")
    let ends = node.requiredIntegers("ends")
    let axes = node.integers("axes")
    if starts.count != ends.count || starts.count != axes?.count ?? starts.count {
      node.fault("attributes starts, ends and axes differ in length")
    }
    return .operation(
      .slice,
      [
        .given(0), node.list("starts", starts), node.list("ends", ends), node.list("axes", axes),
        .none,
      ])
  }

  /// Pad, whose pads and value are attributes before operator set 11.
  private static func pad(_ node: inout NodeImport) -> ImportedNode {
    node.expectOneResult()
    let words = ["constant", "reflect", "edge"] + (node.opset >= 19 ? ["wrap"] : [])
    let mode = PadMode(rawValue: node.word("mode", of: words)) ?? .constant
    if node.opset >= 11 {
      node.expectOperands(node.opset >= 18 ? 2...4 : 2...3)
      return .operation(.pad(mode), (0..<4).map(ImportedOperand.given))
    }
    node.expectOperands(1...1)
    let pads = node.requiredIntegers("pads")
    let value = node.float("value")
    return .operation(
      .pad(mode), [.given(0), node.list("pads", pads), node.scalar("value", value), .none])
  }
}
