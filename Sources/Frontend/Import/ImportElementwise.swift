import IR

extension OperatorImport {
  /// Functions of one element that are no activations.
  static let elementFunctions = [
    plain("Abs", .abs),
    plain("Neg", .negate),
    plain("Sign", .sign, since: 9),
    plain("Reciprocal", .reciprocal),
    plain("Sqrt", .sqrt),
    plain("Exp", .exp),
    plain("Log", .log),
    plain("Floor", .floor),
    plain("Ceil", .ceil),
    plain("Round", .round, since: 11),
    plain("Erf", .erf, since: 9),
    plain("Sin", .sin),
    plain("Cos", .cos),
    plain("Tan", .tan),
    plain("Asin", .asin),
    plain("Acos", .acos),
    plain("Atan", .atan),
    plain("Sinh", .sinh, since: 9),
    plain("Cosh", .cosh, since: 9),
    plain("Asinh", .asinh, since: 9),
    plain("Acosh", .acosh, since: 9),
    plain("Atanh", .atanh, since: 9),
    plain("Not", .not),
    plain("BitwiseNot", .bitwiseNot, since: 18),
    plain("IsNaN", .isNaN, since: 9),
    OperatorImport("IsInf", since: 10) { node in
      let negative = node.flag("detect_negative", default: true)
      let positive = node.flag("detect_positive", default: true)
      return unary(&node, .isInfinite(negative: negative, positive: positive))
    },
  ]

  /// Comparisons and logic.
  static let comparisons = [
    pair("Equal", .equal),
    pair("Less", .less),
    pair("LessOrEqual", .lessOrEqual, since: 12),
    pair("Greater", .greater),
    pair("GreaterOrEqual", .greaterOrEqual, since: 12),
    pair("And", .and),
    pair("Or", .or),
    pair("Xor", .xor),
    pair("BitwiseAnd", .bitwiseAnd, since: 18),
    pair("BitwiseOr", .bitwiseOr, since: 18),
    pair("BitwiseXor", .bitwiseXor, since: 18),
    OperatorImport("BitShift", since: 11) { node in
      if !node.has("direction") { node.fault("attribute direction is missing") }
      let isLeft = node.word("direction", of: ["LEFT", "RIGHT"]) == "LEFT"
      return binary(&node, isLeft ? .shiftLeft : .shiftRight)
    },
  ]

  /// A function of one element without attributes.
  static func plain(
    _ name: String, _ function: UnaryFunction, since: Int = supportedOpsets.lowerBound
  ) -> OperatorImport {
    OperatorImport(name, since: since) { unary(&$0, function) }
  }

  /// A function of two elements without attributes.
  static func pair(
    _ name: String, _ function: BinaryFunction, since: Int = supportedOpsets.lowerBound
  ) -> OperatorImport {
    OperatorImport(name, since: since) { binary(&$0, function) }
  }

  static func unary(_ node: inout NodeImport, _ function: UnaryFunction) -> ImportedNode {
    node.expectOperands(1...1)
    node.expectOneResult()
    return .operation(.unary(function), [.given(0)])
  }

  static func binary(_ node: inout NodeImport, _ function: BinaryFunction) -> ImportedNode {
    node.expectOperands(2...2)
    node.expectOneResult()
    var steps = ImportedSteps()
    let second = node.secondOperand(&steps)
    let result = steps.binary(function, .given(0), second, name: "")
    return .steps(steps, results: [result])
  }
}
