import IR

extension OperatorImport {
  /// Functions of two elements, and of more.
  static let arithmetic = [
    pair("Add", .add),
    pair("Sub", .sub),
    pair("Mul", .mul),
    pair("Div", .div),
    pair("Pow", .pow),
    OperatorImport("Mod", since: 10) { binary(&$0, $0.flag("fmod") ? .fmod : .mod) },
    OperatorImport("Max") { chain(&$0, .max) },
    OperatorImport("Min") { chain(&$0, .min) },
    OperatorImport("Sum") { chain(&$0, .add) },
    OperatorImport("ReduceMean") { reduce(&$0, .mean) },
  ]

  private static func chain(_ node: inout NodeImport, _ function: BinaryFunction) -> ImportedNode {
    node.expectOperands(1...Int.max)
    for index in node.operands.indices.dropFirst() where node.operands[index] == nil {
      node.fault("leaves out operand \(index), which it needs")
    }
    node.expectOneResult()
    guard node.operands.count > 1 else { return .operation(.unary(.identity), [.given(0)]) }
    let last = node.operands.count - 1
    var steps = ImportedSteps()
    var result = ImportedOperand.given(0)
    for index in 1...last {
      result = steps.add(
        .binary(function), [result, .given(index)], name: index == last ? "" : "\(index)")
    }
    return .steps(steps, results: [result])
  }

  /// A reduction, whose axes are an attribute before operator set 18.
  private static func reduce(_ node: inout NodeImport, _ kind: ReduceKind) -> ImportedNode {
    node.expectOneResult()
    let keeps = node.flag("keepdims", default: true)
    if node.opset >= 18 {
      node.expectOperands(1...2)
      let isIdentity = node.flag("noop_with_empty_axes")
      let reduce = Reduce(kind: kind, keepsDimensions: keeps, emptyIsIdentity: isIdentity)
      return .operation(.reduce(reduce), [.given(0), .given(1)])
    }
    node.expectOperands(1...1)
    let reduce = Reduce(kind: kind, keepsDimensions: keeps)
    return .operation(.reduce(reduce), [.given(0), node.list("axes", node.integers("axes"))])
  }
}
