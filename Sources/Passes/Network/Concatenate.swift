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
    var graph = self
    var isTaken = [Bool](repeating: false, count: nodes.count)
    var nodes: [Node] = []
    for (index, node) in self.nodes.enumerated() where !isTaken[index] {
      let group = siblings(of: index, on: chip).filter { !isTaken[$0] }
      guard group.count > 1 else {
        nodes.append(node)
        continue
      }
      for member in group { isTaken[member] = true }
      nodes += try graph.joined(group.map { self.nodes[$0] })
    }
    graph.nodes = nodes
    return graph
  }

  /// The products, by their places, that one with that at `index` is better than each alone.
  private func siblings(of index: Int, on chip: Chip) -> [Int] {
    guard let first = SideBySide(nodes[index], in: self) else { return [] }
    var group = [index]
    var joined = first
    var blocks = first.blocks(on: chip)
    for (other, node) in nodes.enumerated().dropFirst(index + 1) {
      guard let next = SideBySide(node, in: self), next.isLike(first) else { continue }
      group.append(other)
      joined.columns += next.columns
      blocks += next.blocks(on: chip)
    }
    return joined.blocks(on: chip) < blocks ? group : []
  }

  /// One product for all of `members`, and the node that cuts its result.
  private mutating func joined(_ members: [Node]) throws -> [Node] {
    let weights = try members.map { try LayerWeights(of: $0, in: self) }
    let columns = weights.map(\.matrix.columns)
    let (rows, width) = (weights[0].matrix.rows, columns.reduce(0, +))
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
  var input: ValueID
  var op: Op
  var rows: Int
  var columns: Int
  var inputRange: Float?

  init?(_ node: Node, in graph: Graph) {
    guard let matrix = LayerMatrix(node, in: graph), matrix.input == node.operands[0],
      matrix.macs > 0, graph.tensor(of: matrix.weights)?.type == .f32,
      graph[matrix.weights].type.shape?.count == 2,
      graph[node.results[0]].type.fixedShape?.last == matrix.columns,
      matrix.bias.map({ graph.tensor(of: $0)?.type == .f32 }) ?? true
    else { return nil }
    switch node.op {
    case .gemm(var gemm):
      gemm.transposeB = false
      op = .gemm(gemm)
    case .matMul: op = node.op
    default: return nil
    }
    input = matrix.input
    rows = matrix.rows
    columns = matrix.columns
    inputRange = node.ranges.input
  }

  /// Whether both multiply the same vectors, in the same range, and treat results alike.
  func isLike(_ other: Self) -> Bool {
    input == other.input && op == other.op && rows == other.rows && inputRange == other.inputRange
  }

  /// The blocks of the matrix on crossbars of `chip`.
  func blocks(on chip: Chip) -> Int {
    let (height, width) = (chip.crossbar.rows, chip.crossbar.columns)
    return (rows + height - 1) / height * ((columns + width - 1) / width)
  }
}
