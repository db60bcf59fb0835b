import IR

extension Op {
  /// Whether there is code for it on the chip or its host; what there is none for is evaluated by the
  /// reference only.
  public var hasHostCode: Bool {
    switch self {
    case .unary(let function): function.hasHostCode
    case .binary(let function): function.hasHostCode
    case .softmax(let softmax): softmax.kind != .hardmax
    case .reduce(let reduce): reduce.kind == .mean
    case .extremum, .cumulative, .select, .expand, .determinant, .triangle, .identityMatrix, .range:
      false
    case .movement(let movement): movement.hasHostCode
    default: true
    }
  }
}

extension UnaryFunction {
  fileprivate var hasHostCode: Bool {
    switch self {
    case .identity, .relu, .sigmoid, .tanh, .hardSwish, .leakyRelu, .hardSigmoid, .exp, .log: true
    default: false
    }
  }
}

extension BinaryFunction {
  fileprivate var hasHostCode: Bool {
    switch self {
    case .add, .sub, .mul, .div, .max, .min, .prelu: true
    default: false
    }
  }
}
