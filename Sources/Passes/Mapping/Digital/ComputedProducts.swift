import IR

/// A product without constant weights that crossbars could hold, which the host computes.
public struct ComputedProduct: Sendable {
  /// The node.
  public var node: NodeID
  /// The multiply-accumulates of one inference.
  public var macs: Int
  /// Why it is not on crossbars.
  public var reason: String
}

extension Partition {
  /// The products that are neither layers nor among those with constant weights that stay digital, in the
  /// order of the nodes: those of two results, as in attention, and those of other than floating-point numbers.
  public var computedProducts: [ComputedProduct] {
    let known = Set(layers.map(\.node) + digital.map(\.node))
    return graph.nodes.enumerated().compactMap { index, node in
      guard node.op.isProduct, !known.contains(NodeID(index)) else { return nil }
      if case .einsum = node.op, node.operands.count < 2 { return nil }
      let macs = graph.hostOperations(of: node)
      guard macs > 0 else { return nil }
      return ComputedProduct(
        node: NodeID(index), macs: macs, reason: graph.reasonWithoutWeights(node))
    }
  }
}

extension Op {
  fileprivate var isProduct: Bool {
    switch self {
    case .conv, .gemm, .matMul, .einsum, .recurrent: true
    default: false
    }
  }
}

extension Graph {
  fileprivate func reasonWithoutWeights(_ node: Node) -> String {
    let operands = node.operands.prefix(node.op.weightOperands).compactMap { $0 }
    if !operands.contains(where: { self[$0].constant != nil }) { return "no weights are constant" }
    if let result = node.results.first, ![.f32, .f16].contains(self[result].type.element) {
      return "its elements are \(self[result].type.element)"
    }
    return "its form is none that crossbars take"
  }
}

extension Op {
  /// The operands among which weights are.
  fileprivate var weightOperands: Int {
    switch self {
    case .einsum: .max
    case .recurrent: 3
    default: 2
    }
  }
}
