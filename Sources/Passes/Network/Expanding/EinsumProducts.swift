import Basics
import IR
import Reference

extension Graph {
  /// Writes each Einsum of a tensor with constant weights, which crossbars can compute, as a matrix
  /// product between transpositions and reshapes.
  ///
  /// That is one whose letters are in the tensor and the result, in the weights and the result, or
  /// in both operands only. The product keeps the name of the node.
  func withEinsumsAsProducts() -> Graph {
    var rewriting = EinsumRewriting(graph: self)
    rewriting.run()
    return rewriting.graph
  }
}

/// A graph while its Einsums are rewritten.
private struct EinsumRewriting {
  var graph: Graph
  private var names: Set<String>
  private var nodes: [Node] = []

  init(graph: Graph) {
    self.graph = graph
    let taken = TakenNames(in: graph)
    names = taken.values.union(taken.nodes)
  }

  mutating func run() {
    for node in graph.nodes {
      if let product = product(of: node) {
        rewrite(node, as: product)
      } else {
        nodes.append(node)
      }
    }
    graph.nodes = nodes
  }

  /// What an Einsum multiplies.
  private struct Product {
    /// The operands that are the tensor and the weights.
    var tensor: ValueID
    var weights: ValueID
    var tensorLabels: [Einsum.Label]
    var weightLabels: [Einsum.Label]
    var result: [Einsum.Label]
    var sizes: [Einsum.Label: Int]

    /// The labels that only the tensor has, those that both have, those that only the weights have.
    var outer: [Einsum.Label] { tensorLabels.filter { !weightLabels.contains($0) } }
    var summed: [Einsum.Label] { tensorLabels.filter(weightLabels.contains) }
    var columns: [Einsum.Label] { weightLabels.filter { !tensorLabels.contains($0) } }

    func sizes(_ labels: [Einsum.Label]) -> [Int] { labels.map { sizes[$0] ?? 1 } }
    func count(_ labels: [Einsum.Label]) -> Int { sizes(labels).reduce(1, *) }
  }

  private func product(of node: Node) -> Product? {
    guard case .einsum(let equation) = node.op, node.operands.count == 2,
      let a = node.operands[0], let b = node.operands[1],
      let shapeA = graph[a].type.fixedShape, let shapeB = graph[b].type.fixedShape,
      graph[a].type.element.isFloatingPoint,
      (graph[a].constant == nil) != (graph[b].constant == nil),
      let einsum = try? Einsum(equation, ranks: [shapeA.count, shapeB.count])
    else { return nil }
    var sizes: [Einsum.Label: Int] = [:]
    for (labels, shape) in zip(einsum.operands, [shapeA, shapeB]) {
      guard Set(labels).count == labels.count else { return nil }
      for (label, size) in zip(labels, shape) {
        guard sizes[label] ?? size == size else { return nil }
        sizes[label] = size
      }
    }
    let place = graph[b].constant == nil ? 1 : 0
    let product = Product(
      tensor: place == 0 ? a : b, weights: place == 0 ? b : a,
      tensorLabels: einsum.operands[place], weightLabels: einsum.operands[1 - place],
      result: einsum.result, sizes: sizes)
    let isProduct =
      !product.summed.isEmpty && Set(product.result) == Set(product.outer + product.columns)
    return isProduct && !sizes.values.contains(0) ? product : nil
  }

  private mutating func rewrite(_ node: Node, as product: Product) {
    let type = graph[node.results[0]].type.element
    let (outer, columns) = (product.outer, product.columns)
    guard let weights = weights(of: product) else { return nodes.append(node) }
    var x = product.tensor
    x = transposed(x, from: product.tensorLabels, to: outer + product.summed, product, node)
    x = reshaped(x, [product.count(outer), product.count(product.summed)], node)
    let matrix = graph.addConstant(name: fresh(graph[product.weights].name + "·matrix"), weights)
    let y = value(
      "product", node, ValueType(type, fixed: [product.count(outer), product.count(columns)]))
    nodes.append(
      Node(name: node.name, op: .matMul(MatMul()), operands: [x, matrix], results: [y]))
    x = reshaped(y, product.sizes(outer + columns), node)
    _ = transposed(x, from: outer + columns, to: product.result, product, node)
    // The last node defines what the Einsum did, which has the same type.
    nodes[nodes.count - 1].results = node.results
  }

  /// The weights as a matrix.
  private func weights(of product: Product) -> Tensor? {
    guard let tensor = graph.tensor(of: product.weights) else { return nil }
    let order = product.summed + product.columns
    let node = Node(
      name: "weights",
      op: .transpose(permutation: order.map { product.weightLabels.firstIndex(of: $0)! }),
      operands: [product.weights], results: [product.weights])
    return try? evaluate(node, operands: [tensor])[0]
      .reshaped([product.count(product.summed), product.count(product.columns)])
  }

  private mutating func transposed(
    _ x: ValueID, from labels: [Einsum.Label], to order: [Einsum.Label], _ product: Product,
    _ node: Node
  ) -> ValueID {
    guard labels != order else { return x }
    let type = ValueType(graph[x].type.element, fixed: product.sizes(order))
    let y = value("transposed", node, type)
    let op = Op.transpose(permutation: order.map { labels.firstIndex(of: $0)! })
    nodes.append(
      Node(name: fresh(node.name + "·transposed"), op: op, operands: [x], results: [y]))
    return y
  }

  private mutating func reshaped(_ x: ValueID, _ shape: [Int], _ node: Node) -> ValueID {
    guard graph[x].type.fixedShape != shape else { return x }
    let sizes = graph.addConstant(
      name: fresh(graph[node.results[0]].name + "·shape"),
      Tensor(shape.map(Int64.init), shape: [shape.count]))
    let y = value("reshaped", node, ValueType(graph[x].type.element, fixed: shape))
    nodes.append(
      Node(
        name: fresh(node.name + "·reshaped"), op: .reshape(allowZero: true), operands: [x, sizes],
        results: [y]))
    return y
  }

  private mutating func value(_ what: String, _ node: Node, _ type: ValueType) -> ValueID {
    graph.addValue(name: fresh(graph[node.results[0]].name + "·" + what), type: type)
  }

  /// A name that nothing has: `base`, or `base` and a number.
  private mutating func fresh(_ base: String) -> String {
    var (name, number) = (base, 1)
    while !names.insert(name).inserted {
      number += 1
      name = "\(base)·\(number)"
    }
    return name
  }
}
