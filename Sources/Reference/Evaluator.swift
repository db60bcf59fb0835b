import Basics
import IR

/// Evaluates one graph on any number of inputs.
///
/// Constants are brought into memory and the last use of each value is found once.
public struct Evaluator: Sendable {
  private let graph: Graph
  /// The constants, indexed by `ValueID`.
  private let constants: [Tensor?]
  /// The index of the last node that uses each value; outputs are used after all nodes.
  private let lastUses: [Int]

  /// Creates an evaluator of `graph`; throws `Diagnostics` if a constant has no elements.
  public init(_ graph: Graph) throws {
    self.graph = graph
    var faults = Diagnostics()
    constants = graph.values.indices.map { index in
      let id = ValueID(index)
      guard graph[id].constant != nil else { return nil }
      guard let tensor = graph.tensor(of: id) else {
        faults.append(
          Diagnostic(
            .error, "the elements of constant \"\(graph[id].name)\" are not known or too many"))
        return nil
      }
      return tensor
    }
    try faults.throwIfErrors()
    var lastUses = [Int](repeating: -1, count: graph.values.count)
    for (index, node) in graph.nodes.enumerated() {
      for case let operand? in node.operands { lastUses[operand.index] = index }
    }
    for output in graph.outputs { lastUses[output.index] = graph.nodes.count }
    self.lastUses = lastUses
  }

  /// Computes the outputs, in the order of the graph.
  ///
  /// - Parameters:
  ///   - inputs: One tensor for each input of the graph, in its order. A dimension that the graph
  ///     leaves open may have any size, the same wherever it has the same name.
  ///   - observe: Receives each input, then each result as soon as it is there; what it does not
  ///     keep is freed after its last use.
  ///
  /// Throws `Diagnostics` that name all inputs that do not fit, or the node that cannot be computed.
  public func evaluate(
    _ inputs: [Tensor], observe: (ValueID, Tensor) throws -> Void = { _, _ in }
  ) throws -> [Tensor] {
    try check(inputs)
    return try evaluateUnchecked(inputs, observe: observe)
  }

  /// Computes the outputs of inputs of any type that the nodes can take, as those of the regions of
  /// a loop, which may differ from one iteration to the next.
  ///
  /// What `change` gives for each result takes its place.
  func evaluateUnchecked(
    _ inputs: [Tensor], observe: (ValueID, Tensor) throws -> Void = { _, _ in },
    change: (Node, ValueID, Tensor) throws -> Tensor = { $2 }
  ) throws -> [Tensor] {
    var values = constants
    for (id, input) in zip(graph.inputs, inputs) {
      values[id.index] = input
      try observe(id, input)
    }
    for (index, node) in graph.nodes.enumerated() {
      let results = try Reference.evaluate(node, operands: operands(of: node, in: values))
      for case let operand? in node.operands where lastUses[operand.index] == index {
        values[operand.index] = nil
      }
      for (id, computed) in zip(node.results, results) {
        let result = try change(node, id, computed)
        if lastUses[id.index] > index { values[id.index] = result }
        try observe(id, result)
      }
    }
    return try graph.outputs.map { id in
      guard let output = values[id.index] else {
        throw Diagnostics(
          Diagnostic(.error, "output \"\(graph[id].name)\" is not computed by any node"))
      }
      return output
    }
  }

  private func operands(of node: Node, in values: [Tensor?]) throws -> [Tensor?] {
    try node.operands.map { operand in
      guard let operand else { return nil }
      guard let tensor = values[operand.index] else {
        throw Diagnostics(
          Diagnostic(
            node: node.name, op: node.op.onnxName,
            "operand \"\(graph[operand].name)\" is used before it is computed"))
      }
      return tensor
    }
  }

  /// Throws if `inputs` do not have the types of the graph.
  private func check(_ inputs: [Tensor]) throws {
    guard inputs.count == graph.inputs.count else {
      throw Diagnostics(
        Diagnostic(.error, "there are \(inputs.count) inputs for a graph of \(graph.inputs.count)"))
    }
    var faults = Diagnostics()
    var symbols: [String: Int] = [:]
    for (id, input) in zip(graph.inputs, inputs) {
      let (name, type) = (graph[id].name, graph[id].type)
      if input.type != type.element {
        faults.append(
          Diagnostic(
            .error,
            "input \"\(name)\" is of type \(input.type.rawValue), not \(type.element.rawValue)"))
      }
      guard let shape = type.shape else { continue }
      let fits =
        shape.count == input.shape.count
        && zip(shape, input.shape).allSatisfy { dimension, size in
          switch dimension {
          case .fixed(let count): return count == size
          case .symbol(let symbol):
            defer { symbols[symbol] = symbols[symbol] ?? size }
            return symbols[symbol, default: size] == size
          }
        }
      if !fits {
        let wanted = shape.map { dimension in
          switch dimension {
          case .fixed(let count): "\(count)"
          case .symbol(let symbol): symbols[symbol].map { "\(symbol)=\($0)" } ?? symbol
          }
        }
        faults.append(
          Diagnostic(
            .error,
            "input \"\(name)\" has shape \(text(input.shape)), not \(wanted.joined(separator: "×"))"
          ))
      }
    }
    try faults.throwIfErrors()
  }
}

/// Computes the outputs of `graph`; see `Evaluator`, which serves for repeated evaluation.
public func evaluate(
  _ graph: Graph, inputs: [Tensor], observe: (ValueID, Tensor) throws -> Void = { _, _ in }
) throws -> [Tensor] {
  try Evaluator(graph).evaluate(inputs, observe: observe)
}
