import Basics
import IR

extension OperatorImport {
  /// Functions of one element, and PRelu.
  static let activations = [
    plain("Relu", .relu),
    plain("Sigmoid", .sigmoid),
    plain("Tanh", .tanh),
    plain("HardSwish", .hardSwish, since: 14),
    plain("Softplus", .softplus),
    plain("Softsign", .softsign),
    plain("Mish", .mish, since: 18),
    OperatorImport("LeakyRelu") { node in
      unary(&node, .leakyRelu(alpha: node.float("alpha", default: 0.01)))
    },
    OperatorImport("HardSigmoid") { node in
      let alpha = node.float("alpha", default: 0.2)
      return unary(&node, .hardSigmoid(alpha: alpha, beta: node.float("beta", default: 0.5)))
    },
    OperatorImport("Elu") { node in
      unary(&node, .elu(alpha: node.float("alpha", default: 1)))
    },
    OperatorImport("Selu") { node in
      let alpha = node.float("alpha", default: 1.673_263_2)
      return unary(&node, .selu(alpha: alpha, gamma: node.float("gamma", default: 1.050_701)))
    },
    OperatorImport("Celu", since: 12) { node in
      let alpha = node.float("alpha", default: 1)
      if alpha == 0 { node.fault("divides by attribute alpha, which is 0") }
      return unary(&node, .celu(alpha: alpha))
    },
    OperatorImport("ThresholdedRelu", since: 10) { node in
      unary(&node, .thresholdedRelu(alpha: node.float("alpha", default: 1)))
    },
    OperatorImport("Shrink", since: 9) { node in
      let bias = node.float("bias", default: 0)
      return unary(&node, .shrink(bias: bias, lambda: node.float("lambd", default: 0.5)))
    },
    OperatorImport("Swish", since: 24) { node in
      unary(&node, .swish(alpha: node.float("alpha", default: 1)))
    },
    OperatorImport("Gelu", since: 20) { node in
      unary(&node, .gelu(tanh: node.word("approximate", of: ["none", "tanh"]) == "tanh"))
    },
    OperatorImport("PRelu") { node in
      node.expectOperands(2...2)
      node.expectOneResult()
      var steps = ImportedSteps()
      let slope = node.slope(&steps)
      let result = steps.binary(.prelu, .given(0), slope, name: "")
      return .steps(steps, results: [result])
    },
    OperatorImport("Clip") { clip(&$0) },
  ]

  /// Clip, whose bounds are attributes before operator set 11.
  private static func clip(_ node: inout NodeImport) -> ImportedNode {
    node.expectOneResult()
    if node.opset >= 11 {
      node.expectOperands(1...3)
      return .operation(.clip, [.given(0), .given(1), .given(2)])
    }
    node.expectOperands(1...1)
    let minimum = node.float("min")
    let maximum = node.float("max")
    return .operation(
      .clip, [.given(0), node.scalar("min", minimum), node.scalar("max", maximum)])
  }
}

extension NodeImport {
  /// A constant with the element type of the first operand; nothing for `nil`.
  mutating func scalar(_ name: String, _ value: Float?) -> ImportedOperand {
    guard let value, let element = operands[0]?.type.element else { return .none }
    if let number = ImportedOperand.number(name, value, element) { return number }
    operandFault("attribute \(name) is a number, but operand 0 has elements of type \(element)")
    return .none
  }
}
