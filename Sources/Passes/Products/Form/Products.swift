import IR

/// The products with constant weights of a graph.
struct Products: Sendable {
  private var products: [Product?]

  /// Lowers every product of `graph`, each once, laid out as `layouts` say.
  init(of graph: Graph, layouts: ProductLayouts = ProductLayouts()) {
    products = graph.nodes.enumerated().map { index, node in
      let id = NodeID(index)
      return Product(node, id, in: graph, layout: layouts[id])
    }
  }

  /// The product of a node; `nil` if that is none, or its weights are not constant.
  subscript(node: NodeID) -> Product? {
    get { products[node.index] }
    set { products[node.index] = newValue }
  }

  /// All of them, in the order of the nodes.
  var inOrder: [Product] { products.compactMap { $0 } }
}

extension Graph {
  /// The multiply-accumulates of every product with constant weights in one inference, by the name of its node.
  public var productMACs: [String: Int] {
    Dictionary(
      Products(of: self).inOrder.map { (self[$0.node].name, $0.macs) },
      uniquingKeysWith: { first, _ in first })
  }
}
