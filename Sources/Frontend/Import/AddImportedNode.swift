import Basics
import IR

extension GraphImporter {
  /// Adds to the graph what `node` becomes.
  mutating func add(_ imported: ImportedNode, of node: OnnxNode, _ reader: inout NodeImport) {
    switch imported {
    case .control(let control):
      if let control { add(control, of: node, &reader) }
    case .sequence(let sequence): add(sequence, of: node, &reader)
    case .constant(let tensor):
      define(
        node.results[0], type: ValueType(tensor.type, fixed: tensor.shape),
        constant: .tensor(tensor), by: node)
    case .operation(let op, let operands):
      var steps = ImportedSteps()
      let results = steps.addAll(
        op, operands, name: "", resultCount: op.signature.resultCount ?? node.results.count)
      add(steps, results: results, of: node)
    case .steps(let steps, let results):
      add(steps, results: results, of: node)
    }
  }

  private mutating func add(
    _ steps: ImportedSteps, results: [ImportedOperand], of node: OnnxNode
  ) {
    let given = node.operands.map { id(of: $0) }
    // The name that the model gives a step's result; only one, where it gives several.
    var givenNames = steps.all.map { [String?](repeating: nil, count: $0.resultCount) }
    var copies: [(name: String, of: ImportedOperand)] = []
    for (name, result) in zip(node.results, results) where !name.isEmpty {
      // A result that nobody reads need not be there.
      if case .none = result { continue }
      if case .step(let step, let index) = result, givenNames[step][index] == nil {
        givenNames[step][index] = name
      } else {
        copies.append((name, result))
      }
    }
    var values: [[ValueID]] = []
    func resolve(_ operand: ImportedOperand, in graph: inout GraphImporter) -> ValueID? {
      switch operand {
      case .given(let index): index < given.count ? given[index] : nil
      case .made(let suffix, let tensor): graph.addConstant("\(node.name).\(suffix)", tensor)
      case .step(let step, let result): values[step][result]
      case .none: nil
      }
    }
    for (index, step) in steps.all.enumerated() {
      var operands = step.operands.map { resolve($0, in: &self) }
      while operands.last == .some(nil) { operands.removeLast() }
      let base = step.name.isEmpty ? node.name : "\(node.name).\(step.name)"
      var defined: [ValueID] = []
      for (number, name) in givenNames[index].enumerated() {
        if let name {
          guard let id = define(name, type: ValueType(.f32, nil), by: node) else { return }
          defined.append(id)
        } else {
          let isOnly = !step.name.isEmpty && step.resultCount == 1
          defined.append(addValue(isOnly ? base : "\(base).\(number)"))
        }
      }
      values.append(defined)
      let name = step.name.isEmpty ? node.name : freshNodeName(base)
      append(Node(name: name, op: step.op, operands: operands, results: defined), of: node)
    }
    for (index, copy) in copies.enumerated() {
      let isWhole = steps.all.isEmpty && index == 0
      addCopy(
        of: resolve(copy.of, in: &self), named: copy.name, for: node,
        nodeName: isWhole ? node.name : nil)
    }
  }

  /// Defines `name` as a copy of a value that has another name.
  mutating func addCopy(
    of source: ValueID?, named name: String, for node: OnnxNode, nodeName: String? = nil
  ) {
    guard let result = define(name, type: ValueType(.f32, nil), by: node) else { return }
    append(
      Node(
        name: nodeName ?? freshNodeName("\(node.name).copy"), op: .unary(.identity),
        operands: [source], results: [result]), of: node)
  }
}
