import Basics
import IR
import Reference

extension Graph {
  /// Replaces what does not depend on the inputs by constants, and drops what nothing uses.
  ///
  /// Types are inferred on the way, so that the arithmetic of shapes folds as soon as the shapes are
  /// known. Identities disappear, except where one gives a graph output its name. A constant larger
  /// than `largestConstant` bytes is left to be computed at run time.
  /// Throws `Diagnostics` naming every node whose operands do not fit.
  public func folded(largestConstant: Int = 1 << 30) throws -> Graph {
    var graph = self
    var faults = Diagnostics()
    var aliases = (0..<graph.values.count).map(ValueID.init)
    var kept: [Node] = []
    for var node in graph.nodes {
      node.operands = node.operands.map { $0.map { aliases[$0.index] } }
      do {
        let types = try graph.inferResults(of: node)
        for (result, type) in zip(node.results, types) { graph[result].type = type }
        if let constants = try graph.constants(of: node, types: types, limit: largestConstant) {
          for (result, constant) in zip(node.results, constants) {
            graph[result].constant = .tensor(constant)
          }
        } else if let operand = graph.identityOperand(of: node), !outputs.contains(node.results[0])
        {
          aliases[node.results[0].index] = operand
        } else {
          kept.append(node)
        }
      } catch let error as Diagnostics {
        faults.items += error.items
        kept.append(node)
      }
    }
    try faults.throwIfErrors()
    graph.nodes = kept
    graph.dropDeadNodes()
    return graph
  }

  /// The results of `node` if all that it needs is known; `nil` otherwise.
  private func constants(of node: Node, types: [ValueType], limit: Int) throws -> [Tensor]? {
    if case .shape(let start, let end) = node.op, let operand = node.operands[0],
      let dimensions = dimensions(of: self[operand].type, start: start, end: end)
    {
      return [dimensions]
    }
    for type in types {
      guard let count = type.count, count <= limit / type.element.byteCount else { return nil }
    }
    var operands: [Tensor?] = []
    for operand in node.operands {
      guard let operand else {
        operands.append(nil)
        continue
      }
      guard let tensor = tensor(of: operand) else { return nil }
      operands.append(tensor)
    }
    return try evaluate(node, operands: operands)
  }

  /// Some dimensions of a type, if they are known.
  private func dimensions(of type: ValueType, start: Int, end: Int?) -> Tensor? {
    guard let shape = type.shape else { return nil }
    func clamp(_ index: Int) -> Int {
      min(max(index < 0 ? index + shape.count : index, 0), shape.count)
    }
    let first = clamp(start)
    let last = max(first, clamp(end ?? shape.count))
    let sizes = shape[first..<last].compactMap { $0.value.map(Int64.init) }
    return sizes.count == last - first ? Tensor(sizes, shape: [sizes.count]) : nil
  }

  /// The operand that `node` passes on unchanged, if it does.
  private func identityOperand(of node: Node) -> ValueID? {
    switch node.op {
    case .unary(.identity): return node.operands[0]
    case .cast(let element):
      return node.operands[0].flatMap { self[$0].type.element == element ? $0 : nil }
    case .reshape, .squeeze, .unsqueeze, .flatten:
      guard let operand = node.operands[0], let shape = self[operand].type.fixedShape,
        shape == self[node.results[0]].type.fixedShape
      else { return nil }
      return operand
    case .transpose(let permutation):
      return permutation == Array(permutation.indices) ? node.operands[0] : nil
    case .concat: return node.operands.count == 1 ? node.operands[0] : nil
    default: return nil
    }
  }

  /// Removes the nodes that no output depends on.
  public mutating func dropDeadNodes() {
    var live = [Bool](repeating: false, count: values.count)
    for output in outputs { live[output.index] = true }
    var kept: [Node] = []
    for node in nodes.reversed() where node.results.contains(where: { live[$0.index] }) {
      for case let operand? in node.operands { live[operand.index] = true }
      kept.append(node)
    }
    nodes = kept.reversed()
  }
}
