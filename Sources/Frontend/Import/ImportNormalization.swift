import Basics
import IR

extension OperatorImport {
  /// BatchNormalization, Dropout, Softmax, LogSoftmax and Hardmax.
  static let normalizations = [
    OperatorImport("BatchNormalization") { batchNormalization(&$0) },
    OperatorImport("Dropout") { dropout(&$0) },
    OperatorImport("Softmax") { softmax(&$0, .softmax) },
    OperatorImport("LogSoftmax") { softmax(&$0, .logSoftmax) },
    OperatorImport("Hardmax") { softmax(&$0, .hardmax) },
  ]

  private static func batchNormalization(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(5...5)
    let epsilon = node.float("epsilon", default: 1e-5)
    // How fast statistics move while training.
    let momentum = node.float("momentum", default: 0.9)
    if node.opset < 7 && !node.flag("is_test") {
      node.fault(
        "attribute is_test is 0, which is not supported", supported: "1",
        help: "export the model for inference")
    }
    if node.opset < 9 && !node.flag("spatial", default: true) {
      node.fault("attribute spatial is 0, which is not supported", supported: "1")
    }
    if node.opset >= 14 && node.flag("training_mode") {
      return trainingNormalization(&node, epsilon: epsilon, momentum: momentum)
    }
    node.expectOneResult()
    return .operation(
      .batchNormalization(epsilon: epsilon), (0..<5).map(ImportedOperand.given))
  }

  /// Dropout passes its operand on unless it trains.
  private static func dropout(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(node.opset >= 12 ? 1...3 : 1...1)
    node.expectResults(upTo: 2)
    if node.opset < 7 && !node.flag("is_test") {
      node.fault(
        "attribute is_test is 0, which is not supported", supported: "1",
        help: "export the model for inference")
    }
    if node.opset < 12 { node.ignore("ratio") } else { node.ignore("seed") }
    if let mode = node.operands[2] {
      let isTraining = mode.constant.flatMap { constant -> Bool? in
        guard constant.type == .bool && constant.count == 1 else { return nil }
        return constant.elements(of: Bool8.self)[0].value
      }
      if isTraining != false {
        node.operandFault(
          "operand training_mode must be the constant false")
      }
    }
    guard node.isUsed.count > 1, node.isUsed[1] else {
      return .operation(.unary(.identity), [.given(0)])
    }
    if node.opset < 10 {
      node.fault("result 1 (\"\(node.node.results[1])\") is used, which is not supported")
    }
    // The mask says which elements are kept: all.
    var steps = ImportedSteps()
    let result = steps.unary(.identity, .given(0), name: "")
    let shape = steps.shape(.given(0))
    let mask = steps.add(.constantOfShape(element: .bool, bits: 1), [shape], name: "mask")
    return .steps(steps, results: [result, mask])
  }

  private static func softmax(_ node: inout NodeImport, _ kind: Softmax.Kind) -> ImportedNode {
    node.expectOperands(1...1)
    node.expectOneResult()
    let flattens = node.opset < 13
    let axis = node.integer("axis", default: flattens ? 1 : -1)
    return .operation(.softmax(Softmax(kind, axis: axis, flattens: flattens)), [.given(0)])
  }
}
