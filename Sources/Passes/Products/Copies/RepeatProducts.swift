import IR

extension Graph {
  /// The graph with the nodes that `repeated` gives in the place of every product without groups whose weights are
  /// of f32, but not of those in `digital` and of those that multiply nothing.
  ///
  /// `repeated` is given the graph, to which it adds values, the node, its product, the id that the first of the
  /// nodes will have, and the names that are taken.
  func repeatingProducts(
    except digital: Set<String>,
    by repeated: (inout Graph, Node, Product, NodeID, inout TakenNames) -> [Node]
  ) -> Graph {
    var graph = self
    var names = TakenNames(in: self)
    var nodes: [Node] = []
    let products = Products(of: self)
    for (index, node) in self.nodes.enumerated() {
      if !digital.contains(node.name), let product = products[NodeID(index)],
        isRepeated(product)
      {
        nodes += repeated(&graph, node, product, NodeID(nodes.count), &names)
      } else {
        nodes.append(node)
      }
    }
    graph.nodes = nodes
    return graph
  }

  /// Whether `repeatingProducts` asks what to make of `product`.
  func isRepeated(_ product: Product) -> Bool {
    product.groups == 1 && product.macs > 0 && tensor(of: product.weights)?.type == .f32
  }
}
