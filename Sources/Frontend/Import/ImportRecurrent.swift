import IR

extension OperatorImport {
  /// LSTM, GRU and RNN.
  static let recurrences = [
    OperatorImport("LSTM") { node in
      let couplesForget = node.flag("input_forget")
      return recurrence(&node, .lstm(couplesForget: couplesForget))
    },
    OperatorImport("GRU") { node in
      let linearBeforeReset = node.flag("linear_before_reset")
      return recurrence(&node, .gru(linearBeforeReset: linearBeforeReset))
    },
    OperatorImport("RNN") { recurrence(&$0, .rnn) },
  ]

  /// A layer becomes one node a direction; what is about both of them is cut, and their results
  /// are joined. With sequences first, steps and sequences change places before and after.
  private static func recurrence(
    _ node: inout NodeImport, _ cell: Recurrent.Cell
  ) -> ImportedNode {
    let operandCount = cell.stateCount == 2 ? 8 : 6
    node.expectOperands(3...operandCount)
    if node.node.results.count > 1 + cell.stateCount {
      node.fault("has \(node.node.results.count) results instead of up to \(1 + cell.stateCount)")
    }
    let direction = node.word("direction", of: ["forward", "reverse", "bidirectional"])
    let directions = direction == "bidirectional" ? 2 : 1
    node.checkHiddenSize()
    let clip = node.float("clip")
    if let clip, !(clip > 0 && clip.isFinite) { node.fault("attribute clip is \(clip)") }
    let activations = node.activations(cell, directions: directions)
    let sequencesFirst = node.opset >= 14 ? node.flag("layout") : false

    var steps = ImportedSteps()
    let swapped = { (value: ImportedOperand, name: String) in
      steps.add(.transpose(permutation: [1, 0, 2]), [value], name: name)
    }
    var operands = (0..<operandCount).map { index -> ImportedOperand in
      let isGiven = node.isGiven(index)
      return isGiven ? .given(index) : .none
    }
    for index in [0, 5, 6] where sequencesFirst && index < operandCount {
      if case .given = operands[index] {
        operands[index] = swapped(operands[index], "operand\(index)")
      }
    }
    let halves = operands.enumerated().map { index, operand -> [ImportedOperand] in
      if directions == 1 || index == 0 || index == 4 { return [operand, operand] }
      if case .none = operand { return [.none, .none] }
      return steps.addAll(
        .split(axis: 0), [operand], name: "directions\(index)", resultCount: 2)
    }
    let results = (0..<directions).map { number in
      let parameters = Recurrent(
        cell: cell, reverse: direction == "reverse" || number == 1,
        activations: activations[number], clip: clip)
      let name = directions == 1 ? "" : number == 0 ? "forward" : "reverse"
      return steps.addAll(
        .recurrent(parameters), halves.map { $0[number] }, name: name,
        resultCount: 1 + cell.stateCount)
    }
    let names = node.node.results
    let joined = (0...cell.stateCount).map { number -> ImportedOperand in
      guard number < names.count, !names[number].isEmpty else { return .none }
      let value =
        directions == 1
        ? results[0][number]
        : steps.add(
          .concat(axis: number == 0 ? 1 : 0), results.map { $0[number] }, name: "joined\(number)")
      guard sequencesFirst else { return value }
      return number == 0
        ? steps.add(.transpose(permutation: [2, 0, 1, 3]), [value], name: "result0")
        : swapped(value, "result\(number)")
    }
    return .steps(steps, results: joined)
  }
}

extension NodeImport {
  /// Checks that the number of hidden units is that of the weights.
  fileprivate mutating func checkHiddenSize() {
    guard has("hidden_size") else { return }
    let size = integer("hidden_size")
    guard let shape = operands[2]?.type.shape, shape.count == 3,
      let hidden = shape[2].value, hidden != size
    else { return }
    operandFault("attribute hidden_size is \(size), but the recurrence weights have \(hidden)")
  }

  /// The functions of each direction, in the order of `Recurrent.activations`.
  fileprivate mutating func activations(
    _ cell: Recurrent.Cell, directions: Int
  ) -> [[Recurrent.Activation]] {
    let usual = cell.usualActivations
    let all = Array(repeating: usual, count: directions)
    // Parameters are handed out in the order of the functions that have any.
    var alphas = (floats("activation_alpha") ?? [])[...]
    var betas = (floats("activation_beta") ?? [])[...]
    for value in alphas + betas where !value.isFinite {
      fault("the parameter of an activation is \(value)")
    }
    guard let names = words("activations") else { return all }
    guard names.count == usual.count * directions else {
      fault(
        "attribute activations has \(names.count) entries instead of \(usual.count * directions)")
      return all
    }
    let functions = names.compactMap { name -> Recurrent.Activation? in
      let spelling = name.lowercased()
      let function = Recurrent.Activation.Function.allCases.first {
        $0.rawValue.replacing("_", with: "") == spelling
      }
      guard let function else {
        fault(
          "attribute activations holds \"\(name)\", which is not supported",
          supported: "Affine, Elu, HardSigmoid, LeakyRelu, Relu, ScaledTanh, Sigmoid, Softplus, "
            + "Softsign, Tanh, ThresholdedRelu")
        return nil
      }
      let parameters = function.usualParameters
      return Recurrent.Activation(
        function, alpha: parameters.alpha == nil ? nil : alphas.popFirst(),
        beta: parameters.beta == nil ? nil : betas.popFirst())
    }
    guard functions.count == names.count else { return all }
    return (0..<directions).map {
      Array(functions[$0 * usual.count..<($0 + 1) * usual.count])
    }
  }
}
