import Basics
import IR

extension OperatorImport {
  /// NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss.
  static let losses = [
    OperatorImport("NegativeLogLikelihoodLoss", since: 12) { node in
      node.expectOneResult()
      var steps = ImportedSteps()
      let loss = loss(of: .given(0), &node, &steps)
      return .steps(steps, results: [loss])
    },
    OperatorImport("SoftmaxCrossEntropyLoss", since: 12) { node in
      node.expectResults(upTo: 2)
      var steps = ImportedSteps()
      let logarithms = steps.add(
        .softmax(Softmax(.logSoftmax, axis: 1)), [.given(0)], name: "log_softmax")
      let loss = loss(of: logarithms, &node, &steps)
      return .steps(steps, results: [loss, logarithms])
    },
  ]

  /// What the logarithms of probabilities, batch × classes × …, lack at the classes of operand 1,
  /// weighted by class with operand 2.
  private static func loss(
    of logarithms: ImportedOperand, _ node: inout NodeImport, _ steps: inout ImportedSteps
  ) -> ImportedOperand {
    node.expectOperands(2...3)
    let reduction = node.word("reduction", of: ["mean", "sum", "none"])
    let ignored = node.has("ignore_index") ? node.integer("ignore_index") : nil
    let own = node.precision().own
    let numbers = StepArithmetic(element: own)
    let classes = node.operands[1]?.type.element
    if let classes, classes != .i32, classes != .i64 {
      node.operandFault("takes operand 1 of type i32 or i64, not \(classes)")
    }
    let isReduced = reduction != "none"
    // Class numbers that are ignored need not be those of a class.
    var target = ImportedOperand.given(1)
    var isIgnored: ImportedOperand?
    if let ignored {
      func whole(_ name: String, _ value: Int) -> ImportedOperand {
        classes == .i32
          ? .made(name, Tensor(scalar: Int32(clamping: value))) : .whole(name, value)
      }
      let found = steps.binary(.equal, target, whole("ignored", ignored))
      target = steps.add(.select, [found, whole("class", 0), target], name: "select")
      isIgnored = found
    }
    let index = steps.unsqueeze(target, axes: [1])
    let picked = steps.add(
      .movement(.gatherElements(axis: 1)), [logarithms, index], name: "gather")
    var loss = steps.unary(.negate, steps.squeeze(picked, axes: [1]))
    var weights: ImportedOperand?
    if node.isGiven(2) {
      weights = steps.add(.gather(axis: 0), [.given(2), target], name: "weights")
    }
    if let isIgnored {
      weights = steps.add(
        .select, [isIgnored, numbers.number("zero", 0), weights ?? numbers.number("one", 1)],
        name: "weights")
    }
    if let weights { loss = steps.binary(.mul, loss, weights, name: isReduced ? nil : "") }
    if let isIgnored {
      // A logarithm that is ignored may be infinite.
      loss = steps.add(.select, [isIgnored, numbers.number("zero", 0), loss], name: "kept")
    }
    func reduced(_ kind: ReduceKind, _ x: ImportedOperand, _ name: String) -> ImportedOperand {
      steps.add(.reduce(Reduce(kind: kind, keepsDimensions: false)), [x], name: name)
    }
    switch reduction {
    case "none": return loss
    case "sum": return reduced(.sum, loss, "")
    default:
      guard let weights else { return reduced(.mean, loss, "") }
      let sum = reduced(.sum, loss, "sum")
      return steps.binary(.div, sum, reduced(.sum, weights, "weight"), name: "")
    }
  }
}
