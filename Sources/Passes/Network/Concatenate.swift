import Basics
import Chip
import IR

extension Graph {
  /// Puts products with constant weights that have the same input, as those that give the queries,
  /// keys and values of attention, side by side into one, where that takes fewer blocks of crossbars
  /// of `chip`, and so fewer MVMs a vector; on a fabric also where it takes as many.
  ///
  /// The result is cut into those of the products, which keep their names. With `shapesSuffice`, as in plans, also
  /// products whose weights are not there are joined, to one whose weights are not there either. Throws `Diagnostics`
  /// naming products whose weights are not finite.
  public func concatenated(for chip: Chip, shapesSuffice: Bool = false) throws -> Graph {
    let products = Products(of: self)
    let members = nodes.indices.map { index in
      products[NodeID(index)].flatMap { SideBySide($0, in: self, shapesSuffice: shapesSuffice) }
    }
    let readers = Dictionary(grouping: members.indices.filter { members[$0] != nil }) {
      members[$0]!.product.input
    }
    var graph = self
    var isTaken = [Bool](repeating: false, count: nodes.count)
    var nodes: [Node] = []
    for (index, node) in self.nodes.enumerated() where !isTaken[index] {
      let others = members[index].flatMap { readers[$0.product.input] } ?? []
      let group = members.siblings(of: index, among: others, on: chip).filter { !isTaken[$0] }
      guard group.count > 1 else {
        nodes.append(node)
        continue
      }
      for member in group { isTaken[member] = true }
      let parts = group.map { (node: self.nodes[$0], product: members[$0]!.product) }
      nodes += graph.joined(parts, try self.contents(of: parts.map(\.product)))
    }
    graph.nodes = nodes
    return graph
  }

  /// What products side by side hold.
  private struct Contents {
    var weights: Constant
    /// `nil` where none of them has a bias.
    var bias: Constant?
  }

  /// What `products` hold side by side; no elements where weights or biases of one are not there.
  ///
  /// Throws `Diagnostics` naming products whose weights are not finite.
  private func contents(of products: [Product]) throws -> Contents {
    let operands = products.map(\.weights) + products.compactMap(\.bias)
    let width = products.reduce(0) { $0 + $1.columns }
    let hasBias = products.contains { $0.bias != nil }
    guard operands.allSatisfy({ tensor(of: $0) != nil }) else {
      return Contents(
        weights: .reference(crc32c: 0), bias: hasBias ? .reference(crc32c: 0) : nil)
    }
    let weights = try products.map { try LayerWeights(of: $0, in: self) }
    let rows = products[0].rows
    var matrix: [Float] = []
    matrix.reserveCapacity(rows * width)
    for row in 0..<rows { for part in weights { matrix += part.row(row) } }
    let bias = weights.flatMap { part in
      part.bias ?? [Float](repeating: 0, count: part.product.columns)
    }
    return Contents(
      weights: .tensor(Tensor(matrix, shape: [rows, width])),
      bias: hasBias ? .tensor(Tensor(bias, shape: [width])) : nil)
  }

  /// One product for all of `parts`, and the node that cuts its result.
  private mutating func joined(
    _ parts: [(node: Node, product: Product)], _ contents: Contents
  ) -> [Node] {
    let members = parts.map(\.node)
    let columns = parts.map(\.product.columns)
    let (rows, width) = (parts[0].product.rows, columns.reduce(0, +))
    let name = members.map(\.name).joined(separator: "+")
    func constant(_ role: String, _ shape: [Int], _ content: Constant) -> ValueID {
      addValue(name: "\(name).\(role)", type: ValueType(.f32, fixed: shape), constant: content)
    }
    var operands: [ValueID?] = [
      members[0].operands[0], constant("weights", [rows, width], contents.weights),
    ]
    if let bias = contents.bias { operands.append(constant("bias", [width], bias)) }
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

  init?(_ product: Product, in graph: Graph, shapesSuffice: Bool) {
    let node = graph[product.node]
    /// Whether the elements of an operand are there, or need not be.
    func isKnown(_ operand: ValueID) -> Bool {
      graph[operand].type.element == .f32 && (shapesSuffice || graph.tensor(of: operand) != nil)
    }
    guard product.input == node.operands[0],
      product.macs > 0, isKnown(product.weights),
      graph[product.weights].type.shape?.count == 2,
      graph[product.result].type.fixedShape?.last == product.columns,
      product.bias.map(isKnown) ?? true
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
  /// The places of those that one product with that at `index` is better than each alone, of the `others` that have
  /// its input, in order.
  fileprivate func siblings(of index: Int, among others: [Int], on chip: Chip) -> [Int] {
    guard let first = self[index] else { return [] }
    var group = [index]
    var columns = first.product.columns
    var blocks = first.blocks(of: columns, on: chip)
    for other in others where other > index {
      guard let next = self[other], next.isLike(first) else { continue }
      group.append(other)
      columns += next.product.columns
      blocks += next.blocks(of: next.product.columns, on: chip)
    }
    let joined = first.blocks(of: columns, on: chip)
    // On a fabric, what is joined is also sent and summed at once.
    return joined < blocks || chip.fabric != nil && joined == blocks && group.count > 1 ? group : []
  }
}
