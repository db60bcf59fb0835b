import IR

extension Op {
  /// The operands, by index, whose elements the code that is written depends on.
  var constantOperands: [Int] {
    switch self {
    case .slice: [1, 3, 4]
    case .pad: [1, 3]
    case .reduce, .cumulative, .triangle: [1]
    case .resize: [1, 2, 3]
    case .constantOfShape: [0]
    case .movement(let movement):
      switch movement {
      case .tile, .reverseSequence, .compress, .oneHot, .centerCropPad: [1]
      default: []
      }
    case .fourier: [1, 2]
    case .sampling(.suppression): [2]
    default: []
    }
  }

  /// The operands, by index, whose elements the shape of a result or the code depends on.
  fileprivate var decisiveOperands: [Int] {
    switch self {
    case .reshape, .expand, .squeeze, .unsqueeze, .split, .movement(.topK),
      .sampling(.affineGrid):
      [1]
    case .slice: [1, 2, 3, 4]
    case .range: [0, 1, 2]
    case .sampling(.fromColumns): [1, 2]
    case .sampling(.unpool): [2]
    case .control(.conditional): [0]
    case .control(.loop): [0, 1]
    default: constantOperands
    }
  }
}

extension Graph {
  /// The inputs whose elements shapes or code depend on, in the order of the model: scalars and vectors
  /// of at most 4096 elements. The network can be compiled for certain values of them only.
  public func decisiveInputs() -> [ValueID] {
    let producers = producers()
    var isReached = [Bool](repeating: false, count: values.count)
    func reach(_ id: ValueID) {
      guard !isReached[id.index], self[id].type.count ?? .max <= 4096 else { return }
      isReached[id.index] = true
      guard let producer = producers[id.index] else { return }
      if case .shape = self[producer].op { return }
      for case let operand? in self[producer].operands { reach(operand) }
    }
    for node in nodes {
      for index in node.op.decisiveOperands where index < node.operands.count {
        if let operand = node.operands[index] { reach(operand) }
      }
    }
    return inputs.filter {
      isReached[$0.index] && self[$0].type.shape?.count ?? .max <= 1
    }
  }
}
