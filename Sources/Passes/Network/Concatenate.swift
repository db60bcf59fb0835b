import Basics
import Chip
import IR

extension Graph {
  /// Puts products with constant weights that have the same input, as those that give the queries,
  /// keys and values of attention, side by side into one, where that takes fewer blocks of crossbars
  /// of `chip`, and so fewer MVMs a vector.
  ///
  /// The result is cut into those of the products, which keep their names. Throws `Diagnostics`
  /// naming products whose weights are not there or not finite.
  public func concatenated(for chip: Chip) throws -> Graph {
    let products = Products(of: self)
    let members = nodes.indices.map { index in
      products[NodeID(index)].flatMap { SideBySide($0, in: self) }
    }
    var graph = self
    var isTaken = [Bool](repeating: false, count: nodes.count)
    var nodes: [Node] = []
    for (index, node) in self.nodes.enumerated() where !isTaken[index] {
      let group = members.siblings(of: index, on: chip).filter { !isTaken[$0] }
      guard group.count > 1 else {
        nodes.append(node)
        continue
      }
      for member in group { isTaken[member] = true }
      nodes += try graph.joined(
        group.map { (self.nodes[$0], try LayerWeights(of: members[$0]!.product, in: self)) })
    }
    graph.nodes = nodes
    return graph
  }

  /// One product for all of `parts`, and the node that cuts its result.
  private mutating func joined(_ parts: [(node: Node, weights: LayerWeights)]) throws -> [Node] {
    let (members, weights) = (parts.map(\.node), parts.map(\.weights))
    let columns = weights.map(\.product.columns)
    let (rows, width) = (weights[0].product.rows, columns.reduce(0, +))
    var matrix: [Float] = []
    matrix.reserveCapacity(rows * width)
    for row in 0..<rows { for part in weights { matrix += part.row(row) } }
    let name = members.map(\.name).joined(separator: "+")
    var operands: [ValueID?] = [
      members[0].operands[0],
      addConstant(name: "\(name).weights", Tensor(matrix, shape: [rows, width])),
    ]
    if weights.contains(where: { $0.bias != nil }) {
      let bias = zip(weights, columns).flatMap { part, count in
        part.bias ?? [Float](repeating: 0, count: count)
      }
      operands.append(addConstant(name: "\(name).bias", Tensor(bias, shape: [width])))
    }
    var type = self[members[0].results[0]].type
    let axis = (type.shape?.count ?? 1) - 1
    type.shape?[axis] = .fixed(width)
    let result = addValue(name: name, type: type)
    var op = members[0].op
    if case .gemm(var gemm) = op {
      gemm.transposeB = false
      op = .gemm(gemm)
    }
    let sizes = addConstant(
      name: "\(name).sizes", Tensor(columns.map(Int64.init), shape: [columns.count]))
    var product = Node(name: name, op: op, operands: operands, results: [result])
    product.ranges.input = members[0].ranges.input
    let outputs = members.compactMap(\.ranges.output)
    if outputs.count == members.count { product.ranges.output = outputs.max() }
    return [
      product,
      Node(
        name: "\(name).parts", op: .split(axis: axis), operands: [result, sizes],
        results: members.map { $0.results[0] }),
    ]
  }
}

/// A product whose columns may stand beside those of others: a Gemm or MatMul with a constant
/// matrix on the right, in f32.
private struct SideBySide {
  let product: Product
  let op: Op

  init?(_ product: Product, in graph: Graph) {
    let node = graph[product.node]
    guard product.input == node.operands[0],
      product.macs > 0, graph.tensor(of: product.weights)?.type == .f32,
      graph[product.weights].type.shape?.count == 2,
      graph[product.result].type.fixedShape?.last == product.columns,
      product.bias.map({ graph.tensor(of: $0)?.type == .f32 }) ?? true
    else { return nil }
    switch node.op {
    case .gemm(var gemm):
      gemm.transposeB = false
      op = .gemm(gemm)
    case .matMul: op = node.op
    default: return nil
    }
    self.product = product
  }

  /// Whether both multiply the same vectors, in the same range, and treat results alike.
  func isLike(_ other: Self) -> Bool {
    product.input == other.product.input && op == other.op
      && product.rows == other.product.rows
      && product.ranges.input == other.product.ranges.input
  }

  /// The crossbars of `chip` that the rows take with `columns` columns.
  func blocks(of columns: Int, on chip: Chip) -> Int {
    let (height, width) = (chip.crossbar.rows, chip.crossbar.columns)
    return (product.rows + height - 1) / height * ((columns + width - 1) / width)
  }
}

extension [SideBySide?] {
  /// The places of those that one product with that at `index` is better than each alone.
  fileprivate func siblings(of index: Int, on chip: Chip) -> [Int] {
    guard let first = self[index] else { return [] }
    var group = [index]
    var columns = first.product.columns
    var blocks = first.blocks(of: columns, on: chip)
    for (other, next) in enumerated().dropFirst(index + 1) {
      guard let next, next.isLike(first) else { continue }
      group.append(other)
      columns += next.product.columns
      blocks += next.blocks(of: next.product.columns, on: chip)
    }
    return first.blocks(of: columns, on: chip) < blocks ? group : []
  }
}
