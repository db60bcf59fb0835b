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
    OperatorImport("Mean") { mean(&$0) },
  ]

  private static func chain(_ node: inout NodeImport, _ function: BinaryFunction) -> ImportedNode {
    expectAllOperands(&node)
    guard node.operands.count > 1 else { return .operation(.unary(.identity), [.given(0)]) }
    var steps = ImportedSteps()
    let result = combined(node, function, &steps, lastName: "")
    return .steps(steps, results: [result])
  }

  /// Mean: the sum of all operands, divided by their number.
  private static func mean(_ node: inout NodeImport) -> ImportedNode {
    expectAllOperands(&node)
    guard node.operands.count > 1 else { return .operation(.unary(.identity), [.given(0)]) }
    var steps = ImportedSteps()
    let sum = combined(node, .add, &steps, lastName: "sum")
    let count = node.scalar("count", Float(node.operands.count))
    let mean = steps.add(.binary(.div), [sum, count], name: "")
    return .steps(steps, results: [mean])
  }

  private static func expectAllOperands(_ node: inout NodeImport) {
    node.expectOperands(1...Int.max)
    for index in node.operands.indices.dropFirst() where node.operands[index] == nil {
      node.fault("leaves out operand \(index), which it needs")
    }
    node.expectOneResult()
  }

  /// The operands, from left to right, two at a time; there must be two.
  private static func combined(
    _ node: NodeImport, _ function: BinaryFunction, _ steps: inout ImportedSteps, lastName: String
  ) -> ImportedOperand {
    let last = node.operands.count - 1
    var result = ImportedOperand.given(0)
    for index in 1...last {
      result = steps.add(
        .binary(function), [result, .given(index)], name: index == last ? lastName : "\(index)")
    }
    return result
  }
}
